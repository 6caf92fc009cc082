"""The graph on disk and the sums over a history, against loops over dense rows."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.sparse import random as random_csr

from recommender.engine.graph import ItemGraph, write_graph
from recommender.errors import SnapshotError

N = 40
IDS = np.arange(N, dtype=np.int64) * 3 + 5
SOURCES = ("crowd", "text")


def some_rows() -> dict[str, csr_matrix]:
    rng = np.random.default_rng(1)
    return {name: random_csr(N, N, 0.1, format="csr", dtype=np.float32, random_state=rng) for name in SOURCES}


@pytest.fixture
def rows() -> dict[str, csr_matrix]:
    return some_rows()


@pytest.fixture
def folder(rows: dict[str, csr_matrix], tmp_path: Path) -> Path:
    popularity, freshness = np.linspace(0, 1, N), np.linspace(1, 0, N)
    write_graph(tmp_path, IDS, rows, popularity=popularity, freshness=freshness, manifest={"space": "s"})
    return tmp_path


@pytest.fixture
def graph(folder: Path) -> ItemGraph:
    return ItemGraph.open(folder)


def naive_sum(rows: csr_matrix, places: list[int], weights: list[float]) -> np.ndarray:
    dense, total = rows.toarray(), np.zeros(N)
    for place, weight in zip(places, weights, strict=True):
        total += weight * dense[place]
    return total


def as_dense(graph: ItemGraph, ids: np.ndarray, values: np.ndarray) -> np.ndarray:
    total = np.zeros(N)
    total[graph.places(ids)] = values
    return total


def test_what_was_written_is_read_again(graph: ItemGraph) -> None:
    assert graph.sources == SOURCES
    assert graph.manifest == {"space": "s"}
    np.testing.assert_array_equal(graph.ids, IDS)
    np.testing.assert_allclose(graph.popularity, np.linspace(0, 1, N), atol=1e-6)


def test_rows_stay_on_disk(graph: ItemGraph) -> None:
    assert not graph._rows["crowd"].data.flags.owndata
    assert not graph._rows["crowd"].data.flags.writeable


def test_a_history_is_the_weighted_sum_of_its_rows(graph: ItemGraph, rows: dict[str, csr_matrix]) -> None:
    places, weights = [3, 17, 29, 8], [1.0, 0.5, 2.0, 0.1]
    found = graph.accumulate(IDS[places], np.array(weights))
    for number, source in enumerate(SOURCES):
        wanted = naive_sum(rows[source], places, weights)
        np.testing.assert_allclose(as_dense(graph, found.ids, found.values[number]), wanted, atol=1e-6)


def test_it_reaches_what_any_source_reaches_and_nothing_else(
    graph: ItemGraph, rows: dict[str, csr_matrix]
) -> None:
    found = graph.accumulate(IDS[[3, 17]], np.ones(2))
    both = [rows[source][seed].indices.tolist() for source in SOURCES for seed in (3, 17)]
    reached = set().union(*both)
    assert found.ids.tolist() == [int(IDS[place]) for place in sorted(reached)]
    np.testing.assert_array_equal(graph.ids[found.places], found.ids)


def test_a_seed_given_twice_counts_twice(graph: ItemGraph) -> None:
    twice = graph.accumulate(IDS[[3, 3]], np.array([1.0, 0.5]))
    once = graph.accumulate(IDS[[3]], np.array([1.5]))
    np.testing.assert_allclose(twice.values, once.values, atol=1e-6)


def test_unknown_seeds_are_passed_over(graph: ItemGraph) -> None:
    known = graph.accumulate(IDS[[3]], np.ones(1))
    found = graph.accumulate(np.array([1, IDS[3], 10**9]), np.ones(3))
    np.testing.assert_array_equal(found.values, known.values)


def test_an_empty_history_reaches_nothing(graph: ItemGraph) -> None:
    found = graph.accumulate(np.zeros(0, np.int64), np.zeros(0))
    assert found.ids.shape == (0,)
    assert found.values.shape == (2, 0)


def test_what_was_turned_down_works_through_content_only(graph: ItemGraph) -> None:
    found = graph.accumulate(IDS[[3]], np.array([-1.0]))
    assert not found.values[0].any()
    assert found.values[1].min() < 0


def test_asked_items_are_among_the_candidates_reached_or_not(graph: ItemGraph) -> None:
    found = graph.accumulate(np.zeros(0, np.int64), np.zeros(0), also=np.array([IDS[7], 10**9, IDS[2]]))
    assert found.ids.tolist() == [IDS[2], IDS[7]]
    assert not found.values.any()


def test_it_says_which_sources_know_an_item(rows: dict[str, csr_matrix], tmp_path: Path) -> None:
    rows["text"] = rows["text"].tolil()
    rows["text"][7] = 0
    rows["text"] = rows["text"].tocsr()
    rows["text"].eliminate_zeros()
    write_graph(tmp_path, IDS, rows, popularity=np.zeros(N), freshness=np.zeros(N), manifest={})
    found = ItemGraph.open(tmp_path).accumulate(np.zeros(0, np.int64), np.zeros(0), also=IDS[[6, 7]])
    assert found.known[1].tolist() == [True, False]


def test_the_best_seed_is_the_one_that_gave_most(graph: ItemGraph, rows: dict[str, csr_matrix]) -> None:
    places, weights = [3, 17, 29, 8, 30], [1.0, 0.5, 2.0, -1.0, 0.7]
    given = rows["text"].toarray()[places] * np.array(weights)[:, None]
    wanted = np.where(given.max(axis=0) > 0, IDS[places][given.argmax(axis=0)], -1)
    asked = IDS[::-1]
    found = graph.best_seed("text", asked, IDS[places], np.array(weights))
    np.testing.assert_array_equal(found, wanted[::-1])


def test_no_seed_explains_an_unknown_item_or_source(graph: ItemGraph) -> None:
    assert graph.best_seed("text", np.array([10**9, 1]), IDS[[3]], np.ones(1)).tolist() == [-1, -1]
    assert graph.best_seed("smell", IDS[:2], IDS[[3]], np.ones(1)).tolist() == [-1, -1]
    assert graph.best_seed("text", IDS[:2], np.zeros(0, np.int64), np.zeros(0)).tolist() == [-1, -1]


def test_a_row_has_its_neighbours_the_nearest_first(graph: ItemGraph, rows: dict[str, csr_matrix]) -> None:
    ids, values = graph.row("text", int(IDS[3]))
    assert values.tolist() == sorted(rows["text"][3].data.tolist(), reverse=True)
    assert set(ids.tolist()) == {int(IDS[place]) for place in rows["text"][3].indices}


def test_an_unknown_item_has_an_empty_row(graph: ItemGraph) -> None:
    assert len(graph.row("text", 1)[0]) == 0
    assert len(graph.row("smell", int(IDS[0]))[0]) == 0


def test_popular_and_fresh_items_come_best_first(graph: ItemGraph) -> None:
    assert graph.popular(2).tolist() == [IDS[-1], IDS[-2]]
    assert graph.fresh(2).tolist() == [IDS[0], IDS[1]]
    np.testing.assert_allclose(graph.popularity_of(np.array([IDS[-1], 1])), [1.0, 0.0])


def test_a_graph_without_items_can_be_asked(tmp_path: Path) -> None:
    nothing = np.zeros(0)
    write_graph(tmp_path, np.zeros(0), {}, popularity=nothing, freshness=nothing, manifest={})
    graph = ItemGraph.open(tmp_path)
    assert len(graph.accumulate(np.array([5]), np.ones(1)).ids) == 0
    assert graph.freshness_of(np.array([5])).tolist() == [0.0]


@pytest.mark.parametrize("name", ["ids.npy", "crowd.data.npy", "text.indptr.npy", "manifest.json"])
def test_a_missing_file_is_noticed(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(SnapshotError, match="refresh_graph"):
        ItemGraph.open(folder)


@pytest.mark.parametrize("name", ["ids.npy", "crowd.data.npy", "text.indices.npy", "manifest.json"])
def test_a_file_cut_short_is_noticed(folder: Path, name: str) -> None:
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(SnapshotError):
        ItemGraph.open(folder)


def test_one_flipped_bit_is_noticed(folder: Path) -> None:
    content = bytearray((folder / "crowd.data.npy").read_bytes())
    content[-3] ^= 1
    (folder / "crowd.data.npy").write_bytes(content)
    with pytest.raises(SnapshotError, match="damaged"):
        ItemGraph.open(folder)


@pytest.mark.parametrize("change", [{"format": 99}, {"files": {}}, {"sources": ["crowd", "smell"]}])
def test_a_manifest_of_another_make_is_refused(folder: Path, change: dict[str, object]) -> None:
    manifest = json.loads((folder / "manifest.json").read_text()) | change
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(SnapshotError):
        ItemGraph.open(folder)


def test_nothing_at_all_is_a_missing_graph(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="manifest"):
        ItemGraph.open(tmp_path / "nowhere")


@pytest.mark.parametrize("step", [1, 3, 1_000_000])
def test_rows_are_found_by_id_however_far_apart_ids_are(tmp_path: Path, step: int) -> None:
    ids = np.arange(N, dtype=np.int64) * step + 7
    nothing = np.zeros(N)
    write_graph(tmp_path, ids, some_rows(), popularity=nothing, freshness=nothing, manifest={})
    graph = ItemGraph.open(tmp_path)
    asked = np.concatenate([ids[::-1], ids[:3] - 1, ids[-1:] + 1, [0, 2**40]])
    known = {int(item): place for place, item in enumerate(ids)}
    assert graph.places(asked).tolist() == [known.get(int(item), -1) for item in asked]
