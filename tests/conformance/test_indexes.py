"""Laws that every form of the index obeys, against a search that looks at each item in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from recommender.contracts import MODALITIES, Hit
from recommender.engine.index import LiveIndex, Snapshot, SnapshotReader, compose_query
from recommender.models import IndexSnapshot
from recommender.services.snapshots import Facts
from recommender.services.snapshots.milvus import MilvusStore
from tests.engine.index.vectors import SPACE, Item, make_items, opened, rows_of, slow_search, unit
from tests.milvus import MilvusLite

DIM, COUNT = 8, 2_500
MIXTURES = {
    "balanced": {"image": 1.0, "text": 1.0, "audio": 1.0},
    "image only": {"image": 1.0},
    "text only": {"text": 2.0},
    "audio only": {"audio": 1.0},
    "image and text": {"image": 0.7, "text": 0.3},
    "text-heavy": {"image": 0.2, "text": 1.0, "audio": 0.4},
    "less of the look": {"image": -0.5, "text": 1.0},
}


@dataclass(frozen=True)
class Form:
    """An index and what is in it; ``floor`` is the least recall of its searches."""

    live: LiveIndex
    items: dict[int, Item]
    floor: float = 1.0


class Files:
    """Opens snapshots of files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def opened(self, items: Mapping[int, Item], dim: int, hnsw_from: int = 10**9) -> SnapshotReader:
        return opened(self._folder / uuid4().hex, items, dim, hnsw_from=hnsw_from)


class Milvus:
    """Opens snapshots of a Milvus, through the client that the site uses."""

    def __init__(self, folder: Path) -> None:
        self._server = MilvusLite(folder)
        # What is found is asked here, also of a machine that is busy with something else.
        self._store = MilvusStore(self._server.address, "", patience=60.0)

    def opened(self, items: Mapping[int, Item], dim: int, hnsw_from: int = 10**9) -> SnapshotReader:
        facts = Facts(SPACE, watermark=7, modalities=MODALITIES, hnsw_from=hnsw_from)
        row = IndexSnapshot(path=f"1-{uuid4().hex[:12]}")
        row.manifest = self._store.write(row.path, *rows_of(items, dim), facts)
        return self._store.open(row, SPACE)

    def stop(self) -> None:
        self._server.stop()


Keeper = Files | Milvus


def exact_snapshot(keeper: Keeper) -> Form:
    items = make_items(COUNT, DIM)
    return Form(LiveIndex(keeper.opened(items, DIM), DIM), items)


def hnsw_snapshot(keeper: Keeper) -> Form:
    items = make_items(2 * COUNT, DIM)
    snapshot = keeper.opened(items, DIM, hnsw_from=COUNT)
    if isinstance(snapshot, Snapshot):
        assert any(group.graph for group in snapshot.groups)
    return Form(LiveIndex(snapshot, DIM), items, floor=0.97)


def delta_only(keeper: Keeper) -> Form:
    items = make_items(COUNT, DIM)
    live = LiveIndex(None, DIM)
    ids, matrix = rows_of(items, DIM)
    for start in range(0, len(ids), 700):
        live.upsert(ids[start : start + 700], matrix[start : start + 700])
    return Form(live, items)


