"""The report as a file: at once where it is small, else as a job whose file waits to be fetched."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from django.conf import settings
from django.db import connection
from django.http import QueryDict
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from analytics.services import documents, report
from analytics.services.asked import Asked, Page
from analytics.services.report import Filters
from recommender.errors import RecommenderError
from recommender.models import Job
from recommender.said import gettext_noop, say
from recommender.services.calls import call_task
from recommender.services.jobs import JobProgress, start_job

Format = Literal["csv", "xlsx", "pdf"]
FORMATS: tuple[Format, ...] = ("csv", "xlsx", "pdf")
CONTENT_TYPES: dict[str, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}
KIND = "export"
TASK = "analytics.tasks.run_export"
#: Reviews up to which a workbook is made while its reader waits, about half a second.
DIRECT_REVIEWS = 3_000
KEEP_DAYS = 7
#: Unfinished exports that one person may have; each keeps a worker busy that others wait for.
UNFINISHED_MOST = 3
#: KiB of pages kept (negative, as SQLite has it) and bytes mapped, while an export reads.
_LEAN = {"cache_size": -4096, "mmap_size": 0}
#: How long an export that was asked for again is the same one.
_SAME_FOR = timedelta(minutes=10)
_LOST_AFTER = timedelta(minutes=1)


def whole(asked: Asked | Filters) -> Asked:
    """A selection by itself stands for the whole report on it."""
    return asked if isinstance(asked, Asked) else Asked(Page.OVERVIEW, asked)


def takes_a_job(kind: Format, asked: Asked | Filters) -> bool:
    """Whether it would keep a web process busy: any PDF, and workbooks of many reviews. CSV streams."""
    page = whole(asked)
    if kind == "pdf":
        return True
    if kind == "csv" or page.has_tables:
        return False
    return report.overview(page.filters, previous=False).reviews > DIRECT_REVIEWS


def file_name(kind: str, asked: Asked | Filters) -> str:
    """``sentiment-2026-01-01-2026-03-31.xlsx``; pages that are tables say which they are."""
    page = whole(asked)
    named = f"{page.page}-" if page.has_tables else ""
    return f"sentiment-{named}{page.filters.start}-{page.filters.end}.{kind}"


def made_now(kind: Format, asked: Asked | Filters) -> Iterable[str | bytes]:
    """The file in pieces, for an answer at once: CSV as it is read, a workbook whole.

    Raises:
        RecommenderError: as ``write_now``.
    """
    page = whole(asked)
    if kind == "csv":
        return _csv(page)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report"
        write_now(kind, page, path)
        return [path.read_bytes()]


def write_now(
    kind: Format, asked: Asked | Filters, path: Path, told: Any = None, *, reviews: bool = True
) -> int:
    """Write the file in the language that is active; how many reviews, or rows of tables, it lists.

    Raises:
        RecommenderError: the machine lacks what a PDF needs, or ``kind`` is none of ``FORMATS``.
    """
    told, page = told or (lambda rows: None), whole(asked)
    if kind not in FORMATS:
        refused = say(gettext_noop("There is no export as {kind}."), kind=kind)
        raise RecommenderError(refused, say(gettext_noop("Use one of {ways}."), ways=", ".join(FORMATS)))
    with _reading_once():
        if kind == "csv":
            return _write_csv(page, path, told)
        if page.has_tables:
            return _write_tables(kind, page, path)
        contents = documents.gather(page.filters)
        if kind == "xlsx":
            return documents.write_xlsx(contents, path, with_reviews=reviews, told=told)
        path.write_bytes(documents.pdf_bytes(contents))
        return contents.overview.reviews


def _write_tables(kind: Format, page: Asked, path: Path) -> int:
    tables = documents.gather_tables(page)
    if kind == "xlsx":
        return documents.write_xlsx_tables(tables, path)
    path.write_bytes(documents.pdf_bytes_of_tables(tables))
    return sum(len(table.rows) for table in tables.tables)


def _csv(page: Asked) -> Iterable[str]:
    if page.has_tables:
        return documents.table_lines(documents.gather_tables(page))
    return documents.csv_lines(page.filters)


@contextmanager
def _reading_once() -> Iterator[None]:
    """Let SQLite neither map nor keep what is read: an export passes every page once.

    Otherwise a worker would keep as many pages as its settings allow, and as much of the file mapped, long
    after the export.
    """
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        before = {name: cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in _LEAN}
        for name, value in _LEAN.items():
            cursor.execute(f"PRAGMA {name}={value}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for name, value in before.items():
                cursor.execute(f"PRAGMA {name}={value}")


def _write_csv(page: Asked, path: Path, told: Any) -> int:
    lines = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        for piece in _csv(page):
            file.write(piece)
            # A text may hold line ends of its own; for progress that is near enough.
            told(count := piece.count("\r\n"))
            lines += count
    return max(0, lines - 1)


# -- as a job ------------------------------------------------------------------------------------------------


def start_export(user: Any, kind: Format, page: Asked | Filters) -> Job:
    """A job that writes the file; one that is under way, where the same was asked for a moment ago.

    Raises:
        RecommenderError: ``UNFINISHED_MOST`` others of theirs are not finished.
    """
    of = whole(page)
    asked = {"format": kind, "query": of.as_query(), "language": translation.get_language() or ""}
    # Jobs of before name no page; all of them are of the whole report.
    asked |= {"of": of.page} if of.has_tables else {}
    unfinished = Job.objects.unfinished().filter(kind=KIND, owner=user)
    # A finished one may tell what a correction has changed since.
    for job in unfinished.filter(cancel_requested=False, created_at__gt=timezone.now() - _SAME_FOR):
        if asked.items() <= job.result.items() and job.result.get("of") == asked.get("of"):
            return job
    if unfinished.count() >= UNFINISHED_MOST:
        raise RecommenderError(
            _("%(count)d exports of yours are still being made.") % {"count": UNFINISHED_MOST},
            _("Wait until one is finished, or cancel one."),
        )
    job = start_job(KIND, file_name(kind, of), owner=user)
    job.result = asked
    job.save(update_fields=["result"])
    call_task(TASK, job.pk)
    return job


def run_export(job_id: int) -> None:
    """Write the file of a job that waits; another worker's, or a cancelled one, is left alone."""
    mine = Job.objects.filter(pk=job_id, kind=KIND, state=Job.State.QUEUED)
    if not mine.update(state=Job.State.RUNNING, heartbeat_at=timezone.now()):
        return
    job = Job.objects.get(pk=job_id)
    kind, page = job.result["format"], page_of(job)
    target = _path(job)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f"{target.name}.part")
    try:
        with translation.override(job.result["language"] or None), JobProgress(job) as progress:
            progress.stage("write", report.overview(page.filters, previous=False).reviews)
            rows = write_now(kind, page, draft, progress.advance)
            os.replace(draft, target)
            job.result |= {"reviews": rows, "bytes": target.stat().st_size}
            job.save(update_fields=["result"])
    except RecommenderError:
        # The job says why; trying again would end the same way.
        return
    finally:
        draft.unlink(missing_ok=True)


