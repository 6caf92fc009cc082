"""Batches on their way in: received, looked at, started, cancelled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from recommender.contracts import RecordKind
from recommender.engine.formats import (
    FIELDS,
    REPORT_PREFIX,
    CatalogSource,
    Field,
    check_mapping,
    kinds_named,
    open_source,
)
from recommender.errors import FormatError, RecommenderError
from recommender.models import ImportBatch, ImportIssue, Job
from recommender.said import gettext_noop as _
from recommender.said import say
from recommender.services.calls import call_task
from recommender.services.imports import files
from recommender.services.jobs import cancel_job, start_job

#: Imports with faulty rows among which that of a corrected file is looked for.
_LOOKED_BACK = 50
#: Options that whoever starts an import may set.
_OPTIONS = frozenset({"retire_missing"})


@dataclass(frozen=True, slots=True)
class Preview:
    """What the mapping page shows of a file read as one kind of record.

    Attributes:
        columns: names, in the order of the file.
        mapping: column to field, as guessed or as corrected before.
        rows: the first rows, text by column.
        fields: the canonical fields of that kind.
    """

    columns: tuple[str, ...]
    mapping: dict[str, str]
    rows: list[dict[str, str]]
    fields: tuple[Field, ...]


# -- in ----------------------------------------------------------------------------------------------------


def receive_upload(file: UploadedFile, *, owner: Any = None) -> ImportBatch:
    """Keep an uploaded file and look into it.

    A file with tables of several kinds becomes a batch for each; the one returned comes first, and the others
    follow when it is done.

    Raises:
        FormatError: too large, or nothing that can be read; nothing is kept. StorageUnavailable.
    """
    name = Path(file.name or "upload").name[-300:]
    limit = settings.IMPORT_MAX_BYTES
    if file.size is not None and file.size > limit:
        told = say(_("{name} has more than {size} MB."), name=name, size=limit >> 20)
        raise FormatError(told, _("Split it, or raise IMPORT_MAX_BYTES."))
    path, checksum = files.receive(file, name)
    try:
        batches = _describe(path, name, checksum, owner, {})
    except BaseException:
        files.discard(path)
        raise
    return batches[0]


def from_path(
    path: str | Path, *, media_root: str | Path | None = None, kind: str = "auto", owner: Any = None
) -> list[ImportBatch]:
    """Batches for a file or folder of this machine (command line only), one for each kind it holds.

    ``kind``: ``auto``, or the one kind it is to be read as.
    """
    path = Path(path).resolve()
    options = {"local": True, "media_root": str(Path(media_root).resolve()) if media_root else ""}
    return _describe(path, path.name, "", owner, options, kind)


def _describe(
    path: Path, name: str, checksum: str, owner: Any, options: dict[str, Any], kind: str = "auto"
) -> list[ImportBatch]:
    local = bool(options.get("local"))
    root = options.get("media_root") or None
    with open_source(path, filename=name, allow_local_paths=local, media_root=root) as source:
        kinds = source.kinds if kind == "auto" else (kind,)
        mappings = {one: source.guess_mapping(one) for one in kinds}  # type: ignore[arg-type]
        if kind == "auto" and (earlier := _corrected(source.columns)):
            mappings = {earlier.kind: earlier.mapping}
        format_ = source.format
    stored = str(path) if local else files.share(path)
    with transaction.atomic():
        return [
            ImportBatch.objects.create(
                filename=name,
                path=stored,
                checksum=checksum,
                bytes=path.stat().st_size if path.is_file() else 0,
                format=format_,
                kind=one,
                mapping=mapping,
                options=options,
                owner=owner,
            )
            for one, mapping in mappings.items()
        ]


def _corrected(columns: Sequence[str]) -> ImportBatch | None:
    """The batch whose faulty rows come back in a file of these columns, if that can be told."""
    if not any(column.startswith(REPORT_PREFIX) for column in columns):
        return None
    own = set(columns)
    faulty = ImportBatch.objects.filter(Exists(ImportIssue.objects.filter(batch=OuterRef("pk"))))
    recent = faulty.exclude(mapping={}).order_by("-pk")[:_LOOKED_BACK]
    return next((batch for batch in recent if batch.mapping.keys() <= own), None)


def open_batch(batch: ImportBatch) -> CatalogSource:
    """The file of ``batch``, opened; FormatError when it is gone or cannot be read. StorageUnavailable."""
    return open_source(
        files.file_of(batch),
        filename=batch.filename,
        allow_local_paths=bool(batch.options.get("local")),
        media_root=batch.options.get("media_root") or None,
    )


# -- before the start --------------------------------------------------------------------------------------


def preview(batch: ImportBatch, kind: RecordKind | None = None, *, rows: int = 5) -> Preview:
    """Columns, mapping and first rows of the file read as ``kind``; FormatError when it cannot be read so."""
    kind = kind or batch.kind  # type: ignore[assignment]
    assert kind is not None
    with open_batch(batch) as source:
        columns = source.columns_of(kind)
        if not columns:
            told = say(_("{name} holds no {kinds}."), name=batch.filename, kinds=kinds_named(kind))
            raise FormatError(told, say(_("It holds {kinds}."), kinds=kinds_named(*source.kinds)))
        mapping = dict(batch.mapping) if kind == batch.kind and batch.mapping else source.guess_mapping(kind)
        return Preview(columns, mapping, source.preview(rows, kind), FIELDS[kind])


def start(
    batch: ImportBatch,
    *,
    kind: str = "",
    mapping: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
    queue: bool = True,
) -> Job:
    """Queue the import with this reading of its columns.

    Args:
        kind, mapping: as corrected on the page; by default what was guessed.
        options: ``retire_missing``: retire the items that the file does not name.
        queue: whether a worker is to be called; the command line runs the batch itself.

    Raises:
        FormatError: the mapping does not fit. RecommenderError: the batch has been started before.
    """
    kind = kind or batch.kind
    if kind not in ImportBatch.Kind.values:
        told = say(_("{kind} is no kind of record."), kind=repr(kind))
        raise FormatError(told, _("Choose items, interactions or reviews."))
    chosen = dict(batch.mapping if mapping is None else mapping)
    with open_batch(batch) as source:
        check_mapping(chosen, kind, source.columns_of(kind))  # type: ignore[arg-type]
    allowed = {name: value for name, value in (options or {}).items() if name in _OPTIONS}
    with transaction.atomic():
        waiting = ImportBatch.objects.filter(pk=batch.pk, state=ImportBatch.State.UPLOADED)
        if not waiting.update(state=ImportBatch.State.QUEUED):
            told = say(_("{name} has been started already."), name=batch.filename)
            raise RecommenderError(told, _("Upload it again to repeat it."))
        batch.job = start_job("import", batch.filename, owner=batch.owner)
        batch.state, batch.kind, batch.mapping = ImportBatch.State.QUEUED, kind, chosen
        batch.options = {**batch.options, **allowed}
        batch.save(update_fields=["job", "kind", "mapping", "options"])
        _twins(batch).filter(kind=kind).delete()
        if queue:
            call_worker(batch.pk)
    return batch.job


def call_worker(batch_id: int) -> None:
    """Ask for a worker once the transaction is through."""
    call_task("run_import", batch_id)


def _twins(batch: ImportBatch) -> Any:
    """The batches that wait to be made from the same file."""
    waiting = ImportBatch.objects.filter(path=batch.path, state=ImportBatch.State.UPLOADED)
    return waiting.exclude(pk=batch.pk)


def next_of_file(batch: ImportBatch) -> ImportBatch | None:
    """The next waiting batch of the same upload, in the order items, interactions, reviews."""
    return None if batch.options.get("local") else _twins(batch).order_by("pk").first()


def cancel(batch: ImportBatch) -> None:
    """Discard what was not started, with its file; stop what runs after the chunk it is at."""
    waiting = Q(state__in=[ImportBatch.State.UPLOADED, ImportBatch.State.QUEUED])
    now = timezone.now()
    if ImportBatch.objects.filter(waiting, pk=batch.pk).update(
        state=ImportBatch.State.CANCELLED, finished_at=now
    ):
        _twins(batch).update(state=ImportBatch.State.CANCELLED, finished_at=now)
        discard_file(batch)
    if batch.job is not None:
        cancel_job(batch.job)
    batch.refresh_from_db()


def discard_file(batch: ImportBatch) -> None:
    """Remove an uploaded file that no batch needs any more; files of the command line are left alone."""
    over = [ImportBatch.State.DONE, ImportBatch.State.FAILED, ImportBatch.State.CANCELLED]
    needed = ImportBatch.objects.filter(path=batch.path).exclude(state__in=over)
    if not batch.options.get("local") and not needed.exists():
        files.discard(files.place_of(batch))


# -- after a crash -----------------------------------------------------------------------------------------


def requeue_lost() -> int:
    """Call a worker for the batches that lost theirs, or whose message was lost; says how many."""
    uploads = ImportBatch.objects.exclude(options__has_key="local")
    running = uploads.filter(state=ImportBatch.State.RUNNING)
    running.filter(job__in=Job.objects.silent()).update(state=ImportBatch.State.QUEUED)
    old = timezone.now() - timedelta(seconds=60)
    waiting = uploads.filter(state=ImportBatch.State.QUEUED, created_at__lt=old)
    lost = list(waiting.values_list("pk", flat=True))
    for pk in lost:
        call_worker(pk)
    return len(lost)
