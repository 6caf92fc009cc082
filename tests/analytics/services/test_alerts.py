"""A bad batch is found, once, about the right thing; ordinary weeks are not; who is to hear of it does."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import pytest
import requests
from django.core import mail

from analytics.models import Alert, SentimentScore
from analytics.services import alerts_delivery
from analytics.services.alerts import close, filters_of, find_alerts, mark_seen
from analytics.services.alerts_delivery import notify
from analytics.services.report import reviews
from analytics.services.report.rollups import rebuild_rollups
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
    for n in range(26):
        scored(made["items"][2], "negative", days_ago=first - n % days, aspects={"quality": -0.9})


@pytest.fixture
def incident() -> Alert:
    made = shop()
    ordinary_reviews(made)
    bad_batch(made)
    rebuild_rollups(say=lambda text: None)
    found = find_alerts(TODAY)
    assert len(found) == 1
    return found[0]


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
    from recommender.models import Item

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


# -- delivery -----------------------------------------------------------------------------------------------


class Hook:
    """A webhook that answers what it is told to."""

    def __init__(self, *answers: int) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []

    def post(self, url: str, **options: Any) -> requests.Response:
        self.asked.append({"url": url, **options})
        answer = requests.Response()
        answer.status_code = self.answers.pop(0)
        if answer.status_code == 0:
            raise requests.ConnectTimeout
        return answer


@pytest.fixture
def now_is_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerts_delivery.timezone, "now", lambda: NOW)


@pytest.fixture
def told(settings: Any, now_is_then: None) -> Any:
    settings.ALERT_EMAILS = ["anna@shop.example"]
    settings.SITE_URL = "https://shop.example"
    return settings


def test_an_alert_is_mailed_once(incident: Alert, told: Any) -> None:
    assert (notify(), notify()) == (1, 0)
    (letter,) = mail.outbox
    assert letter.to == ["anna@shop.example"]
    assert "Thing 2" in letter.subject
    assert "quality" in letter.subject
    assert "https://shop.example/" in letter.body


def test_the_webhook_is_told_what_and_which_reviews(
    incident: Alert, told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = Hook(204)
    monkeypatch.setattr(requests, "post", hook.post)
    told.ALERT_WEBHOOK_URL = "https://hooks.example/x"
    assert notify() == 1
    (asked,) = hook.asked
    assert (asked["timeout"], asked["allow_redirects"]) == (5, False)
    assert asked["json"]["item"]["title"] == "Thing 2"
    assert asked["json"]["evidence"] == incident.evidence


def test_a_webhook_that_fails_is_tried_again_and_nobody_is_mailed_twice(
    incident: Alert, told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = Hook(0, 302, 200)
    monkeypatch.setattr(requests, "post", hook.post)
    told.ALERT_WEBHOOK_URL = "https://hooks.example/x"
    assert (notify(), notify()) == (0, 0)
    assert "302" in Alert.objects.get().error
    assert (notify(), notify()) == (1, 0)
    assert (len(mail.outbox), len(hook.asked)) == (1, 3)


def test_after_five_failures_it_is_given_up(
    incident: Alert, told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = Hook(*[500] * 9)
    monkeypatch.setattr(requests, "post", hook.post)
    told.ALERT_WEBHOOK_URL = "https://hooks.example/x"
    for _ in range(9):
        notify()
    assert len(hook.asked) == 5


def test_without_settings_the_page_is_enough(incident: Alert, now_is_then: None) -> None:
    assert notify() == 1
    assert mail.outbox == []
