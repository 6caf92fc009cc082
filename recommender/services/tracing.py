"""Whose doing it is: the request under way, and the row that a task is working on.

Celery's signals and the middleware set and read this; a service only says what it is at.
"""

from __future__ import annotations

from contextvars import ContextVar, Token
from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Trace:
    """A request, or what a task does for one."""

    request_id: str
    #: tasks sent meanwhile
    sent: int = 0


_trace: ContextVar[Trace | None] = ContextVar("mmsite_trace", default=None)
_subject: ContextVar[str] = ContextVar("mmsite_subject", default="")


def begin_trace(request_id: str) -> tuple[Trace, Token[Trace | None]]:
    """From here on, what this thread does is done for ``request_id``, until ``end_trace(token)``."""
    trace = Trace(request_id)
    return trace, _trace.set(trace)


def end_trace(token: Token[Trace | None]) -> None:
    _trace.reset(token)


def current_trace() -> Trace | None:
    return _trace.get()


def request_id() -> str:
    """Of the request that this is done for; "" where no request asked."""
    trace = _trace.get()
    return trace.request_id if trace else ""


def working_on(kind: str = "", pk: Any = "") -> None:
    """Say which row the task is at, such as ``"media", 12``; it is told when the task fails."""
    _subject.set(f"{kind} {pk}".strip())


def subject() -> str:
    return _subject.get()
