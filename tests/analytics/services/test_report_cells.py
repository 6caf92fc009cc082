"""Reading the sums: what is kept of them gives the cells that reading them all gives."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from analytics.engine.reporting.cubes import CUBES
from analytics.services.report import cells, kept
from analytics.services.report.cells import Selection
from recommender.models import Category
from tests.analytics.services.scored import LAST_90
from tests.analytics.services.test_report import selections, world

pytestmark = pytest.mark.django_db
__all__ = ["world"]
_TERMS = CUBES["terms"], LAST_90.start, LAST_90.end


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    kept.forget()


@pytest.fixture
def all_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if no sums could be kept whole."""
    monkeypatch.setattr(cells, "LARGEST_KEPT", 0)


def rows(found: Selection) -> list[tuple[Any, ...]]:
    return list(zip(*(found[name].tolist() for name in sorted(found.columns)), strict=True))


@pytest.mark.parametrize("by", ["", "item", "aspect"])
def test_sums_too_large_to_keep_give_the_cells_of_those_that_are_kept(
    world: dict[str, Any], monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    asked = [(filters, days) for filters in selections(world) for days in (False, True)]
    whole = [rows(cells.summed_cells(filters, by=by, days=days)) for filters, days in asked]
    monkeypatch.setattr(cells, "LARGEST_KEPT", 0)
    assert [rows(cells.summed_cells(filters, by=by, days=days)) for filters, days in asked] == whole
    assert sum(map(len, whole)) > 1000


def test_of_sums_too_large_to_keep_a_selection_is_kept(
    world: dict[str, Any], all_too_large: None, django_assert_num_queries: Any
) -> None:
    one, other = (LAST_90.replace(item=item.pk) for item in world["items"][:2])
    first = cells.summed_cells(one)
    with django_assert_num_queries(1):  # which segments there are, not what is in them
        assert rows(cells.summed_cells(one)) == rows(first)
    assert rows(cells.summed_cells(other)) != rows(first)


def test_a_category_that_moved_is_asked_for_anew(world: dict[str, Any], all_too_large: None) -> None:
    inside = LAST_90.replace(category=world["home"].pk)
    before = cells.summed_cells(inside).reviews
    Category.objects.filter(pk=world["mugs"].pk).update(parent=None, path="Mugs", depth=0)
    assert cells.summed_cells(inside).reviews < before


def test_days_not_told_apart_are_one_cell(world: dict[str, Any]) -> None:
    apart, together = cells.read(*_TERMS), cells.read(*_TERMS, apart=False)
    counts: Counter[tuple[int, ...]] = Counter()
    for *cell, reviews in zip(*(apart[name].tolist() for name in CUBES["terms"].columns), strict=True):
        counts[tuple(cell)] += reviews
    told = zip(*(together[name].tolist() for name in CUBES["terms"].columns), strict=True)
    assert list(told) == sorted((*cell, reviews) for cell, reviews in counts.items())
    assert len(together) < len(apart)
