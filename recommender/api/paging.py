"""Lists a piece at a time: ``offset`` and ``limit`` in, ``total`` and ``next_offset`` out."""

from __future__ import annotations

from typing import Annotated, Any

from django.db.models import QuerySet
from ninja import Query, Schema
from pydantic import Field

PAGE, PAGE_MAX = 24, 100

#: How many to leave out from the beginning.
Offset = Annotated[int, Query(ge=0, le=1_000_000, description="how many to leave out from the beginning")]
#: How many to give at most.
Limit = Annotated[int, Query(ge=1, le=PAGE_MAX, description="how many to give at most")]


class Page(Schema):
    """What all lists have besides their rows."""

    total: int = Field(description="how many there are in all")
    next_offset: int | None = Field(description="where the next piece begins; null at the end")


def piece(rows: QuerySet[Any], offset: int, limit: int) -> tuple[list[Any], int, int | None]:
    """The rows of one piece, how many there are in all, and where the next begins."""
    total = rows.count()
    shown = list(rows[offset : offset + limit])
    return shown, total, next_offset(offset, len(shown), total)


def next_offset(offset: int, shown: int, total: int) -> int | None:
    """Where the next piece begins; None at the end."""
    end = offset + shown
    return end if shown and end < total else None
