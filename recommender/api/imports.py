"""Catalogues from other systems: upload, check the mapping, start, follow, fetch what was refused."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from ninja import File, Query, Router, Schema, Status
from ninja.files import UploadedFile
from pydantic import Field

from recommender.api.access import MANAGE_CATALOGUE, holders
from recommender.api.errors import missing
from recommender.api.jobs import JobOut, job_out
from recommender.api.paging import PAGE, Limit, Offset, Page, piece
from recommender.models import ImportBatch, ImportIssue
from recommender.services import imports

router = Router(tags=["imports"], auth=holders(MANAGE_CATALOGUE))
PREVIEW_ROWS = 5
Kind = Literal["item", "interaction", "review"]


class Counts(Schema):
    """What came of the rows so far."""

    created: int
    updated: int
    unchanged: int
    retired: int
    rejected: int
    media_added: int


class ImportOut(Schema):
    """One uploaded file, read as one kind of rows."""

    id: int
    filename: str
    bytes: int
    format: str
    kind: Kind
    state: Literal["uploaded", "queued", "running", "done", "failed", "cancelled"]
    mapping: dict[str, str] = Field(description="column to field")
    counts: Counts
    issues: int = Field(description="faults that GET /imports/ID/issues lists")
    error: str
    remedy: str
    job: JobOut | None = Field(description="its progress; null before the start")
    created_at: datetime
    finished_at: datetime | None


class ImportsOut(Page):
    """Imports, newest first."""

    imports: list[ImportOut]


class FieldOut(Schema):
    """What a column can be read as."""

    name: str
    required: bool
    help: str


class PreviewOut(Schema):
    """How the file would be read."""

    kind: Kind
    columns: list[str]
    mapping: dict[str, str] = Field(description="column to field, as guessed; columns left out are ignored")
    missing: list[str] = Field(description="required fields that no column has been found for")
    fields: list[FieldOut]
    rows: list[dict[str, str]] = Field(description="the first rows, text by column")


class UploadOut(Schema):
    """An upload and how it would be read."""

    batch: ImportOut
    preview: PreviewOut
    siblings: list[int] = Field(description="imports of other kinds in the same file; they follow this one")


class StartIn(Schema):
    """How the columns are to be read; by default as guessed."""

    kind: Kind | None = None
    mapping: dict[str, str] | None = Field(
        None, description="column to field, attr:NAME for an attribute; what is not named is ignored"
    )
    retire_missing: bool = Field(False, description="retire the items that the file does not name")


class IssueOut(Schema):
    """A fault of one row or cell."""

    source: str
    row: int
    column: str
    value: str
    reason: str
    remedy: str
    taken: bool = Field(description="whether the row went in all the same, without what is named here")
    raw: dict[str, Any] = Field(description="the row as it was in the file")


class IssuesOut(Page):
    """Faults in the order of the file."""

    issues: list[IssueOut]


@router.get("/imports", response=ImportsOut, url_name="imports")
def batches(request: HttpRequest, offset: Offset = 0, limit: Limit = PAGE) -> ImportsOut:
    """Every import so far, newest first."""
    found = _all().order_by("-created_at", "-pk")
    shown, total, after = piece(found, offset, limit)
    return ImportsOut(imports=[_batch_out(one) for one in shown], total=total, next_offset=after)


@router.post("/imports", response={201: UploadOut}, url_name="upload")
def upload(
    request: HttpRequest,
    file: Annotated[UploadedFile, File(description="CSV, TSV, JSONL, JSON, COCO, ZIP")],
) -> Status:
    """Upload a catalogue, a history or reviews; nothing is read in before the start."""
    batch = imports.receive_upload(file, owner=request.user)
    siblings = ImportBatch.objects.filter(path=batch.path).exclude(pk=batch.pk).order_by("pk")
    return Status(
        201,
        UploadOut(
            batch=_batch_out(_find(batch.pk)),
            preview=_preview_out(batch, batch.kind),
            siblings=list(siblings.values_list("pk", flat=True)),
        ),
    )


@router.get("/imports/{int:import_id}", response=ImportOut, url_name="import")
def batch(request: HttpRequest, import_id: int) -> ImportOut:
    """One import: state, progress, what came of its rows."""
    return _batch_out(_find(import_id))


@router.get("/imports/{int:import_id}/preview", response=PreviewOut, url_name="import_preview")
def preview(
    request: HttpRequest,
    import_id: int,
    kind: Annotated[Kind | None, Query(description="read the rows as this instead")] = None,
) -> PreviewOut:
    """How a file that waits would be read: columns, mapping, first rows."""
    found = _find(import_id)
    return _preview_out(found, kind or found.kind)


@router.post("/imports/{int:import_id}/start", response={202: ImportOut}, url_name="import_start")
def start(request: HttpRequest, import_id: int, asked: StartIn) -> Status:
    """Begin; the answer's job says how far it is."""
    found = _find(import_id)
    mapping = asked.mapping
    if mapping is not None:
        mapping = {column: field for column, field in mapping.items() if field}
    options = {"retire_missing": asked.retire_missing}
    imports.start(found, kind=asked.kind or "", mapping=mapping, options=options)
    return Status(202, _batch_out(_find(import_id)))


