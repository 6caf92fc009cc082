"""The item graph: fitted from what people did and from the items' vectors, flipped by one row."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from django.conf import settings
from django.db.models import Max
from django.utils import timezone

from recommender.contracts import MODALITIES
from recommender.errors import SnapshotError
from recommender.models import Embedding, EncoderSpace, Interaction, Item, ModelVersion, Review
from recommender.services.calls import call_once
from recommender.services.evidence import Events, read_events
from recommender.services.index import item_vectors
from recommender.services.jobs import told_as_job
from recommender.services.versions import failed_of, flip, only_builder, written_aside

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from recommender.engine.graph import ItemGraph

log = logging.getLogger(__name__)

KIND = "item-graph"
REGULARISATION = 100.0
CROWD_NEIGHBOURS, CONTENT_NEIGHBOURS = 200, 50
CHECK_SECONDS = 1.0
_NEWS_LEAST, _NEWS_SHARE = 20, 0.02
_STALE = timedelta(hours=1)
_WORTH_A_JOB = 10_000  # items


# -- when --------------------------------------------------------------------------------------------------


def _state_of_data() -> dict[str, Any]:
    """What the graph depends on, in numbers that are cheap to look up."""
    space = EncoderSpace.objects.active()
    events = Interaction.objects.aggregate(last=Max("pk"))["last"] or 0
    felt = Review.objects.filter(polarity__isnull=False).order_by("-pk").values_list("pk", flat=True).first()
    vectors = Embedding.objects.ready().filter(space=space).aggregate(last=Max("pk"))["last"] if space else 0
    return {
        "space": space.key if space else "",
        "last_event": events,
        "last_vector": vectors or 0,
        "last_review": felt or 0,
    }


def _is_due(state: dict[str, Any], serving: ModelVersion | None) -> bool:
    """Whether enough has come since ``serving`` was fitted: a fiftieth more, or anything within the hour."""
    if not state["last_event"] and not state["last_vector"]:
        return False
    if serving is None or _is_lost(serving):
        return True
    then = serving.parameters
    if state["space"] != then.get("space"):
        return True
    news = {name: state[name] - then.get(name, 0) for name in ("last_event", "last_vector", "last_review")}
    # Numbers run on where rows were removed, so the share is of what was there, not of the highest number.
    known = {"last_event": then.get("events", 0), "last_vector": then.get("items", 0)}
    known["last_review"] = known["last_event"]
    if any(count >= max(_NEWS_LEAST, _NEWS_SHARE * known[name]) for name, count in news.items()):
        return True
    return any(news.values()) and serving.created_at < timezone.now() - _STALE


def is_worth_it() -> bool:
    """Whether a refresh is due, and the last one long enough ago for what it cost."""
    serving = ModelVersion.objects.serving(KIND)
    if not _is_due(_state_of_data(), serving):
        return False
    if serving is None or _is_lost(serving):
        return True
    pause = timedelta(seconds=max(30.0, 20 * (serving.seconds or 0.0)))
    return serving.created_at < timezone.now() - pause


def _is_lost(serving: ModelVersion) -> bool:
    return not (Path(settings.GRAPH_ROOT) / serving.path).is_dir()


# -- fitting -----------------------------------------------------------------------------------------------


def refresh_graph(force: bool = False) -> ModelVersion | None:
    """Fit and flip the graph where enough has changed; None where it has not, or a worker is at it."""
    state = _state_of_data()
    if not (force or _is_due(state, ModelVersion.objects.serving(KIND))):
        return None
    with only_builder() as mine:
        return _build(state) if mine else None


def _build(state: dict[str, Any]) -> ModelVersion:
    from recommender.engine.graph import write_graph

    ids = np.array(sorted(Item.objects.available().values_list("pk", flat=True)), np.int64)
    row = ModelVersion.objects.create(kind=KIND, path=f"graph-{uuid.uuid4().hex[:12]}", parameters=state)
    with (
        told_as_job(KIND, worth=len(ids) >= _WORTH_A_JOB) as stage,
        written_aside(row, Path(settings.GRAPH_ROOT)) as folder,
    ):
        stage("events")
        events = read_events(ids)
        stage("crowd")
        rows = {"crowd": _crowd_rows(events, len(ids))}
        stage("content")
        rows |= _content_rows(ids)
        popular, fresh = popularity(events, len(ids)), freshness(ids)
        write_graph(folder, ids, rows, popularity=popular, freshness=fresh, manifest=state)
    row.parameters |= {
        "items": len(ids),
        "events": len(events.items),
        "regularisation": REGULARISATION,
        "sources": {name: int(matrix.nnz) for name, matrix in rows.items()},
    }
    flip(row, kind=KIND)
    return row


def _crowd_rows(events: Events, n: int) -> csr_matrix:
    """Rows of the closed-form item model over everybody's whole history."""
    from scipy.sparse import csr_matrix

    from recommender.engine.graph import fit_crowd

    count = int(events.people.max()) + 1 if len(events.people) else 0
    matrix = csr_matrix((events.weights, (events.people, events.items)), shape=(count, n), dtype=np.float32)
    matrix.sum_duplicates()
    # What somebody turned down is no sign of likeness; it is kept out, and works when their feed is ranked.
    matrix.data = np.maximum(matrix.data, 0.0)
    matrix.eliminate_zeros()
    return fit_crowd(matrix, regularisation=REGULARISATION, top=CROWD_NEIGHBOURS)


