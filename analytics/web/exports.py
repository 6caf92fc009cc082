"""The report as a file: what is small comes at once, what is not is made aside and fetched."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST, require_safe

from analytics.services import exports
from analytics.services.asked import Asked
from analytics.web.frame import analysts_only, answer
from recommender.errors import RecommenderError
from recommender.models import Job
from recommender.models.telling import translated_error
from recommender.services.jobs import cancel_job
from recommender.web.jobs import pace


@require_GET
@analysts_only
def export(request: HttpRequest, kind: str) -> HttpResponseBase:
    """The page of the address as ``kind``; a long one leads to the page that follows its making.

    ``of`` says which page; without it, the whole report on the selection.
    """
    if kind not in exports.FORMATS:
        raise Http404
    asked = Asked.from_query(request.GET, request.GET.get("of", ""))
    if exports.takes_a_job(kind, asked):
        return _made_aside(request, kind, asked)
    response = StreamingHttpResponse(exports.made_now(kind, asked), content_type=exports.CONTENT_TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="{exports.file_name(kind, asked)}"'
    return response


@require_safe
@analysts_only
def job(request: HttpRequest, pk: int) -> HttpResponseBase:
    """How far one's own export is, and the file once it is there; a fragment's request gets the live part."""
    context = _told(request, _own(request, pk))
    if request.headers.get("HX-Request"):
        return render(request, "analytics/saved_export_live.html", context)
    return answer(request, "sentiment_views", "analytics/saved_export.html", context)


@require_safe
@analysts_only
def fetch(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file of one's own export."""
    found = _own(request, pk)
    path = exports.file_of(found)
    if path is None:
        raise Http404
    kind = path.suffix.removeprefix(".")
    return FileResponse(
        path.open("rb"), as_attachment=True, filename=found.label, content_type=exports.CONTENT_TYPES[kind]
    )


@require_POST
@analysts_only
def cancel(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Ask one's own export to stop."""
    cancel_job(_own(request, pk))
    return HttpResponse(status=303, headers={"Location": redirect("sentiment_export_job", pk).url})


def _made_aside(request: HttpRequest, kind: exports.Format, asked: Asked) -> HttpResponse:
    """To the page that follows it; to the list of one's exports, where too many are unfinished."""
    try:
        return redirect("sentiment_export_job", exports.start_export(request.user, kind, asked).pk)
    except RecommenderError as error:
        messages.error(request, translated_error(error))
        return redirect("sentiment_views")


def _own(request: HttpRequest, pk: int) -> Job:
    return get_object_or_404(exports.exports_of(request.user), pk=pk)


def _told(request: HttpRequest, found: Job) -> dict[str, Any]:
    return {
        "job": found,
        "live": not found.is_over,
        "file": exports.file_of(found),
        "keep_days": exports.KEEP_DAYS,
        "report_url": exports.page_of(found).address,
        **pace(request),
    }
