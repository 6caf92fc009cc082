"""The process that watches, the lights it looks at, and the measures it reads."""

from __future__ import annotations

import threading

import pytest
from django.utils import translation

from analytics.services.monitoring import lights, measures, store, watch
from analytics.services.monitoring.lights import Level, Light, green
from recommender.models.telling import translated_json
from recommender.said import say
from recommender.telemetry import Counter
from tests.analytics.services.monitoring.conftest import Recorded

HOUR = 1_700_000_000 // 3600 * 3600


@pytest.fixture
def no_duties(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "_DUTIES", {})


@pytest.fixture
def no_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lights, "_PARTS", {})


def test_a_duty_is_done_when_it_is_due(no_duties: None) -> None:
    times: list[float] = []
    watch.duty("test", 10.0)(times.append)
    watcher = watch.Watch()
    for now in (0.0, 5.0, 10.0, 19.0, 21.0):
        watcher.round(now)
    assert times == [0.0, 10.0, 21.0]


def test_a_duty_that_fails_does_not_end_the_others(no_duties: None) -> None:
    done: list[float] = []

    def broken(now: float) -> None:
        raise RuntimeError("broken")

    watch.duty("broken", 1.0)(broken)
    watch.duty("sound", 1.0)(done.append)
    assert watch.Watch().round(5.0) == ["sound"]
    assert done == [5.0]


def test_being_asked_to_stop_leaves_the_rest_of_the_round_undone(no_duties: None) -> None:
    over, done = threading.Event(), []
    watch.duty("first", 1.0)(lambda now: over.set())
    watch.duty("second", 1.0)(done.append)
    assert watch.Watch().round(5.0, over) == ["first"]
    assert done == []


def test_the_watch_process_is_heard(no_duties: None) -> None:
    assert watch.heard_at() is None
    watch.beat(12.5)
    assert watch.heard_at() == 12.5


def test_a_light_that_cannot_be_looked_at_is_red_and_says_so(no_parts: None) -> None:
    def broken(now: float) -> Light:
        raise KeyError("gone")

    lights.part("broken", "Broken")(broken)
    lights.part("sound", "Sound")(lambda now: green("All is well."))
    looked = lights.look(0.0)
    assert (looked["broken"].level, looked["sound"].level) == (Level.RED, Level.GREEN)
    assert "KeyError" in str(looked["broken"].reason)


def test_what_is_said_is_told_in_the_language_of_whoever_reads_it() -> None:
    stored = say("The check itself failed: {error}", error="KeyError").as_json()
    with translation.override("zh-hans"):
        assert translated_json(stored) == "检查本身失败：KeyError"
    with translation.override("en"):
        assert translated_json(stored) == "The check itself failed: KeyError"


@pytest.mark.django_db
def test_a_share_is_nought_where_nothing_failed(clicks: Counter, recorded: Recorded) -> None:
    every = measures.Measure("t.all", "All", "/s", "test_clicks_total", "rate")
    bad = measures.Measure(
        "t.bad", "Bad", "ratio", "test_clicks_total", "rate", where={"button": "h*"}, over=every
    )
    recorded(HOUR, "test_clicks_total", ("like",), 3)
    recorded(HOUR + 3600, "test_clicks_total", ("like",), 3)
    recorded(HOUR + 3600, "test_clicks_total", ("hide",), 1)
    store.move_windows()
    (line,) = bad.lines(measures.read([bad], HOUR, HOUR + 30 * 3600)).values()
    assert line[:2].tolist() == [0.0, 0.25]
