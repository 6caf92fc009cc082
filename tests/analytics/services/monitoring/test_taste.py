"""Coverage, novelty and repetition of planted showings."""

from __future__ import annotations

import math
import uuid
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from analytics.services.monitoring import taste
from recommender.models import Impression, Interaction, Item
from recommender.telemetry import flush, read_totals

pytestmark = pytest.mark.django_db
NOW = timezone.now()
SINCE = NOW - taste.WINDOW


@pytest.fixture
def items() -> list[Item]:
    return [Item.objects.create(external_id=f"i{n}", title=f"Item {n}") for n in range(8)]


@pytest.fixture
def reader() -> User:
    return User.objects.create(username="reader")


def show(items: list[Item], hours_ago: float, user: User | None = None, visitor: str = "") -> None:
    answer, moment = uuid.uuid4(), NOW - timedelta(hours=hours_ago)
    Impression.objects.bulk_create(
        Impression(
            answer=answer, item=item, user=user, visitor=visitor, surface="feed", rank=n, created_at=moment
        )
        for n, item in enumerate(items)
    )


def levels() -> dict[str, float]:
    assert flush()
    names = {"coverage", "novelty", "repetition"}
    found = {name.split("_")[2]: value[()] for name, value in read_totals().gauges.items() if () in value}
    return {name: value for name, value in found.items() if name in names}


def test_coverage_is_the_share_of_available_items_that_anybody_was_shown(items: list[Item]) -> None:
    show(items[:3], 1, visitor="a")
    show(items[2:4], 2, visitor="b")
    show(items[4:], 30, visitor="b")
    items[0].availability = Item.Availability.RETIRED
    items[0].save()
    assert taste.coverage(SINCE) == pytest.approx(3 / 7)


def test_there_is_no_coverage_of_an_empty_catalogue() -> None:
    assert taste.coverage(SINCE) is None


def test_novelty_is_low_where_everybody_is_shown_what_everybody_knows(items: list[Item]) -> None:
    Interaction.objects.bulk_create(
        Interaction(item=items[0], visitor=f"v{n}", kind="click") for n in range(56)
    )
    show(items[:1], 1)
    assert taste.novelty_of(SINCE) == pytest.approx(-math.log2(57 / 64))
    Impression.objects.all().delete()
    show(items[1:], 1)
    assert taste.novelty_of(SINCE) == pytest.approx(6.0)


def test_repetition_is_the_share_shown_to_the_same_person_before(items: list[Item], reader: User) -> None:
    show(items[:4], 3, user=reader)
    show(items[2:6], 2, user=reader)  # two of them again
    show(items[:4], 1, visitor="a")
    show(items[3:4], 0.5, visitor="a")  # again
    assert taste.repetition(SINCE) == pytest.approx(3 / 13)


def test_what_was_shown_before_the_window_is_not_repeated(items: list[Item]) -> None:
    show(items, 30, visitor="a")
    show(items, 1, visitor="a")
    assert taste.repetition(SINCE) == 0.0


def test_cards_of_one_answer_do_not_repeat_each_other(items: list[Item]) -> None:
    show([items[0], items[0]], 1, visitor="a")
    assert taste.repetition(SINCE) == 0.0


def test_people_who_have_no_name_are_not_one_person(items: list[Item]) -> None:
    show(items, 2)
    show(items, 1)
    assert taste.repetition(SINCE) is None


def test_only_the_newest_cards_are_asked(items: list[Item], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taste, "REPETITION_CARDS", 2)
    show(items, 3, visitor="a")
    show(items[:2], 2, visitor="b")
    show(items[:2], 1, visitor="a")
    assert taste.repetition(SINCE) == 1.0


def test_cards_before_are_looked_through_up_to_a_bound(
    items: list[Item], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taste, "REPETITION_CARDS", 2)
    monkeypatch.setattr(taste, "BEFORE_CARDS", 4)
    show(items[:1], 9, visitor="a")
    for hours in (8, 7, 6, 5, 4):
        show(items[1:2], hours, visitor="b")
    show(items[:1], 1, visitor="a")
    assert taste.repetition(SINCE) == 0.5  # what a was shown lies too far back


def test_the_duty_says_all_three(items: list[Item], reader: User) -> None:
    show(items[:4], 2, user=reader)
    show(items[:4], 1, user=reader)
    taste.measure_taste(NOW.timestamp())
    assert levels() == {"coverage": 0.5, "novelty": pytest.approx(3.0), "repetition": 0.5}


def test_where_nothing_was_shown_the_duty_says_only_that(items: list[Item]) -> None:
    taste.measure_taste(datetime.now().timestamp())
    assert levels() == {"coverage": 0.0}
