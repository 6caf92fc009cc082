"""Tasks as operators look into them: workers and queues, the list, one task, one request with its tasks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from analytics.models import RequestTrace, TaskRun
from analytics.services.monitoring.queue_state import state_of_queues
from analytics.services.monitoring.task_actions import why_not_again, why_not_revoke
from analytics.services.monitoring.task_rows import FAILED_DAYS
from analytics.web.monitoring.frame import answer, operators_only
from analytics.web.monitoring.subjects import subject_link
from analytics.web.monitoring.task_filter import TaskFilter, choices
from recommender.web.jobs import pace

TAB = "monitoring_tasks"
SCRIPTS, STYLES = ("js/monitoring-tasks.js",), ("css/monitoring-tasks.css",)
PAGE = 50
_RELATED = 100
_LONGEST_ID = 64
State = TaskRun.State
_OVER = (State.DONE, State.FAILED, State.REVOKED)


@require_safe
@operators_only
def tasks(request: HttpRequest) -> HttpResponse:
    """Workers, queues and the list; a fragment's request gets them without the form and the frame."""
    chosen = TaskFilter.read(request.GET)
    found = chosen.rows()
    page = Paginator(found.defer("traceback", "result", "call"), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "runs": list(page),
        "chosen": chosen,
        **_running(),
        **_failed(found),
        **pace(request),
    }
    if request.headers.get("HX-Request"):
        return render(request, "monitoring/tasks_live.html", context)
    context |= {"choices": choices(), "states": State.choices}
    return answer(request, TAB, "monitoring/tasks.html", context, scripts=SCRIPTS, styles=STYLES)


def _running() -> dict[str, Any]:
    try:
        workers, queues = state_of_queues()
    except RedisError:
        return {"no_redis": True}
    return {"workers": workers, "queues": queues}


def _failed(found: Any) -> dict[str, Any]:
    """Failures among the rows by task and error, the most frequent first; those tried again are settled."""
    failed = found.failed().filter(again="").order_by()
    reasons = failed.values("name", "exception").annotate(count=Count("pk")).order_by("-count", "name")
    return {"reasons": list(reasons[:12]), "failed": failed.count()}


@require_safe
@operators_only
def task(request: HttpRequest, task_id: str) -> HttpResponse:
    """Everything that is known of one task; a fragment's request gets what changes."""
    run = get_object_or_404(TaskRun, task_id=task_id)
    family = TaskRun.objects.filter(parent_id=task_id).defer("traceback", "result", "call")
    context = {
        "run": run,
        "live": run.state not in _OVER or (run.again and _is_under_way(run.again)),
        "wait_seconds": run.wait if run.retries == 0 else None,
        "subject_url": subject_link(run.subject, request.user),
        "reason": _reason(run),
        "not_again": why_not_again(run) if run.state == State.FAILED else "",
        "can_revoke": not why_not_revoke(run),
        "not_revoke": why_not_revoke(run) if run.state == State.STARTED else "",
        "parent": TaskRun.objects.filter(task_id=run.parent_id).first() if run.parent_id else None,
        "sent": list(family.exclude(origin="again").order_by("sent_at")[:_RELATED]),
        "retry": TaskRun.objects.filter(task_id=run.again).first() if run.again else None,
        "trace": RequestTrace.objects.filter(request_id=run.request_id).first() if run.request_id else None,
        **pace(request),
    }
    if request.headers.get("HX-Request"):
        return render(request, "monitoring/task_live.html", context)
    return answer(request, TAB, "monitoring/task.html", context, scripts=SCRIPTS, styles=STYLES)


def _is_under_way(task_id: str) -> bool:
    return TaskRun.objects.filter(task_id=task_id).exclude(state__in=_OVER).exists()


def _reason(run: TaskRun) -> str:
    """Why a task was called off, in words."""
    if run.state != State.REVOKED:
        return ""
    words = {"expired": _("It waited too long: the next one of its kind took its place.")}
    return words.get(run.message, _("It was called off before it began."))


@require_safe
@operators_only
def trace(request: HttpRequest, request_id: str) -> HttpResponse:
    """A request and the tasks that it led to, on one line of time."""
    asked = RequestTrace.objects.select_related("user").filter(request_id=request_id).first()
    of_it = TaskRun.objects.filter(request_id=request_id).defer("traceback", "result", "call")
    runs = list(of_it.order_by("sent_at", "pk")[:_RELATED])
    if asked is None and not runs:
        return _unknown(request, request_id)
    context = {"trace": asked, "request_id": request_id, "lines": _lines(asked, runs)}
    return answer(request, TAB, "monitoring/trace.html", context, styles=STYLES)


@require_safe
@operators_only
def find_trace(request: HttpRequest) -> HttpResponse:
    """From the form: on to the request of ``?id=``."""
    wanted = request.GET.get("id", "").strip()[:_LONGEST_ID]
    if not wanted:
        return redirect("monitoring_tasks")
    return _unknown(request, wanted) if "/" in wanted else redirect("monitoring_trace", wanted)


def _unknown(request: HttpRequest, request_id: str) -> HttpResponse:
    """Which requests are kept, for an id of which nothing is known."""
    context = {"request_id": request_id, "days": FAILED_DAYS}
    page = answer(request, TAB, "monitoring/trace_unknown.html", context, styles=STYLES)
    page.status_code = 404
    return page


def _lines(asked: RequestTrace | None, runs: list[TaskRun]) -> list[dict[str, Any]]:
    """For each bar where it begins and how long it is, in thousandths of the whole."""
    now = timezone.now()
    first = min([run.sent_at for run in runs] + ([asked.at] if asked else []))
    until = [run.finished_at or now for run in runs]
    last = max([(end - first).total_seconds() for end in until] + ([asked.seconds] if asked else []))
    scale = 1000 / max(last, 0.001)

    def at(moment: datetime) -> float:
        return round((moment - first).total_seconds() * scale, 2)

    lines: list[dict[str, Any]] = []
    if asked:
        began = at(asked.at)
        bars = [{"kind": "request", "x": began, "width": max(2.0, round(asked.seconds * scale, 2))}]
        lines.append({"asked": asked, "bars": bars, "seconds": asked.seconds})
    for run in runs:
        end = run.finished_at or now
        begun = run.started_at or end
        bars = [
            {"kind": "wait", "x": at(run.sent_at), "width": max(0.0, at(begun) - at(run.sent_at))},
            {"kind": "run", "x": at(begun), "width": max(2.0, at(end) - at(begun))},
        ]
        shown = bars if run.started_at else bars[:1]
        lines.append(
            {
                "run": run,
                "bars": shown,
                "seconds": run.runtime,
                "url": reverse("monitoring_task", args=[run.task_id]),
            }
        )
    return lines
