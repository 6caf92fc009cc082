"""The selection by one dimension."""

from __future__ import annotations

from analytics.services.report.filters import Filters
from analytics.services.report.shapes import By, Impact, Slice


def breakdown(filters: Filters, by: By, *, most: int = 50) -> list[Slice]:
    raise NotImplementedError


def impact(filters: Filters) -> list[Impact]:
    raise NotImplementedError
