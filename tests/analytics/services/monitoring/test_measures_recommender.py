"""The measures of the recommender, read back from planted windows."""

from __future__ import annotations

import numpy as np
import pytest
from django.utils import translation

from analytics.services.monitoring import measures, store
from recommender.telemetry import Histogram, metric_named
from tests.analytics.services.monitoring.conftest import Recorded

HOUR = 1_700_000_000 // 3600 * 3600
_PREFIXES = (
    "feed.", "search.", "recommender.", "shown", "click_rate", "save_rate", "unplaced", "coverage", "novelty",
    "repetition", "imports.", "media.", "encode.", "query_encode.",
)  # fmt: skip
OURS = [one for one in measures.measures() if one.key.startswith(_PREFIXES)]


def line(key: str, *labels: str) -> float:
    """The value of a measure in the first step of the hour."""
    store.move_windows()
    wanted = measures.measure_named(key)
    assert wanted is not None
    return float(wanted.lines(measures.read([wanted], HOUR, HOUR + 10))[labels][0])


def test_there_are_measures_of_all_that_is_recorded() -> None:
    assert len(OURS) > 40


@pytest.mark.parametrize("one", OURS, ids=lambda one: one.key)
def test_a_measure_is_made_of_metrics_that_exist_and_of_their_labels(one: measures.Measure) -> None:
    for name in one.metrics:
        assert metric_named(name) is not None, name
    metric = metric_named(one.metric)
    assert metric is not None
    assert {*one.by, *one.where} <= set(metric.label_names)
    if one.reading in {"mean", "p50", "p95", "p99"}:
        assert isinstance(metric, Histogram)
    for label in metric.labels:
        if label.name in one.where and label.values is not None:
            assert one.where[label.name] in label.values


@pytest.mark.parametrize("one", OURS, ids=lambda one: one.key)
def test_a_measure_has_a_title_in_both_languages(one: measures.Measure) -> None:
    with translation.override("en"):
        english = str(one.title)
    with translation.override("zh-hans"):
        assert str(one.title) != english


@pytest.mark.django_db
def test_click_through_is_told_by_row_and_by_rank(recorded: Recorded) -> None:
    for rank in ("1", "2", "3"):
        recorded(HOUR, "mmsite_impressions_total", ("row popular", rank), 1)
    recorded(HOUR, "mmsite_impressions_total", ("search", "2"), 3)
    recorded(HOUR, "mmsite_clicks_total", ("row popular", "2"), 1)
    recorded(HOUR, "mmsite_saves_total", ("search", "2"), 2)
    assert line("click_rate.by_row", "row popular") == pytest.approx(1 / 3)
    assert line("click_rate.by_row", "search") == 0.0
    assert line("click_rate.by_rank", "2") == pytest.approx(1 / 4)
    assert line("click_rate.by_rank", "3") == 0.0
    assert line("save_rate.by_row", "search") == pytest.approx(2 / 3)
    assert line("click_rate") == pytest.approx(1 / 6)


@pytest.mark.django_db
def test_the_share_of_cold_feeds_is_of_all_feeds(recorded: Recorded) -> None:
    recorded(HOUR, "mmsite_feed_readers_total", ("cold",), 1)
    recorded(HOUR, "mmsite_feed_readers_total", ("known",), 3)
    assert line("feed.cold_share") == pytest.approx(0.25)


@pytest.mark.django_db
def test_searches_that_find_nothing_are_a_share_of_searches(recorded: Recorded) -> None:
    recorded(HOUR, "mmsite_recommender_answers_total", ("feed", "found"), 90)
    recorded(HOUR, "mmsite_recommender_answers_total", ("search", "found"), 8)
    recorded(HOUR, "mmsite_recommender_answers_total", ("search", "empty"), 2)
    assert line("search.empty_share") == pytest.approx(0.2)
    assert line("recommender.empty_share", "feed") == 0.0
    assert line("search.nothing_close_share") == 0.0


@pytest.mark.django_db
def test_the_encoders_speed_is_of_the_time_it_works(recorded: Recorded) -> None:
    recorded(HOUR, "mmsite_encoded_total", ("image", "ready"), 60)
    recorded(HOUR, "mmsite_encode_busy_seconds_total", ("image",), 2)
    assert line("encode.speed", "image") == pytest.approx(30)
    assert line("encode.busy", "image") == pytest.approx(2 / 3600)
    assert line("encode.rows", "image") == pytest.approx(60 / 3600)


@pytest.mark.django_db
def test_a_level_is_followed_over_time(recorded: Recorded) -> None:
    for step, value in enumerate((0.2, 0.3)):
        recorded(HOUR + 3600 * step, "mmsite_recommender_coverage_ratio", (), value)
    store.move_windows()
    wanted = measures.measure_named("coverage")
    assert wanted is not None
    (trend,) = wanted.lines(measures.read([wanted], HOUR, HOUR + 7200)).values()
    assert np.allclose(trend, [0.2, 0.3])
