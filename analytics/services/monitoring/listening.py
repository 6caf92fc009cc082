"""How a part of monitoring listens to Celery."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from celery.utils.dispatch import Signal


def listen(area: str, listeners: Iterable[tuple[Signal, Callable[..., Any]]]) -> None:
    """Connect each to its signal in this process, by ``area`` and name: asking again changes nothing."""
    for signal, listener in listeners:
        signal.connect(listener, dispatch_uid=f"analytics.{area}.{listener.__name__}")
