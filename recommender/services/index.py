"""The vector index: snapshots built aside and flipped by one row, and each process's live view of them."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
from django.conf import settings
from django.db import transaction
from django.db.models import Max, Min
from django.utils import timezone

from recommender.contracts import Vector
from recommender.errors import IndexUnavailable, SnapshotError
from recommender.models import Embedding, EncoderSpace, IndexSnapshot, Item
from recommender.services.calls import call_once, call_task
from recommender.services.jobs import told_as_job
from recommender.services.later import later
from recommender.services.snapshots import Facts, is_kept, snapshot_store
from recommender.services.spaces import activate_space, current_space, is_covered
from recommender.services.versions import failed_of, flip, only_builder, told_in

if TYPE_CHECKING:
    from recommender.engine.index import LiveIndex, SnapshotReader

log = logging.getLogger(__name__)

REFRESH_SECONDS = 1.0
#: Up to this age a view is still given out while it is brought up to date aside.
_STALE_SECONDS = 1.7
#: A row may become visible this long after one with a higher number (PostgreSQL numbers before it commits).
_LATE = timedelta(seconds=30)
#: An item's time of change may lie this far before the commit that makes the change visible.
_SLOW_COMMIT = timedelta(seconds=10)
_AT_ONCE = 2_000  # items, or rows, of one query
DELTA_LEAST, DELTA_SHARE = 1_000, 0.1
DELTA_AGE = timedelta(hours=1)
_WORTH_A_JOB = 20_000  # vectors
_ALWAYS = float("inf")


# -- vectors of items --------------------------------------------------------------------------------------


def item_vectors(space: EncoderSpace, item_ids: Iterable[int] | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Ids (n,) ascending and vectors (n, 3 * dim) of the available items, all or these, that have any."""
    from recommender.engine.index import item_matrix

    return item_matrix(_vectors(space, item_ids), space.dim)


def _vectors(space: EncoderSpace, item_ids: Iterable[int] | None = None) -> Iterator[Vector]:
    rows = Embedding.objects.filter(space=space)
    if item_ids is None:
        rows = rows.ready().filter(item__isnull=False, item__availability=Item.Availability.AVAILABLE)
    else:  # of some, state and availability are looked at here: SQLite would read all that have them
        rows = rows.filter(item_id__in=list(item_ids))
    fields = rows.order_by("item_id").values_list(
        "item_id", "modality", "vector", "state", "item__availability"
    )
    for item_id, modality, content, state, availability in fields.iterator(chunk_size=_AT_ONCE):
        if state == Embedding.State.READY and availability == Item.Availability.AVAILABLE:
            yield Vector(item_id, modality, np.frombuffer(bytes(content), "<f2").astype(np.float32))


# -- building ----------------------------------------------------------------------------------------------


def rebuild_index(force: bool = False) -> IndexSnapshot | None:
    """Build and flip a snapshot where the delta has grown large or old; None where there was nothing to do.

    A shadow space that knows the whole catalogue begins to serve here, once its index is built, unless
    somebody chose the one that serves.

    Args:
        force: build in any case.
    """
    if not force and snapshot_store().trouble():
        return None  # whatever waits to be built waits for it as well
    space = EncoderSpace.objects.active()
    shadow = EncoderSpace.objects.filter(state=EncoderSpace.State.SHADOW, spec=settings.ENCODER).last()
    is_chosen = space is not None and space.pinned_at is not None
    if shadow is not None and not is_chosen and is_covered(shadow):
        return promote(shadow)
    if space is None or not (force or _is_due(space)):
        return None
    return _build_alone(space, force)


def promote(space: EncoderSpace) -> IndexSnapshot | None:
    """Index first, then the query worker is told to load the encoder, then the flip."""
    row = _build_alone(space, force=True)
    if row is not None:
        call_task("encode_query", {"space": space.key, "parts": [{"modality": "text", "text": "ready"}]})
        activate_space(space)
        call_once("refresh_graph")
    return row


def _build_alone(space: EncoderSpace, force: bool) -> IndexSnapshot | None:
    """Build, unless another worker builds something; then the next message will find it due."""
    with only_builder() as mine:
        return _build(space, force) if mine else None


def _is_due(space: EncoderSpace) -> bool:
    ready = Embedding.objects.ready().filter(space=space)
    serving = IndexSnapshot.objects.serving(space)
    if serving is None or not is_kept(serving):
        return ready.exists()
    if serving.held_at is not None:
        return False
    delta = ready.after(serving.watermark).count()
    grown = delta >= max(DELTA_LEAST, DELTA_SHARE * serving.items)
    return grown or (delta > 0 and serving.created_at < timezone.now() - DELTA_AGE)


