"""What was planted in the demo world's reviews is found: by the scorer, the report and the alerts."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from analytics.models import Alert, SentimentScore
from analytics.services import report, scoring
from analytics.services.alerts import find_alerts
from analytics.services.report import Filters
from analytics.services.report.rollups import rebuild_rollups
from recommender.engine.demo import build_world
from recommender.engine.demo.world import Opinion, World
from recommender.models import Category, Item, Review

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    """The demo world's words as reviews of its products, read by the shipped scorer and summed up."""
    made = build_world(items=300, people=120, events=8_000, reviews=1_500)
    now = timezone.now()
    people = User.objects.bulk_create([User(username=f"reader{n}") for n in range(len(made.people))])
    shelf = Category.objects.create(name="Everything", path="Everything")
    products = [
        Item(external_id=str(n), title=f"Product {n}", category=shelf) for n in range(len(made.products))
    ]
    items = Item.objects.bulk_create(products)
    Review.objects.bulk_create(
        Review(
            external_id=one.external_id,
            user=people[one.person],
            item=items[one.product],
            text=one.text,
            rating=one.rating,
            language=one.language,
            created_at=now + timedelta(seconds=one.seconds),
        )
        for one in made.reviews
    )
    while scoring.score_pending(seconds=60):
        pass
    rebuild_rollups()
    return made


def _read(world: World) -> list[tuple[Opinion, SentimentScore]]:
    scores = {one.review.external_id: one for one in SentimentScore.objects.select_related("review")}
    return [(one, scores[one.external_id]) for one in world.reviews]


def test_the_bad_batch_and_the_opinions_that_were_planted_are_found(world: World) -> None:
    """One test, since reading the world takes some seconds."""
    _the_bad_batch_raises_one_alert_with_its_reviews(world)
    _aspects_are_felt_as_they_were_planted(world)
    _the_report_knows_the_worst_aspect_of_the_bad_batch(world)


def _the_bad_batch_raises_one_alert_with_its_reviews(world: World) -> None:
    incident = world.incident
    assert incident is not None
    find_alerts()
    alert = Alert.objects.get(item__external_id=str(incident.product))
    planted = {one.external_id for one in world.reviews if one.incident}
    behind = set(Review.objects.filter(pk__in=alert.evidence).values_list("external_id", flat=True))
    now = timezone.now()
    first, last = (now + timedelta(seconds=at) for at in (incident.first_second, incident.last_second))
    assert alert.aspect == incident.aspect
    assert first - timedelta(days=1) <= alert.starts_at <= alert.ends_at <= last + timedelta(days=2)
    # The scorer abstains on some ("A part snapped off and cut my hand"); those are not evidence.
    assert len(behind & planted) >= 2 / 3 * len(planted)
    assert len(behind - planted) <= 0.2 * len(behind)


def _aspects_are_felt_as_they_were_planted(world: World) -> None:
    seen: Counter[bool] = Counter()
    for opinion, score in _read(world):
        if opinion.sarcastic:
            continue
        felt = dict(score.aspects.values_list("aspect", "polarity"))
        seen.update(felt[aspect] * sign > 0 for aspect, sign in opinion.aspects.items() if aspect in felt)
    assert seen[True] / seen.total() > 0.85


def _the_report_knows_the_worst_aspect_of_the_bad_batch(world: World) -> None:
    assert world.incident is not None
    item = Item.objects.get(external_id=str(world.incident.product))
    worst = min(report.impact(Filters.latest(60, item=item.pk)), key=lambda one: one.impact)
    assert worst.aspect == world.incident.aspect
