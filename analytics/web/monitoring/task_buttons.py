"""Buttons over tasks and queues: opened, each says what it will do, with numbers; posted, it does it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods
from redis.exceptions import RedisError

from analytics.models import TaskRun
from analytics.services.monitoring import task_actions as actions
from analytics.services.monitoring.queue_state import Queue, state_of_queues
from analytics.web.monitoring.frame import answer, operators_only
from analytics.web.monitoring.task_filter import TaskFilter
from analytics.web.monitoring.tasks import SCRIPTS, STYLES, TAB
from recommender.errors import RecommenderError
from recommender.models.telling import translated_error

both = require_http_methods(["GET", "HEAD", "POST"])
_QUERY = "query"


def _ask(
    request: HttpRequest, title: str, lines: list[str], button: str, back: str, **more: Any
) -> HttpResponse:
    """The confirmation: a dialog for a fragment's request, else a page of its own."""
    context = {
        "title": title,
        "told": [line for line in lines if line],
        "button": button,
        "back": back,
        **more,
    }
    context["action"] = request.get_full_path()
    if request.headers.get("HX-Request"):
        return render(request, "monitoring/ask_dialog.html", context)
    return answer(request, TAB, "monitoring/ask.html", context, scripts=SCRIPTS, styles=STYLES)


class _Partly(str):
    """What was done, where something of it could not be."""

    __slots__ = ()


def _do(request: HttpRequest, deed: Callable[[], str], back: str) -> HttpResponseBase:
    """Do it, say what came of it, and go back."""
    try:
        told = deed()
        (messages.warning if isinstance(told, _Partly) else messages.success)(request, told)
    except RecommenderError as error:
        messages.error(request, translated_error(error))
    return redirect(back)


# -- tasks ------------------------------------------------------------------------------------------------


@both
@operators_only
def again(request: HttpRequest, task_id: str) -> HttpResponseBase:
    """Try one failed task again."""
    run = get_object_or_404(TaskRun, task_id=task_id)
    back = reverse("monitoring_task", args=[task_id])

    def deed() -> str:
        fresh = actions.again(run, request.user)
        return _("{task} was sent again as {id}.").format(task=run.name, id=fresh.task_id)

    if request.method == "POST":
        return _do(request, deed, back)
    lines = [_("It is put into the queue {queue} once more, as a new task with the same input.").format(
        queue=run.queue), _("Its input: {input}").format(input=run.arguments)]  # fmt: skip
    return _ask(
        request, _("Try {task} again?").format(task=run.name), lines, _("Try again"), back,
        refused=actions.why_not_again(run),
    )  # fmt: skip


@both
@operators_only
def again_all(request: HttpRequest) -> HttpResponseBase:
    """Try all failed tasks of the filter again."""
    chosen = TaskFilter.read(request.GET)
    back = f"{reverse('monitoring_tasks')}?{request.GET.urlencode()}"

    def deed() -> str:
        done = actions.again_all(chosen.rows(), request.user, chosen.told() or "all")
        sent = ngettext("{n} task was sent again.", "{n} tasks were sent again.", done.count)
        told = " ".join([sent.format(n=done.count), *_left_out(done)])
        return _Partly(told) if done.left_out else told

    if request.method == "POST":
        return _do(request, deed, back)
    ahead, _runs = actions.look_ahead(chosen.rows())
    what = _("Each is put into its queue once more, as a new task with the same input.")
    lines = [what] if ahead.count else []
    lines += [f"{count} × {name}" for name, count in ahead.tasks.most_common()]
    lines += _left_out(ahead)
    if ahead.more:
        more = ngettext(
            "{n} more stays as it is; press the button again for it.",
            "{n} more stay as they are; press the button again for them.",
            ahead.more,
        )
        lines.append(more.format(n=ahead.more))
    title = ngettext("Try {n} failed task again?", "Try {n} failed tasks again?", ahead.count)
    return _ask(
        request, title.format(n=ahead.count), lines, _("Try again"), back,
        refused="" if ahead.count else _("No failed task of this list can be tried again."),
    )  # fmt: skip


def _left_out(found: actions.Again) -> list[str]:
    return [_("{n} cannot be: {reason}").format(n=n, reason=why) for why, n in found.left_out.most_common()]


@both
@operators_only
def revoke(request: HttpRequest, task_id: str) -> HttpResponseBase:
    """Call off a task that waits."""
    run = get_object_or_404(TaskRun, task_id=task_id)
    back = reverse("monitoring_task", args=[task_id])

    def deed() -> str:
        if actions.revoke(run, request.user):
            return _("It was taken out of the queue.")
        return _("The workers are told not to begin with it.")

    if request.method == "POST":
        return _do(request, deed, back)
    lines = [
        _("It waits in the queue {queue} and will not be done.").format(queue=run.queue),
        _("A periodic task comes again when it is due; rows that wait are found by the next sweep."),
    ]
    return _ask(
        request, _("Call off {task}?").format(task=run.name), lines, _("Call off"), back,
        refused=actions.why_not_revoke(run), danger=True,
    )  # fmt: skip


# -- queues -----------------------------------------------------------------------------------------------


@both
@operators_only
def pause(request: HttpRequest, queue: str) -> HttpResponseBase:
    """Have workers leave a queue alone."""
    found = _queue(queue)

    def deed() -> str:
        return _told(actions.pause(queue, request.user), _("{queue} is paused.").format(queue=queue))

    if request.method == "POST":
        return _do(request, deed, reverse("monitoring_tasks"))
    lines = [
        *_facts(found),
        _("What is under way is finished; nothing new is begun until the queue is resumed."),
    ]
    if queue == _QUERY:
        lines.append(_("Meanwhile search answers by words only; pictures and sounds find nothing."))
    title = _("Pause the queue {queue}?").format(queue=queue)
    return _ask(request, title, lines, _("Pause"), reverse("monitoring_tasks"), danger=True)


@both
@operators_only
def resume(request: HttpRequest, queue: str) -> HttpResponseBase:
    """Have workers serve a queue again."""
    found = _queue(queue)

    def deed() -> str:
        return _told(actions.resume(queue, request.user), _("{queue} is served again.").format(queue=queue))

    if request.method == "POST":
        return _do(request, deed, reverse("monitoring_tasks"))
    lines = [*_facts(found), _("Workers take up what waits, the oldest first.")]
    title = _("Resume the queue {queue}?").format(queue=queue)
    return _ask(request, title, lines, _("Resume"), reverse("monitoring_tasks"))


def _queue(name: str) -> Queue | None:
    """The queue; None while Redis does not tell of any."""
    if name not in actions.queues_in_use():
        raise Http404
    try:
        return next((one for one in state_of_queues()[1] if one.name == name), None)
    except RedisError:
        return None


def _facts(queue: Queue | None) -> list[str]:
    if queue is None:
        return [_("Redis does not answer, so how much waits is not known.")]
    waiting = ngettext("{n} message waits in it.", "{n} messages wait in it.", queue.length)
    served = ngettext("{n} worker serves it.", "{n} workers serve it.", queue.consumers)
    return [waiting.format(n=queue.length), served.format(n=queue.consumers)]


def _told(told: actions.Told, done: str) -> str:
    if told.answered == told.serving:
        return done
    late = told.serving - told.answered
    rest = ngettext(
        "{n} of {m} workers follows when its task is done.",
        "{n} of {m} workers follow when their task is done.",
        late,
    )
    return f"{done} {rest.format(n=late, m=told.serving)}"
