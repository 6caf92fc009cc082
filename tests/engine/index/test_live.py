"""A live index while it changes, also under the eyes of several threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from recommender.engine.index import LiveIndex, compose_query
from recommender.errors import RecommenderError
from tests.engine.index.vectors import make_items, opened, rows_of, unit

DIM = 4


def axis(number: int) -> np.ndarray:
    return np.eye(DIM, dtype=np.float32)[number]


def row(values: np.ndarray) -> np.ndarray:
    """(1, 3 * dim) of an item that has only words."""
    return rows_of({1: {"text": values}}, DIM)[1]


def words(values: np.ndarray) -> np.ndarray:
    return compose_query({"text": values}, {"text": 1.0}, DIM)


@pytest.fixture(params=["with a snapshot", "without"])
def live(request: pytest.FixtureRequest, tmp_path: Path) -> LiveIndex:
    """Items 1 to 3 on the first three axes."""
    items = {number + 1: {"text": axis(number)} for number in range(3)}
    if request.param == "with a snapshot":
        return LiveIndex(opened(tmp_path / "s", items, DIM), DIM)
    index = LiveIndex(None, DIM)
    index.upsert(*rows_of(items, DIM))
    return index


def best(live: LiveIndex, values: np.ndarray) -> int:
    return live.search(words(values), 1)[0].item_id


def test_a_new_item_is_found_at_once(live: LiveIndex) -> None:
    live.upsert([9], row(axis(3)))
    assert best(live, axis(3)) == 9
    assert live.ids.tolist() == [1, 2, 3, 9]


def test_a_changed_item_is_found_by_what_it_is_now_and_once(live: LiveIndex) -> None:
    for number in (3, 2, 3):
        live.upsert([1], row(axis(number)))
    hits = live.search(words(axis(3)), 10)
    assert [hit.item_id for hit in hits] == [1, 2, 3]
    assert hits[0].score == pytest.approx(1.0)
    assert live.vectors([1])[0].tolist() == row(axis(3))[0].tolist()


def test_a_removed_item_is_gone_from_everything_and_can_come_back(live: LiveIndex) -> None:
    live.remove([2])
    assert 2 not in [hit.item_id for hit in live.search(words(axis(1)), 10)]
    assert [hit.item_id for hit in live.search(words(axis(1)), 10, among=[1, 2])] == [1]
    assert live.ids.tolist() == [1, 3]
    assert not live.vectors([2]).any()
    assert live.similarity(words(axis(1)), [2])[0].tolist() == [0.0]
    live.upsert([2], row(axis(1)))
    assert best(live, axis(1)) == 2
    assert len(live) == 3


def test_removing_what_is_not_there_changes_nothing(live: LiveIndex) -> None:
    live.remove([77])
    live.remove([])
    assert live.ids.tolist() == [1, 2, 3]


def test_of_an_id_given_twice_the_last_row_counts(live: LiveIndex) -> None:
    live.upsert([5, 5], np.concatenate([row(axis(0)), row(axis(3))]))
    assert best(live, axis(3)) == 5
    assert len(live) == 4


def test_equals_come_in_the_order_of_their_ids(live: LiveIndex) -> None:
    for item in (40, 20, 30):
        live.upsert([item], row(axis(3)))
    assert [hit.item_id for hit in live.search(words(axis(3)), 3)] == [20, 30, 40]


def test_many_small_changes_leave_no_trace_of_what_was_replaced() -> None:
    live = LiveIndex(None, DIM)
    rng = np.random.default_rng(0)
    for _ in range(300):
        ids = rng.choice(40, 20, replace=False)
        live.upsert(ids, np.concatenate([row(unit(rng.standard_normal(DIM))) for _ in ids]))
    assert live.ids.tolist() == list(range(40))
    assert len(live._state.delta) < 400  # rows that were replaced are dropped when the table moves


@pytest.mark.parametrize(
    ("ids", "matrix"),
    [([1], np.ones((1, 5))), ([1, 2], np.ones((1, 12))), ([1], np.full((1, 12), np.inf))],
)
def test_rows_that_do_not_fit_are_refused_and_change_nothing(
    live: LiveIndex, ids: list[int], matrix: np.ndarray
) -> None:
    with pytest.raises(RecommenderError, match="3 times 4 numbers"):
        live.upsert(ids, matrix)
    assert live.ids.tolist() == [1, 2, 3]


@pytest.mark.parametrize("query", [np.ones(3 * DIM + 1), np.full(3 * DIM, np.nan)])
def test_a_query_that_does_not_fit_is_refused(live: LiveIndex, query: np.ndarray) -> None:
    with pytest.raises(RecommenderError, match="query"):
        live.search(query, 3)


# -- threads ------------------------------------------------------------------------------------------------


def in_threads(work: Callable[[], None], count: int, until: Callable[[], None]) -> None:
    """Repeat ``work`` in ``count`` threads while ``until`` runs here; what fails there fails here."""
    done, failures = threading.Event(), []

    def repeat() -> None:
        try:
            while not done.is_set():
                work()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=repeat) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        until()
    finally:
        done.set()
        for thread in threads:
            thread.join()
    if failures:
        raise failures[0]


@pytest.mark.parametrize("hnsw_from", [10**9, 1_000])
def test_a_search_sees_an_upsert_whole_or_not_at_all(tmp_path: Path, hnsw_from: int) -> None:
    """Twenty items change sides together; whoever looks finds all of them on one side."""
    others = make_items(2_000, DIM, shares=(0.0, 1.0, 0.0))
    crowd = {item + 100: {"text": unit(has["text"] - [0, 0, 0, 9])} for item, has in others.items()}
    sides = [{item: {"text": axis(side)} for item in range(20)} for side in (0, 1)]
    snapshot = opened(tmp_path / "s", crowd | sides[0], DIM, hnsw_from=hnsw_from)
    live = LiveIndex(snapshot, DIM)
    query = words(axis(0) + axis(1) * 0.5)
    seen: set[float] = set()

    def look() -> None:
        hits = live.search(query, 20)
        assert {hit.item_id for hit in hits} == set(range(20))
        scores = {round(hit.score, 3) for hit in hits}
        assert len(scores) == 1
        seen.update(scores)

    def change() -> None:
        for turn in range(150):
            live.upsert(*rows_of(sides[(turn + 1) % 2], DIM))

    in_threads(look, 3, change)
    assert seen <= {0.894, 0.447}


def test_a_search_during_removals_never_finds_what_was_gone_before_it_began(tmp_path: Path) -> None:
    items = make_items(500, DIM)
    live = LiveIndex(opened(tmp_path / "s", items, DIM), DIM)
    gone: set[int] = set()
    query = words(axis(0))

    def look() -> None:
        before = set(gone)
        assert not before & {hit.item_id for hit in live.search(query, 500)}
        assert not before & set(live.ids.tolist())

    def change() -> None:
        for item in sorted(items)[:300]:
            live.remove([item])
            gone.add(item)

    in_threads(look, 2, change)
    assert len(live) == 200


def test_writers_in_several_threads_lose_nothing_of_each_other() -> None:
    live = LiveIndex(None, DIM)
    barrier = threading.Barrier(4)

    def write(start: int) -> None:
        barrier.wait()
        for item in range(start, start + 50):
            live.upsert([item], row(axis(item % DIM)))

    threads = [threading.Thread(target=write, args=(100 * number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(live) == 200
    assert best(live, axis(3)) == 3
