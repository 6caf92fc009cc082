"""Measures as lines: few enough to tell apart, in few digits, beside what was before."""

from __future__ import annotations

import time

import numpy as np
import pytest

from analytics.services.monitoring import drawing, store
from analytics.services.monitoring.drawing import COMPARISONS, RANGES, Span, draw, short
from analytics.services.monitoring.grid import MOST_STEPS, read_grid, step_for
from analytics.services.monitoring.measures import Measure
from recommender.telemetry import Counter, Histogram
from recommender.telemetry import registry as declared
from tests.analytics.services.monitoring.conftest import Recorded

HOUR = 1_700_000_000 // 3600 * 3600
#: Four hours, of which the last is HOUR
SPAN = Span(HOUR - 3 * 3600, HOUR + 3600, 3600)


@pytest.fixture
def buttons() -> Counter:
    return declared.counter("test_buttons_total", "Buttons.", button=50)


@pytest.fixture
def presses(buttons: Counter) -> Measure:
    return Measure("t.buttons", "Buttons", "count", buttons.name, "count", by=("button",))


def press(recorded: Recorded, amounts: dict[str, float], start: int = HOUR) -> None:
    for button, amount in amounts.items():
        recorded(start, "test_buttons_total", (button,), amount)
    store.move_windows()


def drawn(measure: Measure, span: Span = SPAN, **how: object) -> dict[object, list[float | None]]:
    lines = draw([measure], span, **how).charts[measure.key]  # type: ignore[arg-type]
    return {line["labels"] and line["labels"][0]: line["now"] for line in lines}


@pytest.mark.django_db
def test_what_is_unknown_has_no_value(presses: Measure, recorded: Recorded) -> None:
    press(recorded, {"like": 3})
    assert drawn(presses) == {"like": [None, None, None, 3.0]}


@pytest.mark.django_db
def test_of_many_label_values_the_heaviest_are_told_apart(presses: Measure, recorded: Recorded) -> None:
    press(recorded, {f"button {number}": number for number in range(1, 13)})
    lines = drawn(presses)
    assert set(lines) == {None, *(f"button {number}" for number in range(5, 13))}
    assert lines[None][-1] == 1 + 2 + 3 + 4


@pytest.mark.django_db
def test_label_values_that_did_not_happen_have_no_line_of_their_own(
    presses: Measure, recorded: Recorded
) -> None:
    press(recorded, {f"button {number}": 1 for number in range(12)}, HOUR - 86_400)
    press(recorded, {"like": 1})
    assert set(drawn(presses)) == {"like", None}


@pytest.mark.django_db
def test_an_update_keeps_the_lines_that_are_drawn(presses: Measure, recorded: Recorded) -> None:
    """Though in its few seconds others may be heavier."""
    press(recorded, {f"button {number}": number for number in range(1, 13)})
    kept = {"t.buttons": frozenset({("button 1",), ("button 2",)})}
    assert set(drawn(presses, SPAN.since(HOUR), kept=kept)) == {"button 1", "button 2", None}


@pytest.mark.django_db
def test_the_others_of_a_timing_are_timed_together(recorded: Recorded) -> None:
    """Their 95th percentile is that of all their values, not a sum of percentiles."""
    timing = declared.histogram("test_timing", "Seconds.", buckets=(0.1, 1.0), kind=50)
    measure = Measure("t.timing", "Timing", "s", timing.name, "p95", by=("kind",))
    for number in range(12):
        recorded(HOUR, timing.name, (f"kind {number}",), 10, "0.1")
        recorded(HOUR, timing.name, (f"kind {number}",), float(number), "sum")
    store.move_windows()
    lines = drawn(measure)
    assert len(lines) == 9
    assert lines[None][-1] == pytest.approx(0.095)


@pytest.mark.django_db
def test_a_comparison_lies_beside_the_same_steps(presses: Measure, recorded: Recorded) -> None:
    press(recorded, {"like": 1}, HOUR - 7 * 86_400)
    press(recorded, {"like": 2}, HOUR)
    span = Span.chosen(SPAN.start, SPAN.end, "week")
    (line,) = draw([presses], span).charts["t.buttons"]
    assert (line["now"][-1], line["before"][-1]) == (2.0, 1.0)
    assert len(line["now"]) == len(line["before"])


@pytest.mark.parametrize("comparison", ["", *COMPARISONS])
@pytest.mark.parametrize("seconds", [*RANGES.values(), 65 * 86_400 + 17, 200 * 86_400])
def test_no_line_has_more_points_than_can_be_drawn(seconds: int, comparison: str) -> None:
    end = time.time()
    span = Span.chosen(end - seconds, end, comparison)
    assert (span.end - span.start) / span.step <= MOST_STEPS
    assert span.back % span.step == 0


def test_the_past_is_drawn_in_steps_that_are_still_kept() -> None:
    now = 1e9
    assert step_for(now - 3600, now, now) == 10
    assert step_for(now - 12 * 3600, now, now) == 60
    assert step_for(now - 86_400, now, now) == 120
    assert step_for(now - 3 * 86_400, now - 3 * 86_400 + 3600, now) == 60
    assert step_for(now - 30 * 86_400, now - 30 * 86_400 + 3600, now) == 3600
    assert step_for(now - 90 * 86_400, now, now) == 7200


@pytest.mark.parametrize(("start", "end"), [(10.0, 10.0), (10.0, 5.0), (0.0, 1e12), (0.0, float("nan"))])
def test_a_span_without_a_sensible_length_is_refused(start: float, end: float) -> None:
    with pytest.raises(ValueError, match="span"):
        Span.chosen(start, end)


def test_numbers_are_sent_in_four_digits() -> None:
    sent = short(np.array([0.0, 123456.0, 0.00012345678, -98.76543, np.nan, np.inf, 5e-320]))
    assert sent[:4] == [0.0, 123500.0, 0.0001235, -98.77]
    assert sent[4:6] == [None, None]


@pytest.mark.django_db
def test_several_rollups_of_one_step_are_added_up(clicks: Counter, recorded: Recorded) -> None:
    """As hours are where a line of 90 days has steps of two."""
    for start in (HOUR, HOUR + 3600):
        recorded(start, "test_clicks_total", ("like",), 2)
    store.move_windows()
    first = HOUR // 7200 * 7200
    grid = read_grid(["test_clicks_total"], first, first + 14_400, step=7200)
    (line,) = grid.counts("test_clicks_total").values()
    assert np.nansum(line) == 4


@pytest.mark.django_db
def test_a_series_that_is_new_is_read_though_others_are_known(clicks: Counter, recorded: Recorded) -> None:
    recorded(HOUR, "test_clicks_total", ("like",), 1)
    store.move_windows()
    assert len(store.known_series()) == 1
    recorded(HOUR + 10, "test_clicks_total", ("list",), 1)
    store.move_windows()
    assert len(store.known_series()) == 2


@pytest.mark.django_db
def test_known_series_are_read_once(
    clicks: Counter, recorded: Recorded, django_assert_num_queries: object
) -> None:
    recorded(HOUR, "test_clicks_total", ("like",), 1)
    store.move_windows()
    store.known_series()
    with django_assert_num_queries(1):  # type: ignore[operator]
        store.known_series()


@pytest.mark.django_db
def test_every_measure_is_in_a_group_and_only_what_was_recorded_is_drawn(seconds: Histogram) -> None:
    found = drawing.groups()
    assert {one.name for one in found} >= {"web", "tasks", "queues", "encoder", "system"}
    assert not any(one.kept for one in found)
    assert sum(len(one.measures) for one in found) == len(drawing.measures())