@router.post("/imports/{int:import_id}/cancel", response=ImportOut, url_name="import_cancel")
def cancel(request: HttpRequest, import_id: int) -> ImportOut:
    """Discard a file that was not started, or stop the import after the rows it is at."""
    found = _find(import_id)
    imports.cancel(found)
    return _batch_out(_find(import_id))


@router.get("/imports/{int:import_id}/issues", response=IssuesOut, url_name="import_issues")
def issues(request: HttpRequest, import_id: int, offset: Offset = 0, limit: Limit = PAGE) -> IssuesOut:
    """What was wrong with which rows, and what to do about it."""
    found = _find(import_id).issues.order_by("source", "row", "pk")
    shown, total, after = piece(found, offset, limit)
    return IssuesOut(issues=[_issue_out(one) for one in shown], total=total, next_offset=after)


@router.get(
    "/imports/{int:import_id}/issues.csv",
    url_name="import_issues_csv",
    openapi_extra={"responses": {200: {"description": "OK", "content": {"text/csv": {}}}}},
)
def issues_csv(request: HttpRequest, import_id: int, taken: bool = False) -> HttpResponseBase:
    """The refused rows as CSV, to be corrected and uploaded again.

    With `taken` the rows that went in, but not whole.
    """
    found = _find(import_id)
    lines = imports.issues_csv(found, taken=taken)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="refused-{found.pk}.csv"'
    return response


def _all() -> QuerySet[ImportBatch]:
    """With what ``_batch_out`` shows, in one query."""
    return ImportBatch.objects.select_related("job__owner").annotate(faults=Count("issues"))


def _find(import_id: int) -> ImportBatch:
    found = _all().filter(pk=import_id).first()
    if found is None:
        raise missing(f"import {import_id}")
    return found


def _batch_out(batch: ImportBatch) -> ImportOut:
    same = "filename bytes format kind state mapping created_at finished_at"
    return ImportOut(
        id=batch.pk,
        counts=Counts(**{name: getattr(batch, name) for name in Counts.model_fields}),
        issues=batch.faults,  # type: ignore[attr-defined]
        job=job_out(batch.job) if batch.job else None,
        error=batch.told_error,
        remedy=batch.told_remedy,
        **{name: getattr(batch, name) for name in same.split()},
    )


def _preview_out(batch: ImportBatch, kind: Kind) -> PreviewOut:
    view = imports.preview(batch, kind, rows=PREVIEW_ROWS)
    chosen = set(view.mapping.values())
    return PreviewOut(
        kind=kind,
        columns=list(view.columns),
        mapping=view.mapping,
        missing=[one.name for one in view.fields if one.required and one.name not in chosen],
        fields=[FieldOut(name=one.name, required=one.required, help=one.help) for one in view.fields],
        rows=view.rows,
    )


def _issue_out(issue: ImportIssue) -> IssueOut:
    told = {"reason": issue.told_reason, "remedy": issue.told_remedy}
    return IssueOut(
        **{name: getattr(issue, name) for name in IssueOut.model_fields if name not in told}, **told
    )
