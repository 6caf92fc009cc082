"""Series that no rollup names any more are removed, a portion at a time."""

from __future__ import annotations

import pytest

from analytics.models import TelemetryRollup, TelemetrySeries
from analytics.services.monitoring import duties, store
from analytics.services.monitoring.packing import pack
from analytics.services.monitoring.series import forget_unnamed
from recommender.telemetry import Counter, Series

pytestmark = pytest.mark.django_db
HOUR = 1_700_000_000 // 3600 * 3600


def number_of(name: str) -> int:
    series: Series = ("test_clicks_total", (name,), "")
    return store.series_ids([series])[series]


def plant(grain: int, start: int, *names: str) -> None:
    amounts = {number_of(name): 1.0 for name in names}
    TelemetryRollup.objects.create(grain=grain, start=start, payload=pack(amounts))


def known() -> set[str]:
    return {labels[0] for _, labels, _ in store.known_series()}


@pytest.mark.parametrize("grain", [10, 60, 3600])
def test_what_a_rollup_of_any_grain_names_stays(clicks: Counter, grain: int) -> None:
    plant(3600, HOUR, "named")
    plant(grain, HOUR + 3600, "rare")
    number_of("gone")
    assert forget_unnamed() == 1
    assert known() == {"named", "rare"}


def test_a_host_name_goes_with_the_last_rollup_that_names_it(clicks: Counter) -> None:
    plant(3600, HOUR, "old-host", "steady")
    plant(3600, HOUR + 86_400, "new-host", "steady")
    assert forget_unnamed() == 0
    store.forget_old(HOUR + 90 * 86_400 + 1)
    assert forget_unnamed() == 1
    assert known() == {"new-host", "steady"}


def test_a_round_removes_a_portion(clicks: Counter) -> None:
    for name in range(5):
        number_of(str(name))
    assert [forget_unnamed(most=2) for _round in range(4)] == [2, 2, 1, 0]


def test_what_was_removed_gets_a_new_number_when_it_comes_back(clicks: Counter) -> None:
    plant(3600, HOUR, "other")
    before = number_of("back")
    forget_unnamed()
    assert number_of("back") > before
    assert known() == {"other", "back"}


def test_there_is_room_again_when_series_are_gone(clicks: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MOST_SERIES", 2)
    plant(3600, HOUR, "a")
    number_of("gone")
    series: Series = ("test_clicks_total", ("new",), "")
    assert series not in store.series_ids([series])
    forget_unnamed()
    assert series in store.series_ids([series])


def test_the_watch_does_it_with_what_it_tidies(clicks: Counter) -> None:
    number_of("gone")
    duties.tidy(HOUR)
    assert not TelemetrySeries.objects.exists()
