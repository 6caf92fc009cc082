"""The cells of a selection: from the sums, or from the reviews themselves where words are looked for."""

from __future__ import annotations

from django.db.models import Sum

from analytics.engine.reporting.cubes import Columns
from analytics.models import RollupDay
from analytics.services.report.cells import Selection, categories_of, cube_of, restricted, summed_cells
from analytics.services.report.evidence import reviews
from analytics.services.report.filters import Filters
from analytics.services.report.kept import kept_once
from analytics.services.report.rows import read_aspects, read_reviews


def select(filters: Filters, *, by: str = "", days: bool = False) -> Selection:
    """The cells of ``filters`` in the smallest cube that tells ``by`` apart ("" for nothing, "hour" too).

    Args:
        days: whether whole days (and, where items are told apart, hours) are needed rather than months.
    """
    if not filters.words:
        return summed_cells(filters, by=by, days=days)
    if "aspect" not in cube_of(filters, by).dimensions:
        return Selection(_of_reviews(filters))
    return restricted(Selection(_of_aspects(filters)), filters)


class Cells:
    """The cells of one selection for several figures: each cube that they need is read once."""

    def __init__(self, filters: Filters) -> None:
        self.filters = filters
        self._read: dict[str, Selection] = {}

    def by(self, by: str = "") -> Selection:
        """As ``select`` finds them."""
        cube = cube_of(self.filters, by).name
        if cube not in self._read:
            self._read[cube] = select(self.filters, by=by)
        return self._read[cube]


def _of_reviews(filters: Filters) -> Columns:
    """A cell for each review found, so that a page of many figures searches once."""
    return kept_once(("reviews found", *_state(filters)), lambda: read_reviews(reviews(filters)))


def _of_aspects(filters: Filters) -> Columns:
    """Of reviews with any label: here it is of what is felt about the aspect, which only the cells tell."""
    of_any = filters.replace(label="", abstained=None)
    return kept_once(("aspects found", *_state(of_any)), lambda: read_aspects(reviews(of_any)))


def _state(filters: Filters) -> tuple[object, ...]:
    """Another after any change of scores, which touches their days, or of the tree of categories.

    What is found depends on nothing else: not on which of these days are summed.
    """
    days = RollupDay.objects.filter(day__range=(filters.start, filters.end))
    below = tuple(categories_of(filters.category)) if filters.category is not None else ()
    return filters, below, days.aggregate(touched=Sum("touched"))["touched"], days.count()
