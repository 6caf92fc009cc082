"""History in the database: nothing lost, nothing twice, summed up and forgotten in time."""

from __future__ import annotations

import json
import time
from typing import Any

import numpy as np
import pytest

from analytics.models import TelemetryRollup, TelemetrySeries
from analytics.services.monitoring import store
from analytics.services.monitoring.grid import quantile, read_grid
from analytics.services.monitoring.packing import pack, unpack
from recommender.telemetry import OTHER, Counter, Gauge, Histogram, flush, read_windows
from recommender.telemetry.buffer import Batch
from recommender.telemetry.transport import WINDOW, WINDOWS, deliver
from tests.analytics.services.monitoring.conftest import Recorded

pytestmark = pytest.mark.django_db
#: a full hour long ago
HOUR = 1_700_000_000 // 3600 * 3600


def counted(start: int, end: int, metric: str = "test_clicks_total") -> float:
    grid = read_grid([metric], start, end)
    return float(sum(np.nansum(line) for line in grid.counts(metric, ("button",)).values()))


def test_numbers_come_back_from_bytes_as_they_were() -> None:
    amounts = {7: 1.5, 2: -0.25, 4_000_000_000: 1e300}
    ids, values = unpack(pack(amounts))
    assert dict(zip(ids.tolist(), values.tolist(), strict=True)) == amounts


def test_bytes_that_are_not_packed_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="Not packed"):
        unpack(b"something else")


def test_what_a_process_records_lies_in_the_window_of_now(clicks: Counter) -> None:
    clicks.add(3, "like")
    assert flush()
    now, (window,) = read_windows()
    assert window.start <= now < window.start + 10
    assert window.amounts == {("test_clicks_total", ("like",), ""): 3.0}


def test_a_window_that_is_over_moves_into_the_database(clicks: Counter, recorded: Recorded) -> None:
    recorded(HOUR, "test_clicks_total", ("like",), 3)
    assert store.move_windows() == 1
    assert read_windows()[1] == []
    assert counted(HOUR, HOUR + 60) == 3


def test_a_window_that_goes_on_stays_in_redis(clicks: Counter) -> None:
    clicks.add(3, "like")
    flush()
    assert store.move_windows() == 0
    assert len(read_windows()[1]) == 1


def test_windows_of_many_processes_move_with_no_more_values_than_a_label_may_have(
    clicks: Counter, redis_server: Any
) -> None:
    for process in range(20):
        counts = {("test_clicks_total", f"{process} {one}"): 1.0 for one in range(5)}
        assert deliver(Batch(process + 1, counts=counts))
    for start in redis_server.zrange(WINDOWS, 0, -1):  # as if it had been long ago
        redis_server.rename(f"{WINDOW}{int(start)}", f"{WINDOW}{int(start) - 1_000}")
        redis_server.zrem(WINDOWS, start)
        redis_server.zadd(WINDOWS, {str(int(start) - 1_000): int(start) - 1_000})
    store.move_windows()
    kept = {json.loads(labels)[0] for labels in TelemetrySeries.objects.values_list("labels", flat=True)}
    assert kept == {"0 0", "0 1", "0 2", "0 3", "0 4", OTHER}
    assert counted(int(time.time()) - 2_000, int(time.time())) == 100.0


