"""Long work, live: the list, one job, and the button that stops it."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from recommender.models import Job
from recommender.services.jobs import cancel_job
from recommender.web.access import MANAGE_CATALOGUE, OPERATE, VIEW_JOBS, needs
from recommender.web.status import facts

PAGE = 20
#: milliseconds before a live page asks again: at first, and at most
FIRST_WAIT, LONGEST_WAIT = 700, 5000


def pace(request: HttpRequest) -> dict[str, int]:
    """When a live fragment asks again: a quarter later each time, so that a forgotten tab costs little."""
    raw = request.GET.get("beat", "")
    beat = min(int(raw), 100) if raw.isdecimal() else 0
    return {"beat": beat + 1, "wait": int(min(FIRST_WAIT * 1.25**beat, LONGEST_WAIT))}


def _visible(request: HttpRequest) -> QuerySet[Job]:
    return Job.objects.visible_to(request.user).select_related("owner")


def _listed(request: HttpRequest) -> dict[str, Any]:
    page = Paginator(_visible(request), PAGE).get_page(request.GET.get("page"))
    live = any(not job.is_over for job in page)
    return {"jobs": list(page), "page": page, "live": live, **pace(request)}


@require_safe
@needs(VIEW_JOBS)
def jobs(request: HttpRequest) -> HttpResponseBase:
    """The newest jobs; a fragment's request gets the list alone."""
    if request.headers.get("HX-Request"):
        return render(request, "manage/jobs_table.html", _listed(request))
    status = facts() if request.user.has_perm(OPERATE) else []
    context = _listed(request) | {"section": "manage", "tab": "jobs", "status": status}
    return render(request, "manage/jobs.html", context)


@require_safe
@needs(VIEW_JOBS)
def job(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One job with what it made; a fragment's request gets the live part alone."""
    found = get_object_or_404(_visible(request), pk=pk)
    brought_in = found.batches.first() if request.user.has_perm(MANAGE_CATALOGUE) else None
    context = {"job": found, "live": not found.is_over, "result": list(found.result.items()), **pace(request)}
    context["batch"] = brought_in  # its page has the rows that were refused
    fragment = bool(request.headers.get("HX-Request"))
    template = "manage/job_live.html" if fragment else "manage/job.html"
    return render(request, template, context | {"section": "manage", "tab": "jobs"})


@require_POST
@needs(VIEW_JOBS)
def cancel(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Ask a job to stop; it does so after the piece it is at."""
    cancel_job(get_object_or_404(_visible(request), pk=pk))
    if request.headers.get("HX-Request"):
        return render(request, "manage/jobs_table.html", _listed(request))
    return HttpResponse(status=303, headers={"Location": redirect("job", pk).url})