def _content_rows(ids: np.ndarray) -> dict[str, csr_matrix]:
    """Neighbours by cosine in each modality of the serving space."""
    from recommender.engine.graph import content_rows

    space = EncoderSpace.objects.active()
    if space is None:
        return {}
    known, matrix = item_vectors(space)  # (m,), (m, 3 * dim)
    there = np.isin(known, ids)
    places = np.searchsorted(ids, known[there])
    rows = {}
    for number, modality in enumerate(MODALITIES):
        block = matrix[there, number * space.dim : (number + 1) * space.dim]
        if modality in space.modalities and block.any():
            vectors = np.zeros((len(ids), space.dim), np.float32)
            vectors[places] = block
            rows[modality] = content_rows(vectors, top=CONTENT_NEIGHBOURS)
    return rows


def popularity(events: Events, n: int) -> np.ndarray:
    """(n,) in [0, 1]: log of the positive weight of recent events, the most popular item at 1."""
    total = np.bincount(events.items, weights=np.maximum(events.aged, 0.0), minlength=n)
    grown = np.log1p(total)
    return (grown / max(float(grown.max(initial=0.0)), 1e-12)).astype(np.float32)


def freshness(ids: np.ndarray) -> np.ndarray:
    """(n,) in [0, 1]: how new an item is; half of it is gone after two weeks."""
    since = Item.objects.available().new_since()
    now = timezone.now()
    days = np.array([(now - since.get(pk, now)).total_seconds() / 86_400 for pk in ids.tolist()])
    return (0.5 ** (np.maximum(days, 0.0) / 14.0)).astype(np.float32)


# -- reading -----------------------------------------------------------------------------------------------

_open: tuple[int, ItemGraph] | None = None
_looked = float("-inf")
_lock = threading.Lock()


def current_graph() -> ItemGraph | None:
    """The serving graph, memory-mapped once by each process; asks once a second whether it was replaced."""
    global _open, _looked
    if time.monotonic() - _looked < CHECK_SECONDS:
        return _open[1] if _open else None
    if not _lock.acquire(blocking=_open is None):
        return _open[1] if _open else None
    try:
        _open = _reopened()
        _looked = time.monotonic()
    finally:
        _lock.release()
    return _open[1] if _open else None


def graph_name() -> str:
    """What impressions call the graph that ``current_graph`` gave last; "" before the first one."""
    return f"{KIND} {_open[0]}" if _open else ""


def _reopened() -> tuple[int, ItemGraph] | None:
    from recommender.engine.graph import ItemGraph

    serving = ModelVersion.objects.serving(KIND)
    if serving is None:
        return None
    if _open and _open[0] == serving.pk:
        return _open
    try:
        return serving.pk, ItemGraph.open(Path(settings.GRAPH_ROOT) / serving.path)
    except SnapshotError as error:
        log.error("Item graph: %s It is built anew.", error)
        ModelVersion.objects.filter(pk=serving.pk).update(**failed_of(error))
        call_once("refresh_graph")
        return _open


def forget_graph() -> None:
    """Open the graph anew at the next call."""
    global _open, _looked
    _open, _looked = None, float("-inf")
