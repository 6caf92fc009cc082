"""Sums of terms from before they were kept apart by category."""

from __future__ import annotations

import pytest
from django.db.models import F

from analytics.models import RollupDay, RollupSegment
from analytics.services.report import Filters, cells, kept
from analytics.services.report.rollups import refresh_rollups
from tests.analytics.scored import add_review, make_shop, sum_up
from tests.migrating import migrate, put_right_after

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("put_right_after")]
__all__ = ["put_right_after"]
BEFORE = ("analytics", "0018_segments_listed")


def terms_of(category: int | None) -> list[tuple[int, ...]]:
    kept.forget()
    filters = Filters.latest(90, category=category)
    found = cells.read(cells.CUBES["terms"], filters.start, filters.end, only=filters)
    return sorted(zip(*(found[name].tolist() for name in sorted(found.columns)), strict=True))


def test_sums_of_terms_are_united_and_divided_again() -> None:
    shop = make_shop()
    for number in range(12):
        add_review(shop.lamp, f"The lamp flickers {number}.", -0.8, days_ago=3 + number * 4)
        add_review(shop.phone, "Die Kamera ist gut.", 0.8, days_ago=3 + number * 4)
    sum_up()
    every, inside = terms_of(None), terms_of(shop.category.pk)
    assert len(every) > len(inside) > 0
    divided = RollupSegment.objects.filter(cube="terms").count()
    old = migrate(BEFORE).get_model("analytics", "RollupSegment").objects.filter(cube="terms")
    assert old.count() == divided / 2
    migrate()
    assert RollupSegment.objects.filter(cube="terms").count() == divided
    assert (terms_of(None), terms_of(shop.category.pk)) == (every, inside)


def test_damaged_sums_of_terms_stop_no_upgrade_and_are_made_anew() -> None:
    shop = make_shop()
    add_review(shop.lamp, "The lamp flickers.", -0.8, days_ago=3)
    sum_up()
    whole = terms_of(None)
    old = migrate(BEFORE).get_model("analytics", "RollupSegment").objects.filter(cube="terms")
    old.update(data=b"short")
    migrate()
    assert terms_of(None) == []
    refresh_rollups()
    assert terms_of(None) == whole


def test_what_was_counted_by_pairs_of_characters_is_counted_anew() -> None:
    add_review(make_shop().lamp, "灯罩碎了。", -0.8, days_ago=3)
    sum_up()
    migrate(("analytics", "0019_segments_in_parts"))
    RollupDay.objects.update(built=F("touched"))
    migrate()
    assert RollupDay.objects.stale().count() == 1