def _build(space: EncoderSpace, force: bool) -> IndexSnapshot:
    row = IndexSnapshot.objects.create(space=space, path=f"{space.pk}-{uuid.uuid4().hex[:12]}")
    row.watermark = _settled_watermark(space)
    worth_a_job = space.embeddings.ready().count() >= _WORTH_A_JOB
    facts = Facts(space.key, row.watermark, space.modalities, settings.INDEX_HNSW_FROM)
    with told_as_job("index", worth=worth_a_job) as stage, told_in(row):
        stage("vectors")
        ids, matrix = item_vectors(space)
        stage("index")
        row.items = len(ids)
        row.manifest = snapshot_store().write(row.path, ids, matrix, facts)
    _serve_unless_held(row, space, force)
    return row


def _serve_unless_held(row: IndexSnapshot, space: EncoderSpace, force: bool) -> None:
    """Flip, unless somebody went back to an earlier snapshot; then this one is there to be asked for.

    A build that was asked for ends what was chosen before it began, not what was chosen meanwhile.
    """
    with transaction.atomic():
        # Whoever goes back takes the same lock, so that neither decides on what the other is changing.
        EncoderSpace.objects.select_for_update().get(pk=space.pk)
        held = IndexSnapshot.objects.filter(
            space=space, held_at__isnull=False, state=IndexSnapshot.State.ACTIVE
        )
        if force:
            held = held.filter(held_at__gt=row.created_at)
        if held.exists():
            row.state = IndexSnapshot.State.RETIRED
            row.save()
        else:
            flip(row, space=space)


def _settled_watermark(space: EncoderSpace) -> int:
    """The highest number below which no row of Embedding can become ready any more."""
    rows = Embedding.objects.filter(space=space)
    old = rows.filter(created_at__lt=timezone.now() - _LATE).aggregate(top=Max("pk"))["top"] or 0
    claimed = rows.filter(state=Embedding.State.CLAIMED).aggregate(least=Min("pk"))["least"]
    return old if claimed is None else min(old, claimed - 1)


# -- reading -----------------------------------------------------------------------------------------------


class _View:
    """One space's live index in this process, and how far it has followed the database."""

    def __init__(self, space: EncoderSpace) -> None:
        from recommender.engine.index import LiveIndex

        self.space = space
        self.row = IndexSnapshot.objects.serving(space)
        snapshot = self._snapshot()
        self.live: LiveIndex = LiveIndex(snapshot, space.dim)
        #: rows up to this number have been looked at
        self._high = self.row.watermark if self.row else 0
        #: rows below it that may still become ready, and when to stop looking
        self._awaited: dict[int, float] = {}
        self._changed_after = (self.row.created_at if self.row else timezone.now()) - _SLOW_COMMIT
        #: items of the last seconds that have been dealt with, by the time of their change
        self._dealt: dict[int, datetime] = {}
        if snapshot is None:
            self._load_everything()
        else:
            available = set(Item.objects.available().values_list("pk", flat=True))
            self.live.remove([pk for pk in snapshot.ids.tolist() if pk not in available])
        while self._follow():
            pass

    def _snapshot(self) -> SnapshotReader | None:
        """The serving snapshot; one that is damaged is put aside, and the next build replaces it."""
        if self.row is None:
            return None
        try:
            return snapshot_store().open(self.row, self.space.key)
        except SnapshotError as error:
            log.error("Index: %s Its vectors are read from the database until it is rebuilt.", error)
            IndexSnapshot.objects.filter(pk=self.row.pk).update(**failed_of(error))
            call_once("rebuild_index")
            return None

    def _load_everything(self) -> None:
        """Without a snapshot, all vectors at once: far quicker than following them from the first."""
        self._high = _settled_watermark(self.space)
        ids, matrix = item_vectors(self.space)
        if len(ids):
            self.live.upsert(ids, matrix)
            call_once("rebuild_index")

    def refresh(self) -> None:
        """Take up the vectors and the changes of items that have appeared since."""
        for _round in range(3):  # so that nobody waits for long; the rest comes with the next second
            if not self._follow():
                break

    def _follow(self) -> bool:
        """One portion; True while there is more."""
        items, more = self._new_vectors()
        changed = self._changed_items()
        for listener in _listeners:
            listener(changed | items)
        items |= changed
        for part in _portions(sorted(items)):
            self._load(part)
        return more

    def _load(self, item_ids: list[int]) -> None:
        """Put these items' present vectors into the index; those with none, or withdrawn, leave it."""
        ids, matrix = item_vectors(self.space, item_ids)
        if len(ids):
            self.live.upsert(ids, matrix)
        gone = sorted(set(item_ids) - set(ids.tolist()))
        if gone:
            self.live.remove(gone)

    def _new_vectors(self) -> tuple[set[int], bool]:
        """Items with vectors that became ready, and whether there are more rows to look at."""
        items = self._awaited_vectors()
        rows = list(
            Embedding.objects.filter(space=self.space)
            .after(self._high)
            .order_by("pk")
            .values_list("pk", "item_id", "state")[:_AT_ONCE]
        )
        deadline = time.monotonic() + _LATE.total_seconds()
        for pk, item_id, state in rows:
            if pk - self._high <= _AT_ONCE:
                self._awaited |= dict.fromkeys(range(self._high + 1, pk), deadline)
            self._high = pk
            if state == Embedding.State.READY:
                items.add(item_id)
            elif state == Embedding.State.CLAIMED:
                self._awaited[pk] = _ALWAYS
        return items, len(rows) == _AT_ONCE

    def _awaited_vectors(self) -> set[int]:
        """Items of rows that were claimed, or not to be seen yet, when their number went by."""
        if not self._awaited:
            return set()
        rows = Embedding.objects.filter(
            space=self.space, pk__range=(min(self._awaited), max(self._awaited))
        ).values_list("pk", "item_id", "state")
        items: set[int] = set()
        seen: set[int] = set()
        for pk, item_id, state in rows:
            seen.add(pk)
            if pk in self._awaited and state != Embedding.State.CLAIMED:
                del self._awaited[pk]
                if state == Embedding.State.READY:
                    items.add(item_id)
        now = time.monotonic()
        # A claim that is gone was given up: its work has a new row by now, or will have.
        gone = [
            pk for pk, end in self._awaited.items() if end < now or (pk not in seen and end == float("inf"))
        ]
        for pk in gone:
            del self._awaited[pk]
        return items

    def _changed_items(self) -> set[int]:
        """Items changed, withdrawn or brought back since the last look."""
        now = timezone.now()
        changed = Item.objects.filter(updated_at__gt=self._changed_after).order_by("-updated_at")
        rows = list(changed.values_list("pk", "updated_at")[:_AT_ONCE])
        if len(rows) == _AT_ONCE:
            # An import is under way: what it made is new to the index as well, and comes with its vectors.
            rows = list(changed.filter(created_at__lt=self._changed_after).values_list("pk", "updated_at"))
        fresh = {pk for pk, moment in rows if self._dealt.get(pk) != moment}
        self._dealt = dict(rows)
        self._changed_after = now - _SLOW_COMMIT
        return fresh


