"""What a rule would have done: found fast, and what the slow obvious way finds."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from analytics.models import AlertRule, TelemetryMinutes, TelemetryRollup
from analytics.services.monitoring import duties, grid, minutes
from analytics.services.monitoring.packing import pack, pack_minutes, unpack_minutes
from analytics.services.monitoring.rules_decide import WEEK, Bools, calm_seconds, episodes
from analytics.services.monitoring.rules_history import DAYS, Preview, preview
from analytics.services.monitoring.store import series_ids
from recommender.telemetry import Series
from tests.analytics.services.monitoring.history_made import LIKE, LOOKED, SKIP, _own_rules_alone, rule

__all__ = ["_own_rules_alone"]
pytestmark = pytest.mark.django_db
#: in the middle of an hour
END = int(time.time()) // 3600 * 3600 - 1380
FIRST = END - DAYS * 86_400
HOUR = 3600
NORTH: Series = ("test_level", ("north",), "")
SOUTH: Series = ("test_level", ("south",), "")
QUICK: Series = ("test_seconds", ("a",), "0.1")
SLOW: Series = ("test_seconds", ("b",), "10.0")

History = dict[int, dict[Series, float]]


def made_up() -> History:
    """By minute: a few hours here and there, now busy, now quiet, with gaps; and the same a week before."""
    rng = np.random.default_rng(7)
    history: History = {}
    for back in (0, WEEK):
        for hours in (1, 26, 27, 28, 100, 160):
            start = (END - back) // 60 * 60 - hours * HOUR - 600
            for minute in range(start, start + 5400, 60):
                if rng.random() < 0.9:
                    history[minute] = _minute(rng)
    return history


def _minute(rng: np.random.Generator) -> dict[Series, float]:
    busy = rng.random() < 0.5
    drawn: dict[Series, float] = {
        LIKE: float(rng.poisson(3 if busy else 0.3)),
        SKIP: float(rng.poisson(40 if busy else 4)),
        QUICK: float(rng.poisson(9)),
        SLOW: float(rng.poisson(2 if busy else 0.1)),
        ("test_seconds", ("b",), "sum"): 5.0,
        LOOKED: 6.0,
    }
    found = {series: amount for series, amount in drawn.items() if amount}
    if rng.random() < 0.8:
        found |= {NORTH: float(rng.normal(3e9, 1e9)), SOUTH: float(rng.normal(1e9, 1e8))}
    return found


def keep(history: Mapping[int, Mapping[Series, float]]) -> None:
    """As the watch does: minutes, and that their hours are over."""
    ids = series_ids({one for amounts in history.values() for one in amounts})
    rows = {
        (60, minute): pack({ids[one]: amount for one, amount in amounts.items()})
        for minute, amounts in history.items()
    }
    over = {minute // HOUR * HOUR for minute in history if minute // HOUR * HOUR + HOUR <= END}
    rows |= {(HOUR, start): pack({}) for start in over}
    TelemetryRollup.objects.bulk_create(
        [
            TelemetryRollup(grain=grain, start=start, payload=payload)
            for (grain, start), payload in rows.items()
        ]
    )


# -- the slow obvious way ------------------------------------------------------------------------------------


def slowly(one: AlertRule, history: History) -> int:
    """Minute by minute and window by window."""
    true = []
    for end in range(FIRST // 60 * 60 + 60, END // 60 * 60 + 60, 60):
        there = [history[at] for at in range(end - one.window, end, 60) if at in history]
        true.append(_holds(one, there))
    return len(counted_slowly(np.array(true), -(-one.hold // 60), -(-calm_seconds(one) // 60)))


def _holds(one: AlertRule, minutes_seen: list[dict[Series, float]]) -> bool:
    likes = sum(amounts.get(LIKE, 0.0) for amounts in minutes_seen)
    every = likes + sum(amounts.get(SKIP, 0.0) for amounts in minutes_seen)
    if one.measure == "test.likes":
        return every >= one.fewest and every > 0 and likes / every > one.threshold
    return bool(minutes_seen) and every / (60 * len(minutes_seen)) > one.threshold


def counted_slowly(true: Bools, hold: int, calm: int) -> list[tuple[int, int]]:
    """Episodes, step by step."""
    found: list[tuple[int, int]] = []
    held = quiet = 0
    opened = -1
    for step, holds in enumerate(true.tolist()):
        held, quiet = (held + 1, 0) if holds else (0, quiet + 1)
        if opened < 0 and held > hold:
            opened = step
        elif opened >= 0 and quiet > calm:
            found.append((opened, step))
            opened = -1
    return [*found, (opened, len(true))] if opened >= 0 else found


@pytest.mark.parametrize(
    "given",
    [  # thresholds that no quotient of small whole numbers meets, so that rounding decides nothing
        {"measure": "test.likes", "threshold": 0.0777, "window": 300, "fewest": 60, "hold": 60},
        {"measure": "test.likes", "threshold": 0.0777, "window": 300, "fewest": 0},
        {"measure": "test.clicks", "threshold": 0.5037, "window": 600, "hold": 120},
    ],
)
@pytest.mark.parametrize("by_metric", [False, True])
def test_the_preview_finds_what_the_slow_way_finds(given: dict[str, Any], by_metric: bool) -> None:
    history = made_up()
    keep(history)
    if by_metric:
        assert minutes.write_missing(END, most=1_000) > 10
    one = rule(**given)
    tried = preview(one, END)
    assert tried is not None
    assert tried.times == slowly(one, history) > 3


def test_episodes_are_those_of_a_loop_over_every_step() -> None:
    rng = np.random.default_rng(3)
    for length in (0, 1, 2, 40, 400):
        for share in (0.0, 0.2, 0.5, 0.9, 1.0):
            true = rng.random(length) < share
            for hold, calm in ((0, 0), (1, 3), (4, 1)):
                assert episodes(true, hold, calm) == counted_slowly(true, hold, calm)


# -- by metric -----------------------------------------------------------------------------------------------

RULES: list[dict[str, Any]] = [
    {"measure": "test.clicks", "threshold": 0.4, "labels": {"button": "*"}},
    {"measure": "test.clicks", "threshold": 0.01, "labels": {"button": "like"}, "condition": "below"},
    {"measure": "test.p95", "threshold": 2.0, "window": 300},
    {"measure": "test.level", "threshold": 4.2e9},
    {"measure": "test.level", "threshold": 3.5e9, "labels": {"tank": "*"}, "hold": 60},
    {"measure": "test.level", "condition": "absent", "window": 60, "labels": {"tank": "south"}},
    {"measure": "test.clicks", "condition": "changed", "threshold": -0.3, "window": 300},
    {"measure": "test.likes", "condition": "changed", "threshold": 0.5, "window": 600},
]


def tried(given: dict[str, Any]) -> Preview:
    found = preview(rule(**given), END)
    assert found is not None
    return found


def test_what_is_kept_by_metric_says_the_same_as_the_rollups() -> None:
    keep(made_up())
    before = [tried(given) for given in RULES]
    assert all(one.times > 0 for one in before), before
    minutes.write_missing(END, most=1_000)
    minutes.forget_old(END)
    assert not TelemetryRollup.objects.filter(grain=60, start__lt=END - 3 * 86_400).exists()
    assert [tried(given) for given in RULES] == before


def test_of_a_week_only_the_hours_at_its_end_are_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    keep({minute: {LIKE: 1.0, SKIP: 1.0, LOOKED: 6.0} for minute in range(FIRST // HOUR * HOUR, END, 60)})
    minutes.write_missing(END, most=1_000)
    unpacked: list[int] = []
    real = grid.unpack
    monkeypatch.setattr(grid, "unpack", lambda payload: unpacked.append(1) or real(payload))
    tried({"threshold": 0.5, "window": 300})
    assert 0 < len(unpacked) <= 60


def test_labels_that_nobody_asks_for_are_added_up_where_they_are_read() -> None:
    keep({END // 60 * 60 - 600: {LIKE: 2.0, SKIP: 3.0, NORTH: 1.0, SOUTH: 2.0}})
    found = grid.read_grid(
        {"test_clicks_total", "test_level"}, END - 1200, END, step=60, live=False, labels=()
    )
    assert list(found.series["test_clicks_total"]) == [(("",), "")]
    assert np.nansum(found.counts("test_clicks_total")[()]) == 5.0
    assert len(found.series["test_level"]) == 2


# -- keeping it ----------------------------------------------------------------------------------------------


def test_minutes_come_back_from_bytes_as_they_were() -> None:
    ids, at = np.array([3, 3, 9, 4_000_000_000]), np.array([0, 59, 7, 30])
    values = np.array([1.5, -2.0, 1e300, 0.1])
    for found, given in zip(unpack_minutes(pack_minutes(ids, at, values)), (ids, at, values), strict=True):
        assert found.tolist() == given.tolist()


def test_bytes_that_are_no_minutes_are_refused() -> None:
    with pytest.raises(ValueError, match="Not packed"):
        unpack_minutes(b"something else")
    with pytest.raises(ValueError, match="cannot hold"):
        unpack_minutes(pack({1: 2.0}))


def test_hours_are_written_once_the_newest_first_some_at_a_time() -> None:
    whole = END // HOUR * HOUR
    keep({whole - back * HOUR: {LIKE: 1.0} for back in range(1, 6)})
    assert [minutes.write_missing(END, most=2) for _round in range(4)] == [2, 2, 1, 0]
    rows = TelemetryMinutes.objects.filter(metric=LIKE[0]).order_by("pk").values_list("start", flat=True)
    assert list(rows) == [whole - back * HOUR for back in range(1, 6)]


def test_an_hour_that_is_not_over_is_not_written() -> None:
    keep({END // HOUR * HOUR: {LIKE: 1.0}})
    assert minutes.write_missing(END) == 0


def test_rollups_by_minute_go_after_two_days_where_their_hour_is_written() -> None:
    whole = END // HOUR * HOUR
    for hours in (49, 48, 47):
        keep({whole - hours * HOUR: {LIKE: 1.0}, whole - hours * HOUR + 3540: {LIKE: 1.0}})
    minutes.forget_old(whole)
    assert TelemetryRollup.objects.filter(grain=60).count() == 6  # nothing else has them
    minutes.write_missing(whole)
    minutes.forget_old(whole)
    first = TelemetryRollup.objects.filter(grain=60).order_by("start").values_list("start", flat=True)[0]
    assert TelemetryRollup.objects.filter(grain=60).count() == 4
    assert first == whole - 48 * HOUR


@pytest.mark.parametrize(("ago", "length"), [(0, 600), (1800, 3600), (-900, 1800), (2000, 8000)])
def test_any_part_of_an_hour_is_read_as_if_there_were_rollups(ago: int, length: int) -> None:
    whole = END // HOUR * HOUR - 60 * HOUR
    keep({whole + minute: {LIKE: float(minute + 1)} for minute in range(0, 4 * HOUR, 60)})
    span = whole + HOUR + ago, whole + HOUR + ago + length

    def read() -> list[float]:
        found = grid.read_grid({LIKE[0]}, *span, step=60, live=False)
        return [*found.rates(LIKE[0])[()].tolist(), *found.covered.tolist()]

    before = read()
    minutes.write_missing(END)
    minutes.forget_old(END)
    assert not TelemetryRollup.objects.filter(grain=60).exists()
    assert read() == before
    assert not np.isnan(before).any()


def test_the_watch_writes_them_and_forgets_them_with_their_minutes() -> None:
    start = END // HOUR * HOUR - HOUR
    keep({start: {LIKE: 1.0}})
    duties.write_minutes(END)
    assert set(TelemetryMinutes.objects.values_list("metric", flat=True)) == {minutes.KNOWN, LIKE[0]}
    duties.tidy(start + 14 * 86_400)
    assert TelemetryMinutes.objects.exists()
    duties.tidy(start + 14 * 86_400 + 1)
    assert not TelemetryMinutes.objects.exists()
