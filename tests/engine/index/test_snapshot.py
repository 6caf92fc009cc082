"""Snapshot files: whole or refused, and never changed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recommender.engine.index import LiveIndex, Snapshot, compose_query, write_snapshot
from recommender.engine.index import snapshot as module
from recommender.errors import SnapshotError
from tests.conftest import ROOT
from tests.engine.index.vectors import SPACE, make_items, opened, rows_of, slow_search, unit, write

DIM = 4
ITEMS = make_items(60, DIM)
WITH_GRAPHS = {"hnsw_from": 20}


def options(**changes: Any) -> dict[str, Any]:
    return {"space_key": SPACE, "watermark": 7, "modalities": ("text",), "hnsw_from": 10**9, **changes}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_it_reads_what_was_written(tmp_path: Path) -> None:
    snapshot = opened(tmp_path / "s", ITEMS, DIM)
    ids, matrix = rows_of(ITEMS, DIM)
    assert snapshot.ids.tolist() == ids.tolist()
    assert snapshot.dim == DIM
    assert np.array_equal(snapshot.vectors[snapshot.rows_of(ids)], matrix)
    assert snapshot.rows_of(np.array([-1, 0])).tolist() == [-1, -1]


def test_the_manifest_says_what_is_in_it_and_can_be_stored_as_json(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    written = write_snapshot(tmp_path / "s", *rows_of(ITEMS, DIM), **options(**WITH_GRAPHS))
    assert json.loads(json.dumps(written)) == written
    assert Snapshot.open(tmp_path / "s", space_key=SPACE).manifest == written
    told = {name: written[name] for name in ("space_key", "watermark", "modalities", "items", "dim")}
    assert told == {"space_key": SPACE, "watermark": 7, "modalities": ["text"], "items": 60, "dim": DIM}
    assert set(written["files"]) == set(contents(tmp_path / "s")) - {"manifest.json"}


def test_the_manifest_is_written_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(folder: Path, facts: dict[str, Any]) -> dict[str, Any]:
        assert {path.name for path in folder.iterdir()} >= {"ids.npy", "vectors.npy", "graph-7.faiss"}
        raise OSError("No space left on device")

    monkeypatch.setattr(module, "write_manifest", no_room)
    with pytest.raises(OSError, match="No space"):
        write(tmp_path / "s", ITEMS, DIM, **WITH_GRAPHS)
    with pytest.raises(SnapshotError, match="incomplete"):
        Snapshot.open(tmp_path / "s", space_key=SPACE)


def test_a_snapshot_is_never_written_over(tmp_path: Path) -> None:
    folder = write(tmp_path / "s", ITEMS, DIM)
    before = contents(folder)
    with pytest.raises(SnapshotError, match="never written over"):
        write_snapshot(folder, *rows_of(make_items(5, DIM), DIM), **options())
    assert contents(folder) == before


def test_nothing_that_a_reader_does_changes_it(tmp_path: Path) -> None:
    folder = write(tmp_path / "s", ITEMS, DIM, **WITH_GRAPHS)
    before = contents(folder)
    live = LiveIndex(Snapshot.open(folder, space_key=SPACE), DIM)
    live.upsert(*rows_of(make_items(60, DIM, seed=1), DIM))
    live.remove(live.ids[:10])
    live.search(compose_query({"text": np.ones(DIM)}, {"text": 1.0}, DIM), 5)
    assert contents(folder) == before


def test_what_it_hands_out_cannot_be_written_to(tmp_path: Path) -> None:
    snapshot = opened(tmp_path / "s", ITEMS, DIM)
    for array in (snapshot.ids, snapshot.vectors, snapshot.codes, LiveIndex(snapshot, DIM).ids):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_an_open_snapshot_serves_on_after_its_folder_is_deleted(tmp_path: Path) -> None:
    live = LiveIndex(opened(tmp_path / "s", ITEMS, DIM, **WITH_GRAPHS), DIM)
    shutil.rmtree(tmp_path / "s")
    asked = {"text": unit(np.ones(DIM))}
    hits = live.search(compose_query(asked, {"text": 1.0}, DIM), 5)
    assert [hit.item_id for hit in hits] == [pk for pk, _ in slow_search(ITEMS, asked, {"text": 1.0}, 5)]


def test_an_empty_catalogue_has_a_snapshot_too(tmp_path: Path) -> None:
    live = LiveIndex(opened(tmp_path / "s", {}, DIM), DIM)
    query = compose_query({"text": np.ones(DIM)}, {"text": 1.0}, DIM)
    assert (len(live), live.search(query, 3), live.search(query, 3, among=[1])) == (0, [], [])
    live.upsert(*rows_of(ITEMS, DIM))
    assert len(live.search(query, 3)) == 3


# -- refused ------------------------------------------------------------------------------------------------


def test_another_space_is_refused_by_both_names(tmp_path: Path) -> None:
    folder = write(tmp_path / "s", ITEMS, DIM)
    with pytest.raises(SnapshotError, match="'space-a', not to 'space-b'"):
        Snapshot.open(folder, space_key="space-b")


def test_another_width_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="of 4 numbers, the space of 8"):
        LiveIndex(opened(tmp_path / "s", ITEMS, DIM), 8)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="missing"):
        Snapshot.open(tmp_path / "nowhere", space_key=SPACE)


FILES = ("ids.npy", "vectors.npy", "graph-7.faiss", "manifest.json")


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_noticed(tmp_path: Path, name: str) -> None:
    folder = write(tmp_path / "s", ITEMS, DIM, **WITH_GRAPHS)
    (folder / name).unlink()
    with pytest.raises(SnapshotError, match=r"(missing|incomplete).*Rebuild the index"):
        Snapshot.open(folder, space_key=SPACE)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("keep", [0.0, 0.5])
def test_a_file_cut_short_is_noticed(tmp_path: Path, name: str, keep: float) -> None:
    path = write(tmp_path / "s", ITEMS, DIM, **WITH_GRAPHS) / name
    path.write_bytes(path.read_bytes()[: int(keep * path.stat().st_size)])
    with pytest.raises(SnapshotError, match="damaged"):
        Snapshot.open(tmp_path / "s", space_key=SPACE)


@pytest.mark.parametrize("name", FILES[:-1])
def test_a_single_changed_byte_is_noticed(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / "s", ITEMS, DIM, **WITH_GRAPHS) / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(SnapshotError, match=f"{name} of snapshot s is damaged"):
        Snapshot.open(tmp_path / "s", space_key=SPACE)


@pytest.mark.parametrize("text", ["[]", "{}", '{"format": 99, "files": {}}', '{"files": 3}', "\x00"])
def test_a_manifest_that_makes_no_sense_is_refused(tmp_path: Path, text: str) -> None:
    folder = write(tmp_path / "s", ITEMS, DIM)
    (folder / "manifest.json").write_text(text)
    with pytest.raises(SnapshotError):
        Snapshot.open(folder, space_key=SPACE)


def test_a_manifest_without_its_facts_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "s", ITEMS, DIM)
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["groups"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(SnapshotError, match="cannot be read"):
        Snapshot.open(folder, space_key=SPACE)


@pytest.mark.parametrize(
    ("ids", "matrix", "word"),
    [
        ([2, 1], np.ones((2, 12)), "ascend"),
        ([1, 1], np.ones((2, 12)), "ascend"),
        ([1], np.ones((2, 12)), "do not fit"),
        ([1], np.ones((1, 13)), "do not fit"),
        ([1], np.full((1, 12), np.nan), "not finite"),
    ],
)
def test_rows_that_make_no_index_are_refused(
    tmp_path: Path, ids: list[int], matrix: np.ndarray, word: str
) -> None:
    with pytest.raises(SnapshotError, match=word):
        write_snapshot(tmp_path, np.array(ids), matrix, **options())
    assert contents(tmp_path) == {}


# -- graphs -------------------------------------------------------------------------------------------------


def test_groups_have_graphs_only_once_the_catalogue_is_large(tmp_path: Path) -> None:
    small = opened(tmp_path / "small", ITEMS, DIM, hnsw_from=61)
    assert not any(group.graph for group in small.groups)
    large = opened(tmp_path / "large", ITEMS, DIM, hnsw_from=60)
    sizes = {group.stop - group.start: group.graph is not None for group in large.groups}
    assert all(has is (size >= 15) for size, has in sizes.items())
    assert set(sizes.values()) == {True, False}


def test_a_large_snapshot_is_searched_by_its_graphs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from recommender.engine.index.hnsw import Graph

    asked_of: list[int] = []
    nearest = Graph.nearest

    def counted(self: Graph, query: np.ndarray, count: int) -> np.ndarray:
        asked_of.append(count)
        return nearest(self, query, count)

    items = make_items(3_000, DIM, shares=(1.0, 1.0, 0.5))
    live = LiveIndex(opened(tmp_path / "s", items, DIM, hnsw_from=3_000), DIM)
    monkeypatch.setattr(Graph, "nearest", counted)
    query = compose_query({"text": np.ones(DIM)}, {"text": 1.0}, DIM)
    live.search(query, 10)
    assert asked_of == [128, 128]  # with sound, and without
    live.search(query, 10, among=live.ids[:50])
    assert len(asked_of) == 2


def test_a_small_snapshot_is_written_opened_and_searched_without_faiss(tmp_path: Path) -> None:
    program = f"""
import sys
from pathlib import Path
import numpy as np
from recommender.engine.index import LiveIndex, Snapshot, write_snapshot
folder = Path({str(tmp_path)!r})
write_snapshot(folder, np.arange(5), np.eye(5, 12), space_key="s", watermark=0, modalities=[], hnsw_from=6)
live = LiveIndex(Snapshot.open(folder, space_key="s"), 4)
assert len(live.search(np.ones(12), 3)) == 3
assert not set(sys.modules) & {{"faiss", "torch"}}, "loaded"
"""
    answer = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
