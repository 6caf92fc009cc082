"""Reading the sums: what is kept of them gives the cells that reading them all gives."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analytics.engine.reporting.cubes import CUBES
from analytics.models import RollupSegment
from analytics.services import report
from analytics.services.report import Filters, cells, kept
from analytics.services.report.cells import Selection
from analytics.services.report.rollups import rebuild_rollups, refresh_rollups, touch
from recommender.errors import RecommenderError
from recommender.models import Category
from tests.analytics.services.scored import LAST_90, ScoredReview, scored_together, shop
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


@pytest.mark.skipif(connection.vendor != "sqlite", reason="others keep what is long beside the rows")
def test_which_segments_there_are_is_told_without_going_through_them(world: dict[str, Any]) -> None:
    with CaptureQueriesContext(connection) as asked:
        cells.summed_cells(LAST_90)
    listed = next(query["sql"] for query in asked if "rollupsegment" in query["sql"])
    assert '"data"' not in listed
    with connection.cursor() as cursor:
        plan = [row[-1] for row in cursor.execute(f"EXPLAIN QUERY PLAN {listed}").fetchall()]
    reads = [step for step in plan if "rollupsegment" in step]
    assert reads
    assert all("COVERING INDEX rollup_segment_listed" in step for step in reads)


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


def test_sums_made_while_they_are_read_are_told_of_no_other_period(
    world: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    RollupSegment.objects.all().delete()
    read_now = cells._joined

    def made_meanwhile(*asked: Any, **how: Any) -> Any:
        rebuild_rollups(say=lambda text: None)
        return read_now(*asked, **how)

    with monkeypatch.context() as patch:
        patch.setattr(cells, "_joined", made_meanwhile)
        assert cells.summed_cells(LAST_90).reviews
    assert cells.summed_cells(Filters(date(2031, 1, 1), date(2031, 2, 9))).reviews == 0


def test_words_counted_before_a_day_was_summed_are_counted_anew_after_it() -> None:
    made = shop()

    def reviewed(*days_ago: int) -> None:
        item = made["items"][0]
        said = {"negative": "The hinge broke.", "positive": "Lovely glaze!"}
        scored_together(
            [
                ScoredReview(item, label, {"days_ago": ago, "rating": 2, "text": text})
                for ago in days_ago
                for label, text in said.items()
            ]
        )
        touch((LAST_90.end - timedelta(days=ago), item.pk) for ago in days_ago)

    def counted() -> list[int]:
        terms = report.telling_terms(LAST_90.replace(rating=2))
        return [one.recent for one in terms if "hinge" in one.term]

    reviewed(9, 10, 11, 12)
    refresh_rollups()
    assert counted() == [4]
    reviewed(0, 1, 2, 3, 4)
    assert counted() == [4]
    refresh_rollups()
    assert counted() == [9]


def of_terms(filters: Filters) -> Selection:
    return cells.read(*_TERMS, only=filters, apart=False)


def test_terms_of_a_category_are_read_without_those_of_the_others(world: dict[str, Any]) -> None:
    inside = LAST_90.replace(category=world["mugs"].pk)
    whole = rows(of_terms(inside))
    kept.forget()
    RollupSegment.objects.filter(cube="terms").exclude(part=world["mugs"].pk).update(data=b"short")
    assert rows(of_terms(inside)) == whole
    with pytest.raises(RecommenderError, match="damaged"):
        of_terms(LAST_90)


def test_of_too_many_categories_all_terms_are_read(
    world: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = [LAST_90.replace(category=world[name].pk) for name in ("home", "mugs")]
    whole = [rows(of_terms(filters)) for filters in asked]
    assert all(whole)
    kept.forget()
    monkeypatch.setattr(cells, "_MOST_PARTS", 0)
    assert [rows(of_terms(filters)) for filters in asked] == whole


def test_days_not_told_apart_are_one_cell(world: dict[str, Any]) -> None:
    apart, together = cells.read(*_TERMS), cells.read(*_TERMS, apart=False)
    counts: Counter[tuple[int, ...]] = Counter()
    for *cell, reviews in zip(*(apart[name].tolist() for name in CUBES["terms"].columns), strict=True):
        counts[tuple(cell)] += reviews
    told = zip(*(together[name].tolist() for name in CUBES["terms"].columns), strict=True)
    assert list(told) == sorted((*cell, reviews) for cell, reviews in counts.items())
    assert len(together) < len(apart)
