"""Aspects that are spoken of more than before, against the slow obvious way."""

from __future__ import annotations

import math
from typing import Any

import pytest

from analytics.services import report
from analytics.services.report import Filters, kept
from analytics.services.report.rollups import rebuild_rollups
from tests.analytics.services.scored import LAST_90, counting, net_of, scored, shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> dict[str, Any]:
    """240 reviews of two periods: delivery comes up and is blamed, quality stays, price goes."""
    kept.forget()
    made = shop()
    for n in range(240):
        new = n % 2 == 0
        aspects = {"quality": 0.8 if n % 3 else -0.6} if n % 4 < 2 else {}
        if n % (6 if new else 30) == 0 or n == 1:
            aspects["delivery"] = -0.7 if new else 0.7
        if not new and n % 5 == 0:
            aspects["price"] = 0.5
        if n == 2:
            aspects["sound"] = 0.5
        label = "negative" if "delivery" in aspects and new else "positive"
        days_ago = n % 80 + (0 if new else 95)
        scored(made["items"][n % 4], label, days_ago=days_ago, aspects=aspects, abstained=n % 9 == 0)
    rebuild_rollups(say=lambda text: None)
    return made


def by_aspect(filters: Filters = LAST_90) -> dict[str, report.AspectChange]:
    return {one.aspect: one for one in report.emerging_aspects(filters).aspects}


def test_an_aspect_comes_up_beyond_chance_and_is_felt_otherwise(world: dict[str, Any]) -> None:
    found = report.emerging_aspects(LAST_90)
    assert [one.aspect for one in found.aspects] == ["delivery", "quality", "price"]
    delivery, quality, price = found.aspects
    assert delivery.p_value < 0.01 < quality.p_value
    assert (price.score < 0, price.p_value < 0.01) == (True, True)
    assert delivery.change is not None
    assert delivery.change < -1
    assert quality.change == pytest.approx(0, abs=0.3)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"label": "negative"},
        {"abstained": False},
        {"aspect": "delivery"},
        {"language": "en"},
        {"words": "good"},
        {"aspect": "quality", "label": "positive"},
    ],
)
def test_counts_and_feelings_are_those_of_a_look_at_every_review(
    world: dict[str, Any], fields: dict[str, Any]
) -> None:
    filters = LAST_90.replace(**fields)
    found = by_aspect(filters)
    assert found
    for aspect, one in found.items():
        sides = [counting(side.replace(aspect=aspect)) for side in (filters, filters.previous())]
        assert [one.recent, one.before] == [len(side) for side in sides]
        for net, side in zip((one.net, one.net_before), sides, strict=True):
            expected = net_of([label for _, label in side])
            assert net == (expected if expected is None else pytest.approx(expected))


def test_shares_are_of_all_reviews_whatever_is_felt(world: dict[str, Any]) -> None:
    for fields in ({"label": "negative"}, {"abstained": True}, {"aspect": "delivery"}):
        found = report.emerging_aspects(LAST_90.replace(**fields))
        assert (found.reviews, found.before) == (120, 120)


def test_nothing_is_made_of_an_empty_selection(world: dict[str, Any]) -> None:
    assert report.emerging_aspects(LAST_90.replace(language="xx")).aspects == []


def test_beside_an_empty_period_no_aspect_comes_up(world: dict[str, Any]) -> None:
    far = Filters(LAST_90.previous().start, LAST_90.end)
    found = report.emerging_aspects(far)
    assert found.before == 0
    assert all(math.isclose(one.score, 0, abs_tol=0.05) for one in found.aspects)
    assert {one.change for one in found.aspects} == {None}
