"""What lost messages and dead workers left behind is found and taken up; what nobody needs is removed."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from recommender.errors import IndexUnavailable, StorageUnavailable
from recommender.models import (
    Embedding,
    EncoderSpace,
    ImportBatch,
    Impression,
    IndexSnapshot,
    Job,
    Media,
    ModelVersion,
)
from recommender.models.telling import kept
from recommender.said import gettext_noop as _
from recommender.services import encoding_job, imports, spaces, stored, train
from recommender.services.calls import call_once
from recommender.services.snapshots import snapshot_store
from recommender.services.versions import forget_builder

log = logging.getLogger(__name__)

IMPRESSION_DAYS = 180
UPLOAD_DAYS = 7
_DRAFT_HOURS = 24
_KEPT_VERSIONS = 2  # readers may still have the one before open
_DELETED_AT_ONCE = 5_000


def sweep() -> dict[str, int]:
    """Find work that no message speaks of; says how much of each kind."""
    found = {
        "claims": Embedding.objects.stale_claims().delete()[0],
        "imports": imports.requeue_lost(),
        "jobs": _end_silent_jobs(),
    }
    if Media.objects.awaiting().exists():
        call_once("prepare_media")
    if not encoding_job.is_paused() and _lacks_vectors():
        call_once("encode_pending")
    if train.is_worth_it():
        call_once("refresh_graph")
    return found


def _lacks_vectors() -> bool:
    """Whether a vector is missing, or the settings name an encoder that has no space yet."""
    filling = list(EncoderSpace.objects.filling())
    if not any(space.spec == settings.ENCODER for space in filling):
        return True
    is_chosen = any(space.pinned_at and space.state == EncoderSpace.State.ACTIVE for space in filling)
    if not is_chosen and any(space.state == EncoderSpace.State.SHADOW for space in filling):
        return True
    return not all(spaces.is_covered(space) for space in filling)


def _end_silent_jobs() -> int:
    """Jobs whose worker is gone: uploads and encoding go on by themselves, anything else has failed."""
    silent = Job.objects.silent()
    by_command = ImportBatch.objects.filter(options__has_key="local", job__in=silent)
    failed = {
        "state": Job.State.FAILED,
        "finished_at": timezone.now(),
        **kept(
            error=_("The worker stopped before the work was done."),
            remedy=_("Start it again; if it stops again, see what the worker printed."),
        ),
    }
    jobs = [*by_command.values_list("job", flat=True)]
    jobs += silent.exclude(kind__in=["import", encoding_job.KIND]).values_list("pk", flat=True)
    by_command.filter(state=ImportBatch.State.RUNNING).update(**failed)
    return Job.objects.filter(pk__in=jobs, state=Job.State.RUNNING).update(**failed)


def release_claims() -> None:
    """Free whatever workers of an earlier run had claimed; called before any worker is started."""
    Media.objects.filter(state=Media.State.WORKING).update(state=Media.State.PENDING, claimed_at=None)
    Embedding.objects.filter(state=Embedding.State.CLAIMED).delete()
    running = ImportBatch.objects.filter(state=ImportBatch.State.RUNNING).exclude(options__has_key="local")
    jobs = list(running.values_list("job", flat=True))
    running.update(state=ImportBatch.State.QUEUED)
    Job.objects.filter(pk__in=jobs).update(state=Job.State.QUEUED)
    told = _("The site was stopped while this was made.")
    for model in (IndexSnapshot, ModelVersion):
        model.objects.filter(state=model.State.BUILDING).update(state=model.State.FAILED, error=told)
    forget_builder()


# -- tidying up ---------------------------------------------------------------------------------------------


def purge() -> dict[str, int]:
    """Remove old impressions, versions of index and graph that no reader has open, and left-over drafts."""
    return {
        "impressions": _old_impressions(),
        "snapshots": _old_versions(
            IndexSnapshot.objects.all(), Path(settings.INDEX_ROOT), dropped=_is_dropped
        ),
        "graphs": _old_versions(ModelVersion.objects.filter(kind=train.KIND), Path(settings.GRAPH_ROOT)),
        "vectors": _retired_vectors(),
        "uploads": _forgotten_uploads(),
        "drafts": sum(_old_files(folder) for folder in _draft_folders()) + _old_stored_files(),
    }


@dataclass(frozen=True)
class ToGo:
    """What ``purge`` would remove now: rows, and files with their size in bytes."""

    rows: int
    files: int
    bytes: int


def would_go() -> ToGo:
    """Looked up, nothing removed."""
    snapshots = _versions_to_go(IndexSnapshot.objects.all())
    graphs = _versions_to_go(ModelVersion.objects.filter(kind=train.KIND))
    folders = [Path(settings.INDEX_ROOT) / row.path for row in snapshots]
    folders += [Path(settings.GRAPH_ROOT) / row.path for row in graphs]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    files += [path for folder in _draft_folders() for path in _files_to_go(folder)]
    stored_files = _stored_to_go_now()
    rows = _impressions_to_go().count() + _vectors_to_go().count() + len(_uploads_to_go())
    size = sum(map(_size, files)) + sum(entry.bytes for entry in stored_files)
    return ToGo(rows + len(snapshots) + len(graphs), len(files) + len(stored_files), size)


def _stored_to_go_now() -> list[stored.Entry]:
    """None while the storage is away: a later hour finds them."""
    try:
        return _stored_to_go()
    except StorageUnavailable as error:
        log.warning("What nobody needs stays in the media storage until it answers: %s", error)
        return []


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # removed meanwhile
        return 0


def _uploads_to_go() -> list[ImportBatch]:
    long_ago = timezone.now() - timedelta(days=UPLOAD_DAYS)
    waiting = ImportBatch.objects.filter(state=ImportBatch.State.UPLOADED, created_at__lt=long_ago)
    return list(waiting.exclude(options__has_key="local"))


def _forgotten_uploads() -> int:
    """Discard files that were sent but not started for a week."""
    forgotten = _uploads_to_go()
    for batch in forgotten:
        imports.cancel(batch)
    return len(forgotten)


def _impressions_to_go() -> QuerySet[Impression]:
    return Impression.objects.filter(created_at__lt=timezone.now() - timedelta(days=IMPRESSION_DAYS))


def _old_impressions() -> int:
    """In portions, so that nobody waits for the table."""
    old = _impressions_to_go()
    removed = 0
    while ids := list(old.values_list("pk", flat=True)[:_DELETED_AT_ONCE]):
        removed += Impression.objects.filter(pk__in=ids).delete()[0]
    return removed


def _versions_to_go(versions: QuerySet[Any]) -> list[Any]:
    """Rows that neither serve nor served just before."""
    State = versions.model.State
    rows = versions.exclude(state__in=[State.ACTIVE, State.BUILDING]).order_by("-pk")
    kept = set(rows.filter(state=State.RETIRED).values_list("pk", flat=True)[: _KEPT_VERSIONS - 1])
    return [row for row in rows if row.pk not in kept]


def _is_dropped(row: IndexSnapshot) -> bool:
    """Drop a snapshot from where it is kept; one that cannot be now keeps its row, which remembers it."""
    try:
        snapshot_store().drop(row.path)
    except IndexUnavailable as error:
        log.warning("The snapshot %s is dropped later: %s", row.path, error)
        return False
    return True


def _old_versions(
    versions: QuerySet[Any], root: Path, dropped: Callable[[Any], bool] = lambda row: True
) -> int:
    """Rows and folders that neither serve nor served just before; folders that no row knows."""
    gone = [row for row in _versions_to_go(versions) if dropped(row)]
    for row in gone:
        shutil.rmtree(root / row.path, ignore_errors=True)
    versions.filter(pk__in=[row.pk for row in gone]).delete()
    known = set(versions.values_list("path", flat=True))
    if root.is_dir():
        for folder in root.iterdir():
            if folder.name not in known and _is_old(folder):
                shutil.rmtree(folder, ignore_errors=True)
    return len(gone)


def _vectors_to_go() -> QuerySet[Embedding]:
    """Of spaces retired for a day: long enough to go back to the encoder before."""
    long_ago = timezone.now() - timedelta(hours=_DRAFT_HOURS)
    retired = EncoderSpace.objects.filter(state=EncoderSpace.State.RETIRED)
    served = EncoderSpace.objects.active()
    if served is None or served.activated_at is None or served.activated_at > long_ago:
        return Embedding.objects.none()
    return Embedding.objects.filter(space__in=retired)


def _retired_vectors() -> int:
    removed = 0
    vectors = _vectors_to_go()
    while ids := list(vectors.values_list("pk", flat=True)[:_DELETED_AT_ONCE]):
        removed += Embedding.objects.filter(pk__in=ids).delete()[0]
    return removed


def _draft_folders() -> list[Path]:
    """Folders of this machine, whatever the media storage; where that is elsewhere, copies of it too."""
    media = Path(settings.MEDIA_ROOT)
    copies = [media / imports.FOLDER] if stored.is_remote() else []
    return [media / "drafts", Path(settings.FILE_UPLOAD_TEMP_DIR), *copies]


def _old_stored_files() -> int:
    """What people searched by a day ago, and uploads that no import is to be made from any more."""
    removed = 0
    for entry in _stored_to_go_now():
        try:
            stored.remove(entry.name)
            removed += 1
        except StorageUnavailable as error:  # perhaps of this one alone
            log.warning("%s stays in the media storage until the next time: %s", entry.name, error)
    return removed


def _stored_to_go() -> list[stored.Entry]:
    long_ago = timezone.now() - timedelta(hours=_DRAFT_HOURS)
    found = stored.files_below("queries") + imports.left_over()
    return [entry for entry in found if entry.changed_at < long_ago]


def _old_files(folder: Path) -> int:
    """Files below ``folder`` that have lain there for a day."""
    old = _files_to_go(folder)
    for path in filter(_is_old, old):  # not taken up meanwhile
        path.unlink(missing_ok=True)
    return len(old)


def _files_to_go(folder: Path) -> list[Path]:
    found = folder.rglob("*") if folder.is_dir() else ()
    return imports.may_go(path for path in found if path.is_file() and _is_old(path))


def _is_old(path: Path) -> bool:
    try:
        return path.stat().st_mtime < time.time() - _DRAFT_HOURS * 3600
    except OSError:
        return False
