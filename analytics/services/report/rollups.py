"""Keeping the sums in step with the scores."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime


def touch(keys: Iterable[tuple[date | datetime, int]]) -> int:
    raise NotImplementedError


def refresh_rollups(limit: int = 100) -> int:
    raise NotImplementedError


def rebuild_rollups() -> int:
    raise NotImplementedError
