"""The import itself: the file is checked from end to end, then written chunk by chunk."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Protocol

from django.db import transaction
from django.utils import timezone

from recommender.contracts import RawRecord, RecordKind, RowProblem
from recommender.engine.formats import CatalogSource, kinds_named
from recommender.errors import FormatError, JobCancelled, RecommenderError, StorageUnavailable
from recommender.models import ImportBatch, Job
from recommender.models.telling import kept
from recommender.said import gettext_noop as _
from recommender.said import ngettext_noop, say
from recommender.services.calls import call_once
from recommender.services.imports.batches import discard_file, next_of_file, open_batch, start
from recommender.services.imports.counts import Chunk, Counts, count_problems, count_rows
from recommender.services.imports.interactions import InteractionWriter
from recommender.services.imports.issues import Room, save_issues
from recommender.services.imports.items import ItemWriter
from recommender.services.imports.reviews import ReviewWriter
from recommender.services.imports.seen import SeenKeys
from recommender.services.jobs import JobProgress
from recommender.services.measured import IMPORTS
from recommender.services.stored import must_answer
from recommender.services.tracing import working_on

CHUNK_ROWS = 1_000
CHUNK_MEDIA = 100
CHUNK_SECONDS = 2.0
_NAMELESS = ngettext_noop(
    "Nothing was retired: {n} refused row does not say which item it is.",
    "Nothing was retired: {n} refused rows do not say which items they are.",
)


class Writer(Protocol):
    """Puts one kind of record into the database."""

    def prepare(self, chunk: Chunk) -> None:
        """What is done before the transaction: look-ups, files stored."""
        ...

    def write(self, chunk: Chunk, counts: Counts) -> None:
        """What is done within it."""
        ...


def run_import(batch_id: int, watch: Callable[[Job], None] | None = None) -> ImportBatch | None:
    """Run a queued batch to its end; None where it is not queued (a repeated message does no harm).

    What went wrong is kept on the batch and its job, with the remedy; only unexpected errors are raised
    again. ``watch`` is called with the job after every chunk.
    """
    claimed = ImportBatch.objects.filter(pk=batch_id, state=ImportBatch.State.QUEUED)
    if not claimed.update(state=ImportBatch.State.RUNNING):
        return None
    working_on("import", batch_id)
    batch = ImportBatch.objects.select_related("job").get(pk=batch_id)
    _forget_last_try(batch)
    try:
        with JobProgress(batch.job) as progress:
            _import(batch, progress, watch or (lambda _job: None))
    except JobCancelled:
        _finish(batch, ImportBatch.State.CANCELLED)
    except StorageUnavailable as error:
        if not batch.options.get("local"):
            _put_back(batch, error)
            return batch
        _finish(batch, ImportBatch.State.FAILED, error.message, error.remedy)
    except RecommenderError as error:
        _finish(batch, ImportBatch.State.FAILED, error.message, error.remedy)
    except BaseException as error:
        told = say(_("Unexpected: {error}"), error=f"{type(error).__name__}: {error}"[:500])
        remedy = _("The rows before are in; start the import again, and tell the operator if it fails again.")
        _finish(batch, ImportBatch.State.FAILED, told, remedy)
        raise
    else:
        _finish(batch, ImportBatch.State.DONE)
        call_once("refresh_graph")
        follow = next_of_file(batch)
        if follow is not None:
            start(follow)
    discard_file(batch)
    return batch


def _forget_last_try(batch: ImportBatch) -> None:
    batch.issues.all().delete()
    batch.tell(error="", remedy="")
    for name, zero in Counts().as_dict().items():
        setattr(batch, name, zero)
    batch.save(update_fields=["error", "remedy", "said", *Counts().as_dict()])


def _finish(batch: ImportBatch, state: str, error: str = "", remedy: str = "") -> None:
    batch.state, batch.finished_at = state, timezone.now()
    if error:
        batch.tell(error=error, remedy=remedy)
    batch.save(update_fields=["state", "finished_at", "error", "remedy", "said"])
    IMPORTS.add(1, batch.kind, state)


def _put_back(batch: ImportBatch, error: StorageUnavailable) -> None:
    """To wait with its file until the storage answers: the sweep calls a worker for it again and again."""
    told = {"error": error.message, "remedy": _("It goes on by itself when the storage answers.")}
    batch.state = ImportBatch.State.QUEUED
    batch.tell(**told)
    batch.save(update_fields=["state", "error", "remedy", "said"])
    Job.objects.filter(pk=batch.job_id).update(state=Job.State.QUEUED, finished_at=None, **kept(**told))


def _import(batch: ImportBatch, progress: JobProgress, watch: Callable[[Job], None]) -> None:
    kind: RecordKind = batch.kind  # type: ignore[assignment]
    must_answer()  # before a large file is read to no avail
    with open_batch(batch) as source, closing(SeenKeys()) as seen:
        total = _check(source, batch, kind, progress)
        progress.stage("rows", total)
        writer = _writer(batch, kind, source, seen)
        counts = Counts()
        room = Room()
        for chunk in _chunks(source.records(batch.mapping, kind)):
            before = counts.as_dict()
            if kind == "item":
                _note_refused(chunk, batch, seen)
            writer.prepare(chunk)
            with transaction.atomic():
                writer.write(chunk, counts)
                counts.rejected += chunk.rejected
                save_issues(batch, chunk.problems, chunk.refused, room)
                _save_counts(batch, counts)
                _call_workers(kind)
            count_rows(kind, before, counts)
            count_problems(kind, chunk.problems, batch.mapping)
            progress.advance(chunk.rows)
            watch(progress.job)
        if not counts.taken and counts.rejected:
            raise FormatError(
                _("No row could be taken."), _("Look at the rows below, correct them, and import again.")
            )
        if batch.options.get("retire_missing") and isinstance(writer, ItemWriter):
            progress.stage("retire")
            _retire(batch, writer, seen, counts)


def _check(source: CatalogSource, batch: ImportBatch, kind: RecordKind, progress: JobProgress) -> int:
    """Read the file from end to end before anything is written; the number of its rows.

    A file that is empty or cut off, or an archive that is damaged, is found out here, and nothing has been
    harmed.
    """
    progress.stage("check", 100)
    done = total = 0
    for count in source.count_rows(batch.mapping, kind):
        share = min(100, int(100 * source.progress()))
        progress.advance(max(0, share - done))
        done, total = max(done, share), count
    if not total:
        told = _("{name} holds no {kinds}, only the names of its columns.")
        raise FormatError(
            say(told, name=batch.filename, kinds=kinds_named(kind)),
            _("Upload a file with at least one row."),
        )
    return total


def _writer(batch: ImportBatch, kind: RecordKind, source: CatalogSource, seen: SeenKeys) -> Writer:
    if kind == "item":
        return ItemWriter(source, seen, batch.mapping)
    if kind == "interaction":
        return InteractionWriter(batch.mapping, batch.created_at)
    return ReviewWriter(source, seen, batch.mapping, batch.created_at)


def _chunks(found: Iterator[RawRecord | RowProblem]) -> Iterator[Chunk]:
    """Rows in portions small enough that progress is seen and nobody waits long for the database."""
    chunk, started = Chunk(), time.monotonic()
    last: tuple[str, int] | None = None
    for one in found:
        place = (one.source, one.row)
        if place != last and (
            chunk.rows >= CHUNK_ROWS
            or chunk.media >= CHUNK_MEDIA
            or (chunk.rows % 50 == 49 and time.monotonic() - started > CHUNK_SECONDS)
        ):
            yield chunk
            chunk, started = Chunk(), time.monotonic()
        if isinstance(one, RawRecord):
            chunk.records.append(one)
            chunk.media += len(one.media)
            chunk.rows += 1
        else:
            chunk.note(one)
            if place != last:
                chunk.rows += 1
                chunk.note_refused(one)
        last = place
    if chunk.rows:
        yield chunk


def _note_refused(chunk: Chunk, batch: ImportBatch, seen: SeenKeys) -> None:
    """A refused row still names its item, which must not be retired for it; a file cut off hides others."""
    column = next((c for c, field in batch.mapping.items() if field == "external_id"), "")
    taken = {(record.source, record.row) for record in chunk.records}
    for problem in chunk.problems:
        seen.cut |= problem.cut
        if (problem.source, problem.row) in taken:
            continue
        key = problem.raw.get(column, "").strip()
        if key:
            seen.refuse(key)
        else:
            seen.nameless += 1


def _call_workers(kind: RecordKind) -> None:
    """What came in is prepared and encoded while the import goes on."""
    if kind != "interaction":
        call_once("prepare_media")
    if kind == "item":
        call_once("encode_pending")


def _retire(batch: ImportBatch, writer: ItemWriter, seen: SeenKeys, counts: Counts) -> None:
    if seen.cut:
        told = say(_("Nothing was retired: {name} is cut off."), name=batch.filename)
        batch.tell(error=told, remedy=_("Upload the whole file again."))
    elif seen.nameless:
        remedy = _("Correct what was refused and import the whole file again.")
        batch.tell(error=say(_NAMELESS, n=seen.nameless), remedy=remedy)
    if batch.error:
        batch.save(update_fields=["error", "remedy", "said"])
        return
    before = counts.as_dict()
    counts.retired = writer.retire_missing()
    _save_counts(batch, counts)
    count_rows(batch.kind, before, counts)


def _save_counts(batch: ImportBatch, counts: Counts) -> None:
    ImportBatch.objects.filter(pk=batch.pk).update(**counts.as_dict())
    for name, value in counts.as_dict().items():
        setattr(batch, name, value)