def _portions(ids: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(ids), _AT_ONCE):
        yield ids[start : start + _AT_ONCE]


#: told of the items that came or changed
_listeners: list[Callable[[set[int]], None]] = []
_view: _View | None = None
_looked = float("-inf")
_lock = threading.Lock()


def tell_of_changes(listener: Callable[[set[int]], None]) -> None:
    """Call ``listener`` with the ids of items that came or changed, whenever this process hears of them."""
    _listeners.append(listener)


def is_followed() -> bool:
    """Whether this process hears of changes, as it does while the index is asked."""
    return _view is not None and time.monotonic() - _looked < 2 * _STALE_SECONDS


def live_index() -> LiveIndex | None:
    """The serving index as of at most two seconds ago; None before anything has been encoded.

    None as well while what keeps its snapshot does not answer: ``index_is_away`` tells.

    While requests come, the database is looked at aside, once a second; only the first after a pause waits.
    """
    space = current_space()
    if space is None or index_is_away():
        return None
    view, age = _view, time.monotonic() - _looked
    is_ours = view is not None and view.space.pk == space.pk
    if is_ours and age < REFRESH_SECONDS:
        return view.live  # type: ignore[union-attr]
    if is_ours and age < _STALE_SECONDS and settings.WORK_ASIDE:
        later(_look, space, False)
        return view.live  # type: ignore[union-attr]
    _look(space, not is_ours)
    view = _view
    return view.live if view is not None and view.space.pk == space.pk else None


def index_is_away() -> bool:
    """Whether what keeps the snapshots has not answered this process a moment ago."""
    return snapshot_store().is_away()


def _look(space: EncoderSpace, wait: bool) -> None:
    """Bring the view up to date, unless somebody else is at it; with ``wait`` there is one afterwards."""
    global _view, _looked
    if not _lock.acquire(blocking=wait):
        return
    try:
        is_ours = _view is not None and _view.space.pk == space.pk
        if not is_ours or time.monotonic() - _looked >= REFRESH_SECONDS:
            _view = _current_view(space)
            _looked = time.monotonic()
    except IndexUnavailable as error:
        log.warning("Index: %s", error)
    finally:
        _lock.release()


def _current_view(space: EncoderSpace) -> _View:
    serving = IndexSnapshot.objects.serving(space)
    if _view is not None and _view.space.pk == space.pk:
        mine = _view.row.pk if _view.row else None
        if serving is None or serving.pk == mine:
            _view.refresh()
            return _view
    return _View(space)


def forget_index() -> None:
    """Open the index anew at the next call."""
    global _view, _looked
    _view, _looked = None, float("-inf")
