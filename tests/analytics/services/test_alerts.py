"""A bad batch is found, once, about the right thing; ordinary weeks are not."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pytest

from analytics.models import Alert, SentimentScore
from analytics.services.alerts import close, counted_by, filters_of, find_alerts, left_over, mark_seen
from analytics.services.report import reviews
from analytics.services.report.rollups import rebuild_rollups
from recommender.models import Category, Item
from tests.analytics.services.scored import NOW, scored, shop

pytestmark = pytest.mark.django_db
TODAY = NOW.date()
ASPECTS = ("price", "quality", "delivery")


def ordinary_reviews(made: dict[str, Any], count: int = 400, seed: int = 1) -> None:
    """Three of ten are negative, about anything, at any time of the last 150 days."""
    dice = random.Random(seed)
    for _ in range(count):
        bad = dice.random() < 0.3
        scored(
            dice.choice(made["items"]),
            "negative" if bad else "positive",
            days_ago=dice.uniform(0, 150),
            aspects={dice.choice(ASPECTS): -0.8 if bad else 0.8},
        )


def bad_batch(made: dict[str, Any], first: int = 15, days: int = 5) -> None:
    complain(made["items"][2], "quality", count=26, first=first, days=days)


def complain(item: Item, *aspects: str, count: int, first: int, days: int) -> None:
    """So many negative reviews about these, the oldest ``first`` days ago, over as many days."""
    for n in range(count):
        scored(item, "negative", days_ago=first - n % days, aspects=dict.fromkeys(aspects, -0.9))


def look() -> list[Alert]:
    rebuild_rollups(say=lambda text: None)
    return find_alerts(TODAY)


def fits(alert: Alert) -> bool:
    """Whether its figures and evidence are those of its aspect and days."""
    counted = left_over(reviews(counted_by(alert)), alert.without)
    bad = left_over(reviews(counted_by(alert).replace(label="negative")), alert.without)
    evidence = list(bad.values_list("review_id", flat=True))
    share = len(evidence) / counted.count()
    return (alert.reviews, alert.negative_share, alert.evidence) == (counted.count(), share, evidence[:100])


@pytest.fixture
def incident() -> Alert:
    """About quality, from the 5th of March to the 9th, 15 to 11 days ago."""
    made = shop()
    ordinary_reviews(made)
    bad_batch(made)
    (found,) = look()
    return found


def test_a_bad_batch_raises_one_alert_about_its_item_and_aspect(incident: Alert) -> None:
    assert (incident.item.title, incident.aspect, incident.category) == ("Thing 2", "quality", None)
    assert incident.starts_at.date() <= date(2026, 3, 5)
    assert incident.ends_at.date() >= date(2026, 3, 9)
    assert incident.negative_share > incident.usual_share + 0.3


def test_the_evidence_are_the_negative_reviews_of_those_days(incident: Alert) -> None:
    wanted = reviews(filters_of(incident).replace(label="negative")).values_list("review_id", flat=True)
    assert incident.evidence == list(wanted)
    assert len(incident.evidence) >= 26


@pytest.mark.parametrize("seed", range(2))
def test_ordinary_weeks_raise_nothing(seed: int) -> None:
    ordinary_reviews(shop(), seed=seed)
    rebuild_rollups(say=lambda text: None)
    assert find_alerts(TODAY) == []


def test_looking_again_raises_nothing_new(incident: Alert) -> None:
    assert find_alerts(TODAY) == []
    assert Alert.objects.count() == 1


def test_an_alert_grows_with_its_incident(incident: Alert) -> None:
    for _ in range(6):
        scored(incident.item, "negative", days_ago=10, aspects={"quality": -0.9})
    rebuild_rollups(say=lambda text: None)
    assert find_alerts(TODAY) == []
    assert Alert.objects.get().reviews == incident.reviews + 6


def test_a_closed_alert_stays_as_it_was(incident: Alert) -> None:
    close(None, incident)
    scored(incident.item, "negative", days_ago=10, aspects={"quality": -0.9})
    rebuild_rollups(say=lambda text: None)
    assert find_alerts(TODAY) == []
    assert Alert.objects.get().reviews == incident.reviews


def test_a_complaint_spread_over_a_category_is_the_category_s() -> None:
    made = shop()
    ordinary_reviews(made)
    for n in range(30):
        item = Item.objects.create(external_id=f"lamp{n}", title=f"Lamp {n}", category=made["lamps"])
        scored(item, "negative", days_ago=12 - n % 4, aspects={"delivery": -0.9})
    rebuild_rollups(say=lambda text: None)
    found = {(alert.item_id, str(alert.category), alert.aspect) for alert in find_alerts(TODAY)}
    assert (None, "Home > Lamps", "delivery") in found
    assert all(item is None for item, _, _ in found)


def test_nothing_is_found_where_nothing_is_scored(db: None) -> None:
    assert find_alerts(TODAY) == []
    assert not SentimentScore.objects.exists()


def test_seen_is_said_once(incident: Alert, cast: Any) -> None:
    assert mark_seen(cast.analyst, incident)
    assert not mark_seen(cast.analyst, incident)
    assert Alert.objects.get().seen_by == cast.analyst


# -- together -----------------------------------------------------------------------------------------------


def test_an_alert_whose_incident_is_about_more_is_about_more_as_a_whole(incident: Alert) -> None:
    assert fits(incident)
    complain(incident.item, "delivery", count=30, first=15, days=5)
    assert look() == []
    grown = Alert.objects.get()
    assert (incident.aspect, grown.aspect) == ("quality", "")
    assert grown.reviews >= 56
    assert fits(grown)


def test_an_alert_that_goes_on_counts_all_its_days(incident: Alert) -> None:
    complain(incident.item, "quality", count=20, first=10, days=3)
    assert look() == []
    grown = Alert.objects.get()
    assert grown.starts_at == incident.starts_at
    assert grown.ends_at.date() == date(2026, 3, 13)
    assert grown.reviews >= 46
    assert fits(grown)


def test_days_that_are_no_longer_looked_at_still_count(incident: Alert) -> None:
    complain(incident.item, "quality", count=20, first=10, days=3)
    rebuild_rollups(say=lambda text: None)
    assert find_alerts(TODAY + timedelta(days=28)) == []
    grown = Alert.objects.get()
    assert grown.starts_at == incident.starts_at
    assert grown.reviews >= 46
    assert fits(grown)


def test_the_p_value_is_that_of_the_figures_beside_it(incident: Alert) -> None:
    before = incident.p_value
    complain(incident.item, "quality", count=20, first=10, days=3)
    look()
    assert Alert.objects.get().p_value < before


def test_a_category_leaves_to_an_item_what_the_item_s_alert_counts(incident: Alert) -> None:
    home = Category.objects.get(path="Music")
    for n in range(30):
        item = Item.objects.create(external_id=f"song{n}", title=f"Song {n}", category=home)
        complain(item, "delivery", count=1, first=15 - n % 4, days=1)
    elsewhere = Item.objects.create(
        external_id="lamp", title="A lamp", category=Category.objects.get(path="Home")
    )
    complain(elsewhere, "delivery", count=20, first=15, days=5)
    found = next(alert for alert in look() if alert.category)
    first, last = (day.isoformat() for day in (filters_of(found).start, filters_of(found).end))
    assert (found.category, found.aspect) == (home, "delivery")
    assert [one[0] for one in found.without] == [incident.item_id]
    assert all(first <= day <= last for day in found.without[0][1:])
    assert fits(found)


# -- closed -------------------------------------------------------------------------------------------------


def test_a_closed_alert_is_not_raised_again_under_another_aspect() -> None:
    made = shop()
    ordinary_reviews(made)
    complain(made["items"][2], "quality", "price", count=26, first=15, days=5)
    (found,) = look()
    close(None, found)
    complain(made["items"][2], "quality", "price", count=2, first=13, days=2)
    assert look() == []


@pytest.mark.parametrize(("aspect", "first"), [("delivery", 9), ("quality", 9), ("delivery", 10)])
def test_another_batch_after_a_closed_alert_is_raised(incident: Alert, aspect: str, first: int) -> None:
    close(None, incident)
    complain(incident.item, aspect, count=20, first=first, days=3)
    (found,) = look()
    assert (found.item, found.aspect) == (incident.item, aspect)
    assert found.starts_at > incident.starts_at
    assert found.ends_at > incident.ends_at
    assert fits(found)
    assert Alert.objects.get(pk=incident.pk).reviews == incident.reviews


def test_another_complaint_on_the_days_of_a_closed_alert_is_raised(incident: Alert) -> None:
    close(None, incident)
    complain(incident.item, "delivery", count=30, first=14, days=3)
    (found,) = look()
    assert (found.item, found.aspect) == (incident.item, "delivery")
    assert fits(found)


def test_what_is_raised_after_a_closed_alert_grows_by_itself(incident: Alert) -> None:
    close(None, incident)
    complain(incident.item, "quality", count=20, first=9, days=3)
    (found,) = look()
    complain(incident.item, "quality", count=5, first=8, days=1)
    assert found.starts_at >= incident.ends_at
    assert look() == []
    grown = Alert.objects.get(pk=found.pk)
    assert grown.reviews == found.reviews + 5
    assert fits(grown)


def test_an_alert_is_raised_although_one_of_its_name_is_about_something_else_now(incident: Alert) -> None:
    Alert.objects.update(aspect="delivery", starts_at=incident.starts_at - timedelta(days=20))
    Alert.objects.update(ends_at=incident.starts_at - timedelta(days=10), state=Alert.State.CLOSED)
    (found,) = look()
    assert (found.aspect, found.starts_at) == ("quality", incident.starts_at)
