"""The report as a file: at once where it is small, else as work to follow and a file to fetch."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.http import FileResponse, HttpRequest, HttpResponseBase, StreamingHttpResponse
from ninja import Query, Router, Schema, Status
from pydantic import ConfigDict, Field

from analytics.services import exports, report
from analytics.services.asked import Asked, Page
from analytics.services.report import OTHER, WORDS_MOST, Filters, Sides
from recommender.api.access import holders
from recommender.api.errors import Refused, missing
from recommender.api.jobs import JobOut, job_out
from recommender.errors import RecommenderError
from recommender.models import Job
from recommender.models.telling import translated
from recommender.services.jobs import cancel_job

VIEW_ANALYTICS = "recommender.view_analytics"
_WORDS = (
    "those in which these stand, written or heard in a recording, among the newest "
    f"{report.SEARCHED_AMONG:,} of the period"
)
SearchedSince = Annotated[
    datetime | None,
    Field(description="where words were looked for in a part of the period only, the moment it begins"),
]
router = Router(tags=["exports"], auth=holders(VIEW_ANALYTICS))
Kind = Literal["csv", "xlsx", "pdf"]
#: The largest number of an item or a category that is looked for, and other values of a category.
_LAST, _BRANCH = 2**31 - 1, r"^(none|[1-9]\d{0,8}-direct)$"
_FILES: dict[str, Any] = {
    "responses": {
        200: {
            "description": "The file",
            "content": {kind.partition(";")[0]: {} for kind in exports.CONTENT_TYPES.values()},
        }
    }
}


class Selection(Schema):
    """Which reviews; what is left out does not restrict. Without a period, the last 90 days."""

    start: date | None = Field(None, description="first day, in the site's time zone")
    end: date | None = Field(None, description="last day")
    days: int | None = Field(None, ge=1, le=36_525, description="so many days up to today, instead of dates")
    item: int | None = Field(None, ge=1, le=_LAST)
    category: Annotated[int, Field(ge=1, le=_LAST)] | Annotated[str, Field(pattern=_BRANCH)] | None = Field(
        None, description="with those below it; 7-direct: category 7 without them; none: reviews without one"
    )
    language: str = Field("", max_length=30, description="none: reviews of an unknown one")
    channel: Literal["", "text", "image", "speech", "none"] = Field(
        "", description="alone or with others; none: reviews that speak through no channel"
    )
    aspect: str = Field("", max_length=30)
    rating: Annotated[int, Field(ge=1, le=5)] | Literal["none"] | None = Field(
        None, description="none: reviews without one"
    )
    label: Literal["", "negative", "neutral", "positive"] = ""
    abstained: bool | None = None
    words: str = Field("", max_length=WORDS_MOST, description=_WORDS)

    def filters(self) -> Filters:
        return Filters.from_query(self.dict())


def _named_other(name: str) -> str:
    return OTHER + name


class OtherSelection(Selection):
    """What is compared with; without any of these, the period before, and without dates the same period."""

    model_config = ConfigDict(alias_generator=_named_other, populate_by_name=True)

    def beside(self, b: Filters) -> Sides:
        given = {name: value for name, value in self.dict().items() if value not in (None, "")}
        if not given:
            return Sides(b)
        own = self.filters()
        if not given.keys() & {"start", "end", "days"}:
            own = own.replace(start=b.start, end=b.end, days=b.days)
        return Sides(b, own)


@router.get("/export/{kind}", response={202: JobOut}, url_name="export", openapi_extra=_FILES)
def export(
    request: HttpRequest,
    kind: Kind,
    asked: Annotated[Selection, Query()],
    other: Annotated[OtherSelection, Query()],
    of: Annotated[
        Literal["overview", "comparison", "terms"],
        Query(description="the report, a comparison with what a_ names, or what comes up"),
    ] = "overview",
) -> Any:
    """The report as a file. PDF, and XLSX of many reviews, are made aside: 202 with the job to follow."""
    filters = asked.filters()
    own = other.beside(filters).own if of == Page.COMPARISON else None
    page = Asked(of, filters, own=own)
    if exports.takes_a_job(kind, page):
        return Status(202, _made_aside(request, kind, page))
    response = StreamingHttpResponse(exports.made_now(kind, page), content_type=exports.CONTENT_TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="{exports.file_name(kind, page)}"'
    return response


@router.get("/exports/{int:job_id}", response=JobOut, url_name="export_job")
def job(request: HttpRequest, job_id: int) -> JobOut:
    """How far an export of one's own is."""
    return job_out(_own(request, job_id))


@router.post("/exports/{int:job_id}/cancel", response=JobOut, url_name="export_cancel")
def cancel(request: HttpRequest, job_id: int) -> JobOut:
    """Stop an export of one's own; nothing of its file is kept."""
    found = _own(request, job_id)
    cancel_job(found)
    return job_out(found)


@router.get("/exports/{int:job_id}/file", url_name="export_file", openapi_extra=_FILES)
def fetch(request: HttpRequest, job_id: int) -> HttpResponseBase:
    """The file of an export of one's own, once its job is done; files are kept for a week."""
    found = _own(request, job_id)
    path = exports.file_of(found)
    if path is None:
        remedy = "Export again." if found.is_over else f"Ask GET /exports/{job_id} whether its state is done."
        raise Refused(404, "There is no file.", remedy)
    kind = path.suffix.removeprefix(".")
    return FileResponse(
        path.open("rb"), as_attachment=True, filename=found.label, content_type=exports.CONTENT_TYPES[kind]
    )


def _made_aside(request: HttpRequest, kind: Kind, page: Asked) -> JobOut:
    try:
        return job_out(exports.start_export(request.user, kind, page))
    except RecommenderError as error:
        raise Refused(409, translated(error.message), translated(error.remedy)) from error


def _own(request: HttpRequest, job_id: int) -> Job:
    found = exports.exports_of(request.user).select_related("owner").filter(pk=job_id).first()
    if found is None:
        raise missing(f"export {job_id}")
    return found