def _moved_on(keeper: Keeper, count: int, hnsw_from: int, floor: float) -> Form:
    """A snapshot, then a tenth withdrawn, a tenth changed, a tenth new, and a few brought back."""
    items = dict(make_items(count, DIM))
    live = LiveIndex(keeper.opened(items, DIM, hnsw_from), DIM)
    old = sorted(items)
    others = make_items(count, DIM, seed=1)
    changed = {item: others[other] for item, other in zip(old[1::10], sorted(others), strict=False)}
    new = {item + 100 * count: vectors for item, vectors in list(others.items())[: count // 10]}
    back = {item: items[item] for item in old[2::100]}
    live.remove(old[2::10])
    for part in (changed, new, back):
        live.upsert(*rows_of(part, DIM))
    live.remove(list(new)[:5])
    for item in [*old[2::10], *list(new)[:5]]:
        items.pop(item, None)
    return Form(live, {**items, **changed, **dict(list(new.items())[5:]), **back}, floor)


def exact_snapshot_with_changes(keeper: Keeper) -> Form:
    return _moved_on(keeper, COUNT, 10**9, floor=1.0)


def hnsw_snapshot_with_changes(keeper: Keeper) -> Form:
    return _moved_on(keeper, 2 * COUNT, COUNT, floor=0.97)


FORMS: tuple[Callable[[Keeper], Form], ...] = (
    exact_snapshot,
    hnsw_snapshot,
    delta_only,
    exact_snapshot_with_changes,
    hnsw_snapshot_with_changes,
)


#: Each form in files, and in Milvus those that have a snapshot.
KEPT = [(Files, form) for form in FORMS] + [(Milvus, form) for form in FORMS if form is not delta_only]


@pytest.fixture(scope="module")
def milvus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Milvus]:
    keeper = Milvus(tmp_path_factory.mktemp("milvus"))
    yield keeper
    keeper.stop()


@pytest.fixture(scope="module", params=KEPT, ids=[f"{kind.__name__}-{make.__name__}" for kind, make in KEPT])
def form(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Form:
    kind, make = request.param
    if kind is Milvus:
        return make(request.getfixturevalue("milvus"))
    return make(Files(tmp_path_factory.mktemp(make.__name__)))


def ask(seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {modality: unit(rng.standard_normal(DIM)) for modality in MODALITIES}


def scores_of(hits: list[Hit]) -> list[float]:
    return [hit.score for hit in hits]


def agreement(hits: list[Hit], truth: list[tuple[int, float]]) -> float:
    """Share of the true answer that was found; items of equal score stand for each other."""
    if not truth:
        return 1.0
    least = truth[-1][1] - 1e-4
    return sum(hit.score >= least for hit in hits) / len(truth)


@pytest.mark.parametrize("mixture", MIXTURES)
def test_it_finds_the_nearest_under_any_mixture(form: Form, mixture: str) -> None:
    weights = MIXTURES[mixture]
    found = []
    for seed in range(10):
        asked = ask(seed)
        hits = form.live.search(compose_query(asked, weights, DIM), 10)
        truth = slow_search(form.items, asked, weights, 10)
        assert len(hits) == len(truth)
        found.append(agreement(hits, truth))
    assert np.mean(found) >= form.floor


@pytest.mark.parametrize("mixture", MIXTURES)
def test_every_score_is_what_looking_at_the_item_gives(form: Form, mixture: str) -> None:
    asked, weights = ask(1), MIXTURES[mixture]
    truth = dict(slow_search(form.items, asked, weights, len(form.items)))
    for hit in form.live.search(compose_query(asked, weights, DIM), 50):
        assert hit.score == pytest.approx(truth[hit.item_id], abs=1e-5)


def test_the_parts_are_weight_times_similarity_of_what_the_item_has(form: Form) -> None:
    asked, weights = ask(2), MIXTURES["text-heavy"]
    for hit in form.live.search(compose_query(asked, weights, DIM), 50):
        item = form.items[hit.item_id]
        expected = {name: weights[name] * float(asked[name] @ item[name]) for name in item}
        assert dict(hit.parts) == pytest.approx(expected, abs=1e-5)


def test_answers_come_best_first_and_each_item_once(form: Form) -> None:
    hits = form.live.search(compose_query(ask(3), MIXTURES["balanced"], DIM), 200)
    assert scores_of(hits) == sorted(scores_of(hits), reverse=True)
    assert len({hit.item_id for hit in hits}) == len(hits) == 200


@pytest.mark.parametrize("share", [0.001, 0.01, 0.1, 0.3, 0.5, 0.9, 1.0])
def test_a_filter_of_any_selectivity_gives_the_best_of_its_items(form: Form, share: float) -> None:
    weights = MIXTURES["balanced"]
    rng = np.random.default_rng(4)
    ids = np.array(sorted(form.items))
    found = []
    for seed in range(5):
        among = rng.choice(ids, max(1, int(share * len(ids))), replace=False)
        hits = form.live.search(compose_query(ask(seed), weights, DIM), 10, among=among)
        truth = slow_search(form.items, ask(seed), weights, 10, among=among.tolist())
        assert {hit.item_id for hit in hits} <= set(among.tolist())
        assert len(hits) == len(truth)
        found.append(agreement(hits, truth))
    assert np.mean(found) >= form.floor


def test_a_filter_far_from_the_query_is_answered_in_full(form: Form) -> None:
    asked, weights = ask(5), MIXTURES["balanced"]
    ranking = slow_search(form.items, asked, weights, len(form.items))
    farthest = [item for item, _ in ranking[len(ranking) // 2 :]]
    hits = form.live.search(compose_query(asked, weights, DIM), 10, among=farthest)
    truth = slow_search(form.items, asked, weights, 10, among=farthest)
    assert scores_of(hits) == pytest.approx([score for _, score in truth], abs=1e-5)


def test_as_many_come_back_as_asked_for_although_the_nearest_are_left_out(form: Form) -> None:
    asked, weights = ask(6), MIXTURES["image and text"]
    nearest = [item for item, _ in slow_search(form.items, asked, weights, 1_000)]
    hits = form.live.search(compose_query(asked, weights, DIM), 30, exclude=np.array(nearest))
    truth = slow_search(form.items, asked, weights, 30, exclude=nearest)
    assert len(hits) == 30
    assert not {hit.item_id for hit in hits} & set(nearest)
    assert agreement(hits, truth) >= form.floor


def test_among_and_exclude_hold_together_and_unknown_ids_do_no_harm(form: Form) -> None:
    asked, weights = ask(7), MIXTURES["text only"]
    ids = sorted(form.items)[:60]
    query = compose_query(asked, weights, DIM)
    hits = form.live.search(query, 100, among=[*ids, -5, 10**12], exclude={*ids[:20], 10**12})
    truth = slow_search(form.items, asked, weights, 100, among=ids, exclude=ids[:20])
    assert [hit.item_id for hit in hits] == [item for item, _ in truth]


def test_asking_for_more_than_there_is_gives_all_that_can_be_compared(form: Form) -> None:
    asked, weights = ask(8), MIXTURES["audio only"]
    hits = form.live.search(compose_query(asked, weights, DIM), 10**6)
    assert {hit.item_id for hit in hits} == {item for item, has in form.items.items() if "audio" in has}


@pytest.mark.parametrize("k", [0, 10, 300])
def test_the_nearest_are_the_items_that_a_search_finds_in_its_order(form: Form, k: int) -> None:
    query, ids = compose_query(ask(9), MIXTURES["balanced"], DIM), sorted(form.items)
    options = {"among": ids[:200], "exclude": ids[:20], "typical": {"image": 0.3, "text": 0.7, "audio": 0.5}}
    assert form.live.nearest(query, k).tolist() == [hit.item_id for hit in form.live.search(query, k)]
    hits = form.live.search(query, k, **options)
    assert form.live.nearest(query, k, **options).tolist() == [hit.item_id for hit in hits]


def test_nothing_asked_is_answered_by_nothing(form: Form) -> None:
    query = compose_query(ask(0), MIXTURES["balanced"], DIM)
    assert form.live.search(np.zeros(3 * DIM), 10) == []
    assert form.live.search(query, 0) == []
    assert form.live.search(query, 10, among=[]) == []
    assert form.live.search(query, 10, among=[-1]) == []


def test_it_knows_what_is_in_it(form: Form) -> None:
    assert form.live.ids.tolist() == sorted(form.items)
    assert len(form.live) == len(form.items)


def test_it_gives_back_the_vectors_it_was_given(form: Form) -> None:
    ids, matrix = rows_of(form.items, DIM)
    order = np.random.default_rng(0).permutation(len(ids))
    assert np.array_equal(form.live.vectors(ids[order]), matrix[order])
    assert not form.live.vectors([-1, 10**12]).any()
    assert form.live.vectors([]).shape == (0, 3 * DIM)


def test_similarity_of_given_items_is_that_of_a_search(form: Form) -> None:
    query = compose_query(ask(9), MIXTURES["text-heavy"], DIM)
    hits = form.live.search(query, 40)
    scores, parts = form.live.similarity(query, [hit.item_id for hit in hits])
    assert scores.tolist() == scores_of(hits)
    for row, hit in zip(parts, hits, strict=True):
        assert [hit.parts.get(modality, 0.0) for modality in MODALITIES] == row.tolist()
    unknown, nothing = form.live.similarity(query, [10**12])
    assert unknown.tolist() == [0.0]
    assert not nothing.any()


# -- any order of changes -----------------------------------------------------------------------------------

_TINY = 3
_numbers = st.integers(-4, 4).map(float)
_vector = st.lists(_numbers, min_size=_TINY, max_size=_TINY).filter(any).map(lambda v: unit(np.array(v)))
_item = st.dictionaries(st.sampled_from(MODALITIES), _vector, min_size=1)
_items = st.dictionaries(st.integers(1, 30), _item, max_size=12)
_ids = st.lists(st.integers(1, 30), max_size=12)
_weights = st.dictionaries(st.sampled_from(MODALITIES), st.sampled_from([-1.0, 0.5, 1.0, 3.0]), min_size=1)


class Changes(RuleBasedStateMachine):
    """Upserts, removals and new snapshots in any order, beside a dictionary that goes through the same."""

    keeper: Keeper

    @initialize(items=_items)
    def begin(self, items: dict[int, Item]) -> None:
        self.items: dict[int, Item] = dict(items)
        self.live = self._from_snapshot()

    def _from_snapshot(self) -> LiveIndex:
        return LiveIndex(self.keeper.opened(self.items, _TINY, hnsw_from=8), _TINY)

    @rule()
    def go_over_to_a_new_snapshot(self) -> None:
        self.live = self._from_snapshot()

    @rule(items=_items)
    def upsert(self, items: dict[int, Item]) -> None:
        self.live.upsert(*rows_of(items, _TINY))
        self.items |= items

    @rule(ids=_ids)
    def remove(self, ids: list[int]) -> None:
        self.live.remove(ids)
        for item in ids:
            self.items.pop(item, None)

    @rule(asked=_item, weights=_weights, k=st.integers(1, 8), among=st.none() | _ids, exclude=_ids)
    def search(
        self, asked: Item, weights: dict[str, float], k: int, among: list[int] | None, exclude: list[int]
    ) -> None:
        weights = {modality: weight for modality, weight in weights.items() if modality in asked}
        query = compose_query(asked, weights, _TINY)
        hits = self.live.search(query, k, among=among, exclude=exclude)
        truth = slow_search(self.items, asked, weights, k, among=among, exclude=exclude)
        assert scores_of(hits) == pytest.approx([score for _, score in truth], abs=1e-4)
        assert len({hit.item_id for hit in hits}) == len(hits)
        assert {hit.item_id for hit in hits} <= set(self.items) - set(exclude)

    @invariant()
    def it_holds_what_the_dictionary_holds(self) -> None:
        if hasattr(self, "live"):
            assert self.live.ids.tolist() == sorted(self.items)


#: A collection takes Milvus some tenths of a second.
@pytest.mark.parametrize(("kind", "examples"), [(Files, 40), (Milvus, 6)])
def test_any_order_of_changes_leaves_what_a_dictionary_would_hold(
    kind: type[Keeper], examples: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    Changes.keeper = request.getfixturevalue("milvus") if kind is Milvus else Files(tmp_path)
    few = settings(
        max_examples=examples, stateful_step_count=15, deadline=None, derandomize=True, database=None
    )
    run_state_machine_as_test(Changes, settings=few)


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(asked=_item, item=_item, weights=_weights, factor=st.floats(0.1, 50))
def test_scaling_a_query_scales_the_scores_and_nothing_else(
    asked: Item, item: Item, weights: dict[str, float], factor: float
) -> None:
    live = LiveIndex(None, _TINY)
    live.upsert(*rows_of({1: item}, _TINY))
    query = compose_query(asked, weights, _TINY)
    plain, scaled = live.search(query, 1), live.search(query * np.float32(factor), 1)
    assert [hit.item_id for hit in plain] == [hit.item_id for hit in scaled]
    assert scores_of(scaled) == pytest.approx([hit.score * factor for hit in plain], rel=1e-3, abs=1e-3)