def test_a_move_that_broke_off_before_redis_forgot_is_not_counted_twice(
    clicks: Counter, recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded(HOUR, "test_clicks_total", ("like",), 3)
    with monkeypatch.context() as broken:
        broken.setattr(store, "drop_windows", lambda starts: None)
        store.move_windows()
    store.move_windows()
    assert counted(HOUR, HOUR + 60) == 3


def test_minutes_and_hours_hold_the_sums_of_what_is_finer(clicks: Counter, recorded: Recorded) -> None:
    for start in range(HOUR, HOUR + 3600, 10):
        recorded(start, "test_clicks_total", ("like",), 1)
    store.move_windows()
    assert TelemetryRollup.objects.filter(grain=60).count() == 60
    (whole,) = TelemetryRollup.objects.filter(grain=3600)
    _, values = unpack(bytes(whole.payload))
    assert values.tolist() == [360.0]


def test_a_second_round_writes_no_minute_again(clicks: Counter, recorded: Recorded) -> None:
    for start in (HOUR, HOUR + 60):
        recorded(start, "test_clicks_total", ("like",), 1)
        store.move_windows()
    assert list(TelemetryRollup.objects.filter(grain=60).values_list("start", flat=True)) == [HOUR, HOUR + 60]


def test_of_a_gauge_a_rollup_keeps_the_mean(level: Gauge, recorded: Recorded) -> None:
    recorded(HOUR, "test_level", ("north",), 2)
    recorded(HOUR + 10, "test_level", ("north",), 4)
    store.move_windows()
    (minute,) = TelemetryRollup.objects.filter(grain=60)
    assert unpack(bytes(minute.payload))[1].tolist() == [3.0]


def test_rollups_are_forgotten_when_their_time_is_over(clicks: Counter, recorded: Recorded) -> None:
    recorded(HOUR, "test_clicks_total", ("like",), 1)
    store.move_windows()
    store.forget_old(HOUR + 15 * 86_400)
    assert set(TelemetryRollup.objects.values_list("grain", flat=True)) == {3600}
    store.forget_old(HOUR + 91 * 86_400)
    assert not TelemetryRollup.objects.exists()


def test_what_is_not_summed_up_yet_and_what_is_live_is_read_too(
    clicks: Counter, recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An hour is asked for by hours, of which the last is not over."""
    sum_up = store.roll_up
    monkeypatch.setattr(store, "roll_up", lambda now: sum_up(HOUR + 3700))
    for start in (HOUR, HOUR + 3600, HOUR + 3660):
        recorded(start, "test_clicks_total", ("like",), 1)
    store.move_windows()
    recorded(HOUR + 3700, "test_clicks_total", ("like",), 1)
    grid = read_grid(["test_clicks_total"], HOUR, HOUR + 30 * 3600)
    assert grid.step == 3600
    (line,) = grid.counts("test_clicks_total").values()
    assert line[:2].tolist() == [1.0, 3.0]


def test_a_stretch_without_records_is_unknown_not_nought(clicks: Counter, recorded: Recorded) -> None:
    recorded(HOUR, "test_clicks_total", ("like",), 5)
    store.move_windows()
    grid = read_grid(["test_clicks_total"], HOUR, HOUR + 30 * 3600)
    (line,) = grid.rates("test_clicks_total").values()
    assert line[0] == pytest.approx(5 / 3600)
    assert np.isnan(line[1:]).all()


def test_labels_choose_and_tell_apart(clicks: Counter, recorded: Recorded) -> None:
    for button, amount in (("like", 1), ("list", 2), ("hide", 4)):
        recorded(HOUR, "test_clicks_total", (button,), amount)
    store.move_windows()
    grid = read_grid(["test_clicks_total"], HOUR, HOUR + 10)
    apart = grid.counts("test_clicks_total", ("button",))
    assert {key: line[0] for key, line in apart.items()} == {("like",): 1, ("list",): 2, ("hide",): 4}
    assert grid.counts("test_clicks_total", where={"button": "li*"})[()][0] == 3


def test_a_quantile_is_that_of_the_values_up_to_the_width_of_a_bucket(seconds: Histogram) -> None:
    """Held against the values themselves."""
    random = np.random.default_rng(1)
    values = random.gamma(2.0, 0.5, 10_000)
    edges = np.array([0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0])
    counts = np.histogram(values, bins=np.append(edges, np.inf))[0]
    sums = np.append(counts, values.sum())[None, :].astype(float)
    for share in (0.5, 0.95):
        found = quantile(sums, edges[1:], share)[0]
        exact = float(np.quantile(values, share))
        bucket = np.searchsorted(edges, exact)
        assert edges[bucket - 1] <= found <= edges[bucket]
        assert found == pytest.approx(exact, rel=0.1)


def test_a_quantile_of_nothing_is_unknown() -> None:
    assert np.isnan(quantile(np.zeros((1, 5)), (0.1, 1.0, 10.0), 0.95)[0])


def test_a_histogram_with_a_former_bound_counts_under_the_next(
    seconds: Histogram, recorded: Recorded
) -> None:
    for part, amount in (("0.05", 1), ("0.7", 2), ("+Inf", 4), ("sum", 50.0)):
        recorded(HOUR, "test_seconds", ("a",), amount, part)
    store.move_windows()
    grid = read_grid(["test_seconds"], HOUR, HOUR + 10)
    assert grid.histograms("test_seconds")[()][0].tolist() == [1, 2, 0, 4, 50]


def test_history_is_readable_while_redis_is_away(clicks: Counter, recorded: Recorded, settings: Any) -> None:
    recorded(HOUR, "test_clicks_total", ("like",), 3)
    store.move_windows()
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    assert counted(HOUR, HOUR + 60) == 3
