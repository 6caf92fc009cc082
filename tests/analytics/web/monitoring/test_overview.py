"""The page of lights and lines: who sees it, what it says, and the numbers that it draws."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from django.test import Client
from redis import Redis

from analytics.services.monitoring import lights, store, watch
from analytics.services.monitoring.actions import actions
from analytics.services.monitoring.lights import Level, Light, green
from analytics.web.monitoring.lines import moment
from mmsite.measure import ANSWERS
from recommender.said import ngettext_noop, say
from recommender.telemetry import flush
from recommender.telemetry.buffer import BUFFER
from tests.conftest import Cast

pytestmark = pytest.mark.django_db
PAGE = "/analytics/monitoring/"
LINES = "/analytics/monitoring/lines.json"


@pytest.fixture
def plant(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Parts with lights of the test's choice, instead of those of the site."""
    monkeypatch.setattr(lights, "_PARTS", {})
    if hasattr(lights, "forget_lights"):
        lights.forget_lights()

    def planted(**found: Light) -> None:
        for name, light in found.items():
            lights.part(name, name.capitalize())(lambda now, light=light: light)

    return planted


@pytest.fixture
def answered() -> None:
    """A page was read three times, and a process told so."""
    BUFFER.forget()
    ANSWERS.add(3, "200", "feed", "GET")
    flush()
    store.series_ids([(ANSWERS.name, ("200", "feed", "GET"), "")])


def red(text: str = "It is broken.") -> Light:
    return Light(Level.RED, say(text), say("Mend it."), "/manage/jobs/", ("no_such_button",))


def test_the_worst_comes_first_and_else_the_order_is_kept(
    operator: Client, plant: Callable[..., None]
) -> None:
    plant(web=green("Well."), queues=Light(Level.YELLOW, say("Slow.")), index=red(), disk=green("Well."))
    page = operator.get(PAGE).content.decode()
    places = [page.index(f'data-part="{name}"') for name in ("index", "queues", "web", "disk")]
    assert places == sorted(places)


def test_a_light_says_why_what_to_do_and_where_to_look(operator: Client, plant: Callable[..., None]) -> None:
    plant(index=red())
    page = operator.get(PAGE).content.decode()
    for words in ("It is broken.", "Mend it.", 'href="/manage/jobs/"', "Needs you", 'data-level="red"'):
        assert words in page


def test_a_button_that_has_no_page_is_not_shown(operator: Client, plant: Callable[..., None]) -> None:
    plant(index=red())
    assert "no_such_button" not in operator.get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("levels", "sentence"),
    [
        ((), "Nothing is looked at yet."),
        ((0, 0), "All is well."),
        ((0, 1), "1 thing is worth a look."),
        ((2, 2, 0), "2 things need you."),
        ((2, 1, 1), "1 thing needs you. 2 more are worth a look."),
    ],
)
def test_the_whole_is_said_in_one_sentence(
    operator: Client, plant: Callable[..., None], levels: tuple[int, ...], sentence: str
) -> None:
    plant(**{f"part{number}": Light(Level(level), say("So.")) for number, level in enumerate(levels)})
    assert sentence in operator.get(PAGE).content.decode()


def test_a_silent_watch_process_is_told_of(operator: Client, redis_server: Redis) -> None:
    assert "has not been heard from" in operator.get(PAGE).content.decode()
    watch.beat(time.time() - 300)
    assert "silent for 5 minutes" in operator.get(PAGE).content.decode()
    watch.beat(time.time())
    assert "no history is kept" not in operator.get(PAGE).content.decode()


def test_the_page_answers_in_chinese(operator: Client, plant: Callable[..., None]) -> None:
    plant(index=red())
    page = operator.get(PAGE, headers={"Accept-Language": "zh-CN"}).content.decode()
    assert "有 1 项需要您处理。" in page
    assert "测量结果" in page


def test_reason_and_remedy_of_a_light_are_read_in_the_readers_language(
    operator: Client, plant: Callable[..., None]
) -> None:
    waits = ngettext_noop(
        "{n} message waits in the queue {queue}, for {span}.",
        "{n} messages wait in the queue {queue}, the oldest for {span}.",
    )
    reason = say(waits, n=2, queue="query", span=say("{n} s", n="9"))
    plant(queues=Light(Level.RED, reason, say("See in its output what it dies of.")))
    for address in (PAGE, "/analytics/monitoring/lights/"):
        page = operator.get(address, headers={"Accept-Language": "zh-CN"}).content.decode()
        assert "队列 query 中有 2 条消息等待，最早的已等待 9 秒。" in page
        assert "2 messages wait" not in page
        assert "See in its output" not in page
        english = operator.get(address, headers={"Accept-Language": "en"}).content.decode()
        assert "2 messages wait in the queue query, the oldest for 9 s." in english


