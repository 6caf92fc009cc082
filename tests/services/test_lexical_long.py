"""Long words, which SQLite looks for by some of their trigrams, and words that many items have."""

from __future__ import annotations

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from recommender.models import Item
from recommender.services import lexical
from recommender.services.lexical.postgres import PostgresWords
from recommender.services.lexical.sqlite import SqliteWords
from tests.services.test_lexical import add, found

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("title", ["gantele", "ele gan ant", "elegan t", "antelegan"])
def test_parts_of_a_word_in_another_order_are_not_the_word(title: str) -> None:
    add("other", f"{title} bag")
    add("mine", "ELEGANT bag")
    assert found("elegant bag", partly_below=0) == ["mine"]
    assert found("elegant", partly_below=0) == ["mine"]


def test_items_that_have_all_of_some_words_are_those_that_reading_finds() -> None:
    rng = np.random.default_rng(0)

    def word() -> str:
        return "".join(rng.choice(list("abc"), int(rng.integers(5, 9))))

    titles = {f"item {number}": f"{word()} {word()} {word()}" for number in range(300)}
    Item.objects.bulk_create(Item(external_id=key, title=title) for key, title in titles.items())
    for _ in range(60):
        asked = ["".join(rng.choice(list("abc"), int(rng.integers(4, 7)))) for _ in range(2)]
        expected = {key for key, title in titles.items() if all(one in title for one in asked)}
        assert set(found(" ".join(asked), limit=300, partly_below=0)) == expected


def test_long_words_are_found_among_few_items_and_in_titles_alone() -> None:
    told = add("told", "Gantele bag", description="An elegant bag.")
    named = add("named", "Elegant bag")
    add("other", "Elegant bag")
    among = np.array([told.pk, named.pk])
    assert found("elegant bag", among=among, partly_below=0) == ["named", "told"]
    backend = PostgresWords() if connection.vendor == "postgresql" else SqliteWords()
    with backend.asking():
        assert set(backend.best(["elegant"], 10, titles=True)) == set(
            Item.objects.exclude(pk=told.pk).values_list("pk", flat=True)
        )


@pytest.mark.skipif(connection.vendor == "postgresql", reason="PostgreSQL plans for itself")
def test_no_item_is_read_for_its_words_that_a_filter_leaves_out() -> None:
    mine = add("mine", "Elegant bag")
    with CaptureQueriesContext(connection) as told:
        found("elegant bag", among=np.array([mine.pk]))
    sql = next(one["sql"] for one in told.captured_queries if "NEAR" in one["sql"])
    assert sql.index("MATCH") < sql.index("json_each") < sql.rindex("LIKE")


@pytest.mark.skipif(connection.vendor == "postgresql", reason="PostgreSQL compares any of them")
def test_of_more_items_than_are_compared_those_are_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lexical, "_POOL", 4)
    for number in range(9):
        add(str(number), "Old garden chair")
    assert set(found("old garden chair", partly_below=0)) == {"5", "6", "7", "8"}
    assert set(found("garden chair", partly_below=0)) == {"5", "6", "7", "8"}