def page_of(job: Job) -> Asked:
    """What an export is of."""
    query = QueryDict(job.result.get("query", ""))
    return Asked.from_query(query, job.result.get("of", Page.OVERVIEW))


def file_of(job: Job) -> Path | None:
    """The finished file; None before, and after it was removed."""
    path = _path(job)
    return path if job.kind == KIND and job.state == Job.State.DONE and path.is_file() else None


def exports_of(user: Any) -> Any:
    """The exports somebody asked for, newest first."""
    return Job.objects.filter(kind=KIND, owner=user).order_by("-created_at", "-pk")


def _path(job: Job) -> Path:
    kind = job.result.get("format")
    return Path(settings.EXPORT_ROOT) / f"{job.pk}.{kind if kind in FORMATS else 'none'}"


def tidy_exports() -> dict[str, int]:
    """Send lost jobs again; remove files that have lain for ``KEEP_DAYS``, and drafts of dead workers."""
    lost = Job.objects.filter(
        kind=KIND, state=Job.State.QUEUED, created_at__lt=timezone.now() - _LOST_AFTER
    ).values_list("pk", flat=True)
    for pk in lost:
        call_task(TASK, pk)
    long_ago = time.time() - KEEP_DAYS * 86_400
    folder = Path(settings.EXPORT_ROOT)
    files = [path for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []
    old = [path for path in files if path.stat().st_mtime < long_ago]
    for path in old:
        path.unlink(missing_ok=True)
    return {"sent": len(lost), "removed": len(old)}
