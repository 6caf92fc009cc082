"""Overview and trend."""

from __future__ import annotations

from analytics.services.report.filters import Filters
from analytics.services.report.shapes import Grain, Overview, Point


def overview(filters: Filters, *, previous: bool = True) -> Overview:
    raise NotImplementedError


def trend(filters: Filters, grain: Grain | None = None) -> list[Point]:
    raise NotImplementedError


def model_in_service() -> str:
    raise NotImplementedError
