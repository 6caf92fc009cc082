"""Feeds and searches: where their time goes, and what they hold."""

from __future__ import annotations

import threading

import pytest

from recommender.contracts import MODALITIES, SOURCES
from recommender.models import Item
from recommender.services import events, measured, recommend
from recommender.services import search as searching
from recommender.services.events import Actor
from recommender.services.recommend import profile
from recommender.services.recommend.answers import GRID
from recommender.services.recommend.scoring import PARTS
from recommender.services.search import SearchQuery, answers
from tests.conftest import Cast
from tests.services import planted
from tests.services.measured.conftest import Counted, Summed
from tests.services.recommend.tastes import ALL, page, plant

NOBODY = Actor()


def search(text: str, **options: int) -> searching.SearchPage:
    return searching.search(SearchQuery(text=text, **options), NOBODY)  # type: ignore[arg-type]


class Clock:
    """Time passes only where a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def perf_counter(self) -> float:
        return self.now

    def work(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(measured, "time", made)
    return made


# -- the stop-watch -----------------------------------------------------------------------------------------


def test_time_belongs_to_the_innermost_stage(clock: Clock, summed: Summed) -> None:
    find = measured.staged("candidates")(clock.work)

    @measured.staged("rank")
    def rank() -> None:
        clock.work(2.0)
        find(4.0)
        clock.work(8.0)

    @measured.timed("feed")
    def answer() -> None:
        clock.work(1.0)
        rank()

    answer()
    assert summed(measured.STAGE_SECONDS) == {
        ("feed", "other"): 1.0,
        ("feed", "rank"): 10.0,
        ("feed", "candidates"): 4.0,
    }
    assert summed(measured.ANSWER_SECONDS) == {("feed",): 15.0}


def test_a_stage_that_fails_ends_and_a_failed_answer_is_none(clock: Clock, counted: Counted) -> None:
    @measured.staged("rank")
    def fail() -> None:
        raise KeyError("gone")

    with pytest.raises(KeyError):
        measured.timed("feed")(fail)()
    assert counted(measured.ANSWER_SECONDS) == {}
    measured.timed("feed")(clock.work)(1.0)
    assert counted(measured.STAGE_SECONDS) == {("feed", "other"): 1}


def test_an_answer_within_an_answer_is_a_part_of_it(clock: Clock, summed: Summed) -> None:
    inner = measured.timed("similar")(clock.work)
    measured.timed("feed")(lambda: inner(3.0))()
    assert summed(measured.ANSWER_SECONDS) == {("feed",): 3.0}


def test_a_stage_outside_of_any_answer_is_not_timed(counted: Counted) -> None:
    measured.staged("history")(lambda: None)()
    assert counted(measured.STAGE_SECONDS) == {}


def test_threads_do_not_share_a_watch(clock: Clock, counted: Counted) -> None:
    elsewhere = measured.staged("rank")(clock.work)

    def answer() -> None:
        thread = threading.Thread(target=elsewhere, args=(1.0,))
        thread.start()
        thread.join()

    measured.timed("feed")(answer)()
    assert set(counted(measured.STAGE_SECONDS)) == {("feed", "other")}


def test_a_name_that_is_not_declared_is_counted_as_other(counted: Counted) -> None:
    for number in range(1_000):
        measured.SHOWN.add(1, f"row {number}", "1")
    assert counted(measured.SHOWN) == {("(other)", "1"): 1_000}


def test_every_row_and_source_that_the_recommender_has_is_a_label() -> None:
    """Else it would be counted as other, and its rates be lost."""
    rows = {*(f"row {kind}" for kind in (*profile._TELLING, *PARTS[len(SOURCES) :])), GRID}
    rows |= {f"similar {by}" for by in ("all", *MODALITIES)}
    assert rows | {answers._SURFACE} == set(measured.ROWS)
    (sources,) = (label.values for label in measured.CANDIDATES.labels if label.name == "source")
    assert sources == {*PARTS, "meaning", "words"}


def test_ranks_are_told_apart_where_it_matters() -> None:
    groups = [measured.rank_group(rank) for rank in (0, 1, 2, 3, 5, 6, 11, 12, 500)]
    assert groups == ["1", "2", "3", "4-6", "4-6", "7-12", "7-12", "13+", "13+"]


# -- feeds --------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_stages_of_a_feed_add_up_to_all_of_it(cast: Cast, summed: Summed) -> None:
    tastes, member = plant(), Actor(user=cast.member)
    events.record(member, tastes.warm[0], "like")
    recommend.front_page(member, mixture=ALL, limit=12)
    stages = {stage: seconds for (_, stage), seconds in summed(measured.STAGE_SECONDS).items()}
    assert set(stages) == {"history", "candidates", "rank", "hydrate", "other"}
    assert sum(stages.values()) == pytest.approx(summed(measured.ANSWER_SECONDS)["feed",])
    assert stages["other"] < 0.5 * sum(stages.values())


@pytest.mark.django_db
def test_readers_of_whom_nothing_is_known_are_told_apart(cast: Cast, counted: Counted) -> None:
    tastes, member = plant(), Actor(user=cast.member)
    for number in range(3):
        page(Actor(visitor=f"new {number}"))
    events.record(member, tastes.warm[0], "like")
    first = page(member)
    page(member, offset=first.next_offset, answer=first.answer)
    assert counted(measured.READERS) == {("cold",): 3, ("known",): 1}
    assert counted(measured.ANSWERS) == {("feed", "found"): 4}


@pytest.mark.django_db
def test_candidates_are_counted_by_the_sources_that_gave_them(cast: Cast, summed: Summed) -> None:
    tastes, member = plant(), Actor(user=cast.member)
    events.record(member, tastes.warm[0], "like")
    page(member, mixture=dict.fromkeys(SOURCES, 0.0) | {"text": 1.0})
    found = {source: count for (_, source), count in summed(measured.CANDIDATES).items()}
    assert found["text"] >= 20
    assert (found["crowd"], found["image"], found["audio"]) == (0, 0, 0)
    assert found["popular"] > 0


@pytest.mark.django_db
def test_a_feed_of_an_empty_catalogue_is_empty(counted: Counted) -> None:
    page(NOBODY)
    assert counted(measured.ANSWERS) == {("feed", "empty"): 1}


@pytest.mark.django_db
def test_what_is_like_an_item_is_timed_by_itself(counted: Counted) -> None:
    tastes = plant()
    recommend.similar(tastes.warm[0], limit=6, actor=NOBODY)
    assert counted(measured.ANSWER_SECONDS) == {("similar",): 1}
    assert counted(measured.ANSWERS) == {("similar", "found"): 1}


# -- searches -----------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_stages_of_a_search_add_up_to_all_of_it(monkeypatch: pytest.MonkeyPatch, summed: Summed) -> None:
    planted.plant(monkeypatch)
    search("red leather bag")
    stages = {stage: seconds for (_, stage), seconds in summed(measured.STAGE_SECONDS).items()}
    assert {"encode", "candidates", "rank", "hydrate"} <= set(stages)
    assert sum(stages.values()) == pytest.approx(summed(measured.ANSWER_SECONDS)["search",])


@pytest.mark.django_db
def test_a_search_that_finds_nothing_is_counted(counted: Counted) -> None:
    Item.objects.create(external_id="1", title="Straw hat")
    search("hat")
    search("lighthouse")
    assert counted(measured.ANSWERS) == {("search", "encoder_down"): 1, ("search", "empty"): 1}


@pytest.mark.django_db
def test_candidates_of_a_search_come_by_meaning_and_by_words(
    monkeypatch: pytest.MonkeyPatch, summed: Summed
) -> None:
    things = planted.plant(monkeypatch)
    search("red leather bag")
    found = {source: count for (_, source), count in summed(measured.CANDIDATES).items()}
    assert found["meaning"] == len(things)
    assert 0 < found["words"] <= len(things)


@pytest.mark.django_db
def test_later_pages_are_timed_but_no_answers_of_their_own(
    monkeypatch: pytest.MonkeyPatch, counted: Counted
) -> None:
    planted.plant(monkeypatch)
    search("bag", limit=4)
    search("bag", limit=4, offset=4)
    assert sum(counted(measured.ANSWERS).values()) == 1
    assert counted(measured.ANSWER_SECONDS) == {("search",): 2}
