"""Two selections side by side."""

from __future__ import annotations

from analytics.services.report.filters import Filters
from analytics.services.report.shapes import Comparison


def compare(a: Filters, b: Filters, *, most: int = 12) -> Comparison:
    raise NotImplementedError
