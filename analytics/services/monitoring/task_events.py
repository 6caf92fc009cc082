"""Celery's signals as events: a task was sent, began, ended; with the request that it is done for."""

from __future__ import annotations

import json
import time
from contextvars import Token
from typing import Any

from celery import signals
from celery.utils.saferepr import saferepr

from analytics.services.monitoring.event_stream import OUTBOX, Event, flush_events
from analytics.services.monitoring.listening import listen
from analytics.services.monitoring.redaction import redacted, shortened
from recommender.services import tracing

ARGUMENTS, RESULT, MESSAGE, TRACEBACK = 2_000, 500, 2_000, 20_000
#: In the headers of a message: the request it was sent for, and who sent it if it was no request.
REQUEST_HEADER, ORIGIN_HEADER = "mmsite_request", "mmsite_origin"
BEAT = "beat"
#: Its answer holds vectors, which tell nobody anything.
_UNTOLD_RESULTS = frozenset({"recommender.tasks.encode_query"})
_origin = ""


def record_tasks() -> None:
    """Listen to Celery in this process; asking again changes nothing."""
    listen(
        "task_events",
        (
            (signals.beat_init, _in_beat),
            (signals.before_task_publish, _before_sending),
            (signals.after_task_publish, _sent),
            (signals.task_prerun, _began),
            (signals.task_postrun, _over),
            (signals.task_success, _succeeded),
            (signals.task_failure, _failed),
            (signals.task_retry, _retried),
            (signals.task_revoked, _revoked),
            (signals.worker_process_shutdown, _stopping),
            (signals.worker_shutdown, _stopping),
        ),
    )


# -- what the signals tell ----------------------------------------------------------------------------------


def _in_beat(**_: Any) -> None:
    global _origin
    _origin = BEAT


def _before_sending(headers: dict[str, Any] | None = None, **_: Any) -> None:
    if headers is not None:
        headers.setdefault(REQUEST_HEADER, tracing.request_id())
        headers.setdefault(ORIGIN_HEADER, _origin)


def _sent(
    sender: Any = None, headers: Any = None, body: Any = None, routing_key: str | None = None, **_: Any
) -> None:
    if not headers or "id" not in headers:
        return
    if (trace := tracing.current_trace()) is not None:
        trace.sent += 1
    args, kwargs = (body[0], body[1]) if isinstance(body, tuple | list) else ((), {})
    OUTBOX.put(
        _shape,
        {
            "e": "sent", "t": time.time(), "id": headers["id"], "name": str(sender),
            "n": headers.get("retries") or 0, "queue": routing_key or "",
            "args": args, "kwargs": kwargs, **_lineage(headers),
        },
    )  # fmt: skip


def _began(task: Any = None, task_id: str = "", **_: Any) -> None:
    request = task.request
    request.mmsite_began = time.perf_counter()
    request.mmsite_token = tracing.begin_trace(
        getattr(request, REQUEST_HEADER, None) or tracing.request_id()
    )[1]
    tracing.working_on()
    delivery = request.delivery_info or {}
    OUTBOX.put(
        _shape,
        _of(task, "started") | {"queue": delivery.get("routing_key") or "", **_lineage(vars(request))},
    )


def _over(task: Any = None, **_: Any) -> None:
    token = getattr(task.request, "mmsite_token", None)
    if isinstance(token, Token):
        task.request.mmsite_token = None
        tracing.end_trace(token)


def _succeeded(sender: Any = None, result: Any = None, **_: Any) -> None:
    told = (
        {} if result is None or sender.name in _UNTOLD_RESULTS else {"result": saferepr(result, 4 * RESULT)}
    )
    OUTBOX.put(_shape, _of(sender, "done") | told)


def _failed(
    sender: Any = None, task_id: str = "", exception: Any = None, args: Any = None, kwargs: Any = None,
    einfo: Any = None, **_: Any,
) -> None:  # fmt: skip
    event = _of(sender, "failed") | _error(exception, einfo)
    if event["id"] != task_id:  # told by the parent of a worker that died: there is no request under way
        event |= {"id": task_id, "n": None, "run": None}
    else:
        event |= {"subject": tracing.subject()}
    OUTBOX.put(_shape, event | {"args": args or (), "kwargs": kwargs or {}})


def _retried(
    sender: Any = None, request: Any = None, reason: Any = None, einfo: Any = None, **_: Any
) -> None:
    OUTBOX.put(
        _shape, _of(sender, "retried") | _error(_cause(reason), einfo) | {"subject": tracing.subject()}
    )


def _revoked(sender: Any = None, request: Any = None, expired: bool = False, **_: Any) -> None:
    name = getattr(sender, "name", str(sender))
    reason = "expired" if expired else "revoked"
    task_id = getattr(request, "id", "")
    OUTBOX.put(
        _shape, {"e": "revoked", "t": time.time(), "id": task_id, "name": name, "n": None, "message": reason}
    )


def _stopping(**_: Any) -> None:
    flush_events()


# -- parts of an event --------------------------------------------------------------------------------------


def _of(task: Any, what: str) -> Event:
    request = task.request
    began = getattr(request, "mmsite_began", None)
    return {
        "e": what, "t": time.time(), "id": request.id, "name": task.name, "n": request.retries or 0,
        "worker": request.hostname or "", "run": None if began is None else time.perf_counter() - began,
    }  # fmt: skip


def _lineage(headers: Any) -> Event:
    return {
        "request": headers.get(REQUEST_HEADER) or tracing.request_id(),
        "origin": headers.get(ORIGIN_HEADER) or "",
        "parent": headers.get("parent_id") or "",
    }


def _cause(reason: Any) -> Any:
    """``Retry`` carries the error that made it; without one it is itself the reason."""
    return getattr(reason, "exc", None) or reason


def _error(exception: Any, einfo: Any) -> Event:
    return {
        "exception": type(exception).__name__,
        "message": str(exception),
        "traceback": str(getattr(einfo, "traceback", "") or ""),
    }


def _shape(event: Event) -> Event:
    """The event as it may be kept; runs in the thread that sends."""
    shaped = {name: value for name, value in event.items() if value not in (None, "") or name == "n"}
    if "args" in shaped:
        shaped |= _arguments(shaped.pop("args"), shaped.pop("kwargs"))
    for name, most in (("result", RESULT), ("message", MESSAGE)):
        if name in shaped:
            shaped[name] = shortened(shaped[name], most)
    if "traceback" in shaped:
        shaped["traceback"] = shortened(shaped["traceback"], TRACEBACK, end=True)
    return shaped


def _arguments(args: Any, kwargs: Any) -> Event:
    """What is shown of a task's input, and the input itself if it is short and holds no secret."""
    shown = saferepr(tuple(args), 4 * ARGUMENTS) + (f" {saferepr(kwargs, 4 * ARGUMENTS)}" if kwargs else "")
    told: Event = {"arguments": shortened(shown, ARGUMENTS)}
    try:
        text = json.dumps([list(args), dict(kwargs)])
    except (TypeError, ValueError):
        return told
    if len(text) <= ARGUMENTS and redacted(text) == text and told["arguments"] == shown:
        told["call"] = [list(args), dict(kwargs)]
    return told