def test_the_lights_alone_are_for_a_page_that_is_open(operator: Client, plant: Callable[..., None]) -> None:
    plant(index=red())
    page = operator.get("/analytics/monitoring/lights/")
    assert "It is broken." in page.content.decode()
    assert "<html" not in page.content.decode()
    assert "no-store" in page["Cache-Control"]


# -- lines --------------------------------------------------------------------------------------------------


def test_a_group_without_records_says_so(operator: Client, answered: None) -> None:
    page = operator.get(PAGE).content.decode()
    assert 'data-measure="web.requests"' in page
    assert 'data-measure="tasks.succeeded"' not in page
    assert "Nothing has been recorded of this yet." in page


def test_what_was_recorded_a_moment_ago_is_in_the_lines(operator: Client, answered: None) -> None:
    drawn = operator.get(LINES, {"range": "15m"}).json()
    (line,) = drawn["charts"]["web.requests"]
    assert len(line["now"]) == drawn["count"]
    assert [value for value in line["now"] if value] != []
    assert drawn["step"] == 10
    assert drawn["now"] == pytest.approx(time.time(), abs=5)


def test_a_group_can_be_asked_for_alone(operator: Client, answered: None) -> None:
    assert operator.get(LINES, {"group": "tasks"}).json()["charts"] == {}
    assert "web.requests" in operator.get(LINES, {"group": "web"}).json()["charts"]


def test_no_group_has_no_lines_but_a_time(operator: Client, answered: None) -> None:
    drawn = operator.get(LINES, {"group": ""}).json()
    assert drawn["charts"] == {}
    assert drawn["now"] == pytest.approx(time.time(), abs=5)


def test_an_update_has_the_last_steps_alone(operator: Client, answered: None) -> None:
    whole = operator.get(LINES, {"range": "1h"}).json()
    last = whole["start"] + (whole["count"] - 1) * whole["step"]
    update = operator.get(LINES, {"range": "1h", "since": last, "told": whole["told"]}).json()
    assert update["start"] == last
    assert update["count"] <= 2
    assert update["told"] == whole["told"]


def test_an_update_of_lines_that_nobody_remembers_is_refused(operator: Client, answered: None) -> None:
    asked = {"range": "1h", "since": time.time() - 20, "told": "0123456789abcdef"}
    assert operator.get(LINES, asked).status_code == 409


def test_times_of_ones_own_are_in_the_time_of_the_site(operator: Client, answered: None) -> None:
    asked = {"from": "2026-01-05T10:00", "to": "2026-01-05T12:00"}
    drawn = operator.get(LINES, asked).json()
    assert drawn["start"] == moment("2026-01-05T10:00") == 1767607200
    assert drawn["count"] * drawn["step"] == 7200
    assert 'value="2026-01-05T10:00:00"' in operator.get(PAGE, asked).content.decode()


@pytest.mark.parametrize(
    "asked",
    [
        {"from": "yesterday"}, {"from": "2026-01-05", "to": "2026-01-04"}, {"from": "0", "to": "1e18"},
        {"from": "nan"}, {"from": "5", "to": "inf"}, {"since": "now"}, {"since": "nan"}, {"from": "9" * 400},
        {"from": "100000000000000", "to": "100000000000100"}, {"from": "-5", "to": "5"},
    ],
)  # fmt: skip
def test_times_that_cannot_be_understood_are_refused(operator: Client, asked: dict[str, str]) -> None:
    assert operator.get(LINES, asked).status_code == 400
    assert operator.get(PAGE, asked).status_code == 200


def test_a_range_or_comparison_that_does_not_exist_is_the_usual_one(operator: Client) -> None:
    asked = {"range": "century", "compare": "nothing of the sort"}
    assert operator.get(LINES, asked).json()["step"] == 10
    assert operator.get(PAGE, asked).status_code == 200


@pytest.mark.parametrize("address", [LINES, PAGE, "/analytics/monitoring/lights/"])
def test_an_analyst_is_refused(cast: Cast, address: str) -> None:
    client = Client()
    client.force_login(cast.analyst)
    assert client.get(address).status_code == 403


def test_every_button_can_be_reached_while_all_lights_are_green(
    operator: Client, plant: Callable[..., None]
) -> None:
    plant(index=green("Well."))
    page = operator.get(PAGE).content.decode()
    for one in actions():
        assert f'href="/analytics/monitoring/do/{one.name}/"' in page, one.name
        assert str(one.about) in page, one.name


def test_a_light_of_a_paused_queue_leads_to_its_resume(operator: Client, plant: Callable[..., None]) -> None:
    plant(queues=Light(Level.YELLOW, say("Paused."), actions=("resume:default",)))
    page = operator.get(PAGE).content.decode()
    assert 'href="/analytics/monitoring/tasks/queues/default/resume/">Resume default</a>' in page
