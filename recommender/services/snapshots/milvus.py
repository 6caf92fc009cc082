"""Snapshots as collections of a Milvus: one each, written once, named after the row that tells of it.

A row of the collection is a row of the snapshot: its number, the item, the item's vector. Each group of items
that have the same modalities is a partition, since inner products rank as similarities only there. The field
of the vectors is called by their encoder space, so that Milvus itself refuses a question in another.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from recommender.errors import IndexUnavailable, RecommenderError, SnapshotError
from recommender.models import IndexSnapshot
from recommender.said import Said, say
from recommender.said import gettext_noop as _
from recommender.services.snapshots.address import Address
from recommender.services.snapshots.milvus_link import ANSWER_SECONDS, MilvusLink

if TYPE_CHECKING:
    from recommender.engine.index.rows import Span
    from recommender.services.snapshots import Facts
    from recommender.services.snapshots.milvus_reader import MilvusSnapshot

FORMAT = 1
_LACKS_ROWS = _("The collection {name} has {n} of {all} rows.")
#: Links and effort of the graph, as in the files of this machine.
_GRAPH = {"M": 32, "efConstruction": 100}
#: Seconds: somebody may wait for a page while a snapshot is opened, nobody while one is made.
_OPEN_SECONDS, _WRITE_SECONDS, _BUILD_SECONDS = 10.0, 60.0, 3_600.0
_MESSAGE_BYTES = 4 * 1024**2
_PAGE = 16_384  # rows that Milvus gives at once
_REBUILD = _("Rebuild the index: its vectors are in the database.")


class MilvusStore:
    """A ``SnapshotStore``; other collections in the same database are left alone.

    Args:
        patience: seconds that somebody who waits for a page waits for an answer of Milvus; to open and to
            write a snapshot may take longer.
    """

    def __init__(self, address: Address, token: str, patience: float = ANSWER_SECONDS) -> None:
        self._address = address
        self._link = MilvusLink(address, token, patience)
        self._open_seconds = max(patience, _OPEN_SECONDS)

    # -- writing -------------------------------------------------------------------------------------------

    def write(self, name: str, ids: np.ndarray, matrix: np.ndarray, facts: Facts) -> dict[str, Any]:
        from recommender.engine.index.composition import BLOCKS
        from recommender.engine.index.rows import check_rows, grouped

        ids = np.asarray(ids, np.int64)
        check_rows(ids, matrix)
        order, spans = grouped(matrix)
        kind = "HNSW" if len(ids) >= facts.hnsw_from else "FLAT"
        collection = collection_of(name)
        try:
            self._create(collection, matrix.shape[1], facts.space_key, spans)
            for span in spans:
                self._insert(collection, facts.space_key, span, ids, matrix, order)
            self._make_ready(collection, facts.space_key, kind, len(ids))
        except BaseException:
            with contextlib.suppress(RecommenderError):
                self._link.trust_again()
                self.drop(name)
            raise
        return _manifest(collection, facts, kind, matrix.shape[1] // BLOCKS, len(ids), spans)

    def _create(self, collection: str, width: int, space_key: str, spans: Sequence[Span]) -> None:
        from pymilvus import DataType, MilvusClient

        schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False, description=space_key)
        schema.add_field("row", DataType.INT64, is_primary=True)
        schema.add_field("item", DataType.INT64)
        schema.add_field(field_of(space_key), DataType.FLOAT_VECTOR, dim=width)
        self._link.call(
            "create_collection",
            collection,
            schema=schema,
            consistency_level="Bounded",
            timeout=_WRITE_SECONDS,
        )
        for span in spans:
            self._link.call("create_partition", collection, partition_of(span.code), timeout=_WRITE_SECONDS)

    def _insert(
        self,
        collection: str,
        space_key: str,
        span: Span,
        ids: np.ndarray,
        matrix: np.ndarray,
        order: np.ndarray,
    ) -> None:
        field = field_of(space_key)
        at_once = max(1, _MESSAGE_BYTES // (4 * matrix.shape[1]))
        for start in range(span.start, span.stop, at_once):
            rows = range(start, min(start + at_once, span.stop))
            places = order[start : rows.stop]
            items, vectors = ids[places].tolist(), np.asarray(matrix[places], np.float32)
            data = [
                {"row": row, "item": item, field: vector}
                for row, item, vector in zip(rows, items, vectors, strict=True)
            ]
            partition = partition_of(span.code)
            self._link.call("insert", collection, data, partition_name=partition, timeout=_WRITE_SECONDS)

    def _make_ready(self, collection: str, space_key: str, kind: str, count: int) -> None:
        """Sealed, indexed, loaded and counted: whoever asks from now on is answered in full."""
        from pymilvus import MilvusClient

        self._link.call("flush", collection, timeout=_BUILD_SECONDS)
        params = MilvusClient.prepare_index_params()
        options = _GRAPH if kind == "HNSW" else {}
        params.add_index(field_of(space_key), index_type=kind, metric_type="IP", params=options)
        self._link.call("create_index", collection, params, timeout=_BUILD_SECONDS)
        self._link.call("load_collection", collection, timeout=_BUILD_SECONDS)
        if (present := self._count(collection)) != count:
            told = say(_LACKS_ROWS, name=collection, n=present, all=count)
            raise SnapshotError(told, _REBUILD)

    def _count(self, collection: str) -> int:
        told = self._link.call(
            "query",
            collection,
            filter="",
            output_fields=["count(*)"],
            consistency_level="Strong",
            timeout=self._open_seconds,
        )
        return int(told[0]["count(*)"])

    # -- reading -------------------------------------------------------------------------------------------

    def open(self, row: IndexSnapshot, space_key: str) -> MilvusSnapshot:
        from recommender.engine.index.rows import Span
        from recommender.services.snapshots.milvus_reader import MilvusSnapshot, Source

        collection, manifest = collection_of(row.path), row.manifest
        if manifest.get("collection") != collection or manifest.get("format") != FORMAT:
            raise SnapshotError(say(_("The snapshot {name} is not one of Milvus."), name=row.path), _REBUILD)
        self._check(collection, manifest, space_key)
        spans = [Span(one["code"], one["start"], one["stop"]) for one in manifest["groups"]]
        row_ids = self._items(collection, manifest["items"])
        source = Source(self._link, collection, field_of(space_key), is_exact=manifest["kind"] == "FLAT")
        return MilvusSnapshot(source, manifest["dim"], row_ids, spans)

    def _check(self, collection: str, manifest: dict[str, Any], space_key: str) -> None:
        told = self._link.call("describe_collection", collection)
        fields = [field["name"] for field in told["fields"]]
        if manifest.get("space_key") != space_key or field_of(space_key) not in fields:
            belongs = _("The collection {name} belongs to encoder space {other}, not to {wanted}.")
            other = str(manifest.get("space_key"))
            raise SnapshotError(say(belongs, name=collection, other=other, wanted=space_key), _REBUILD)
        # One that is long to load is so without anybody waiting, and found loaded at a later try.
        self._link.call("load_collection", collection)
        if (present := self._count(collection)) != manifest["items"]:
            told = say(_LACKS_ROWS, name=collection, n=present, all=manifest["items"])
            raise SnapshotError(told, _REBUILD)

    def _items(self, collection: str, count: int) -> np.ndarray:
        """(n,) int64, the item of each row: all that is kept here of the snapshot."""
        items = np.zeros(count, np.int64)
        for start, stop in _pages(count):
            told = self._link.call(
                "query",
                collection,
                filter=f"row >= {start} and row < {stop}",
                output_fields=["row", "item"],
                limit=_PAGE,
                consistency_level="Strong",
                timeout=self._open_seconds,
            )
            if len(told) != stop - start:
                lacks = _("The collection {name} lacks rows of {start} to {stop}.")
                raise SnapshotError(say(lacks, name=collection, start=start, stop=stop), _REBUILD)
            items[[one["row"] for one in told]] = [one["item"] for one in told]
        return items

    # -- keeping -------------------------------------------------------------------------------------------

    def holds(self, name: str) -> bool:
        return bool(self._link.call("has_collection", collection_of(name)))

    def drop(self, name: str) -> None:
        self._link.call("drop_collection", collection_of(name), timeout=_WRITE_SECONDS)

    def trouble(self) -> Said | None:
        try:
            self._link.call("list_collections")
        except IndexUnavailable:
            return say(_("Milvus does not answer at {address}."), address=str(self._address))
        return None

    def is_away(self) -> bool:
        return self._link.is_away()

    def close(self) -> None:
        self._link.close()


def _manifest(
    collection: str, facts: Facts, kind: str, dim: int, count: int, spans: Sequence[Span]
) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "collection": collection,
        "space_key": facts.space_key,
        "watermark": int(facts.watermark),
        "modalities": list(facts.modalities),
        "items": count,
        "dim": dim,
        "hnsw_from": facts.hnsw_from,
        "kind": kind,
        "groups": [{"code": span.code, "start": span.start, "stop": span.stop} for span in spans],
    }


def collection_of(name: str) -> str:
    """The collection of the snapshot of that name; Milvus takes letters, digits and underscores."""
    return f"mmsite_{name.replace('-', '_')}"


def field_of(space_key: str) -> str:
    """What the vectors of an encoder space are called."""
    return f"vector_{hashlib.sha256(space_key.encode()).hexdigest()[:16]}"


def partition_of(code: int) -> str:
    """The partition of the items of a presence code."""
    return f"code_{code}"


def _pages(count: int) -> Iterator[tuple[int, int]]:
    for start in range(0, count, _PAGE):
        yield start, min(start + _PAGE, count)
