"""Rows that are asked for by number are read by number, however large the catalogue around them is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from recommender.models import EncoderSpace, Item
from recommender.services.index import item_vectors
from recommender.services.search.columns import catalogue, forget_catalogue
from recommender.services.search.facts import Facts, forget_facts
from recommender.web.feed import _top_categories
from tests.services import planted

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        connection.vendor != "sqlite", reason="PostgreSQL knows how many rows have a value; SQLite guesses"
    ),
]

#: Indexes over which all available items, ready vectors or finished media would be read.
OVER_ALL = ("availability=?", "embedding_space_state", "media_state_claimed")


def plans(work: Callable[[], object]) -> dict[str, str]:
    """Each query of ``work`` with how SQLite goes about it."""
    with CaptureQueriesContext(connection) as seen:
        work()
    found = {}
    with connection.cursor() as cursor:
        for query in [one["sql"] for one in seen if one["sql"].startswith("SELECT")]:
            cursor.execute(f"EXPLAIN QUERY PLAN {query}")
            found[query] = "; ".join(row[3] for row in cursor.fetchall())
    return found


def numbers() -> list[int]:
    return list(Item.objects.values_list("pk", flat=True)[:20])


def vectors_of_some() -> None:
    item_vectors(EncoderSpace.objects.get(), numbers())


def facts_of_some() -> None:
    forget_facts()
    Facts(numbers())


def changes_of_the_catalogue() -> None:
    forget_catalogue()
    catalogue()
    for item in Item.objects.filter(pk__in=numbers()[:3]):
        item.save()
    catalogue()


def those_of_some_that_are_available() -> None:
    Item.objects.available_among(numbers()).new_since()


@pytest.mark.parametrize(
    "work", [vectors_of_some, facts_of_some, changes_of_the_catalogue, those_of_some_that_are_available]
)
def test_what_is_asked_for_by_number_is_read_by_number(
    monkeypatch: pytest.MonkeyPatch, work: Callable[[], None]
) -> None:
    planted.plant(monkeypatch)
    found = {query: plan for query, plan in plans(work).items() if " IN (" in query}
    assert found
    for query, plan in found.items():
        assert not any(index in plan for index in OVER_ALL), f"{plan}: {query[:300]}"


def test_categories_are_not_asked_for_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    planted.plant(monkeypatch)
    assert not any("CORRELATED" in plan for plan in plans(_top_categories).values())
