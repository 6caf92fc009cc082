"""Alerts on their page, and the reviews that they lead to."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from analytics.models import Alert, SentimentScore
from recommender.models import Category, Item, Review
from recommender.said import say
from tests.analytics.scored import add_review, make_shop, sum_up
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.analyst)
    return client


def review(item: Item, polarity: float, days_ago: int = 2, **more: Any) -> SentimentScore:
    """By somebody new."""
    score = add_review(item, "Well.", polarity, days_ago=days_ago, **more)
    author = User.objects.create(username=f"writer-{score.pk}")
    Review.objects.filter(pk=score.review_id).update(user=author)
    return score


def alert_on(aspect: str = "", **fields: Any) -> Alert:
    """Of the last five days."""
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    days = {"starts_at": today - timedelta(days=5), "ends_at": today}
    return Alert.objects.create(key="one", aspect=aspect, **days, **fields)


@pytest.fixture
def phone(db: None) -> Item:
    """Eight reviews speak of its battery, six of them badly, one does not commit itself; others do not."""
    phone = make_shop().phone
    for number in range(8):
        bad = number < 6
        review(phone, -0.8 if bad else 0.8, aspects=[("battery", -0.9 if bad else 0.9)])
    review(phone, 0.0, aspects=[("battery", -0.9)], abstained=True)
    review(phone, -0.8, aspects=[("price", -0.9)])
    review(phone, -0.8, days_ago=20, aspects=[("battery", -0.9)])
    sum_up()
    return phone


def of_alert(phone: Item) -> Alert:
    bad = SentimentScore.objects.filter(aspects__aspect="battery", label="negative", abstained=False)
    evidence = list(bad.order_by("-reviewed_at", "-pk").values_list("review_id", flat=True)[:6])
    return alert_on("battery", item=phone, reviews=8, negative_share=0.75, evidence=evidence)


def links(page: str) -> dict[str, str]:
    """Addresses of the card by the words that lead there."""
    found = re.findall(r'<a class="[^"]*" href="([^"]*)">(?:<svg.*?</svg>)?([^<]*)</a>', page)
    return {words: href.replace("&amp;", "&") for href, words in found}


def test_the_numbers_of_an_alert_open_the_reviews_that_they_count(client: Client, phone: Item) -> None:
    alert = of_alert(phone)
    card = links(client.get(reverse("sentiment_alerts")).content.decode())
    assert len(client.get(card["8"]).context["rows"]) == 8
    negative = client.get(next(href for words, href in card.items() if "75" in words)).context["rows"]
    assert sorted(row["pk"] for row in negative) == sorted(alert.evidence)


def test_an_alert_leads_to_its_evidence(client: Client, phone: Item) -> None:
    alert = of_alert(phone)
    card = links(client.get(reverse("sentiment_alerts")).content.decode())
    answer = client.get(card["Reviews behind it"])
    assert [row["pk"] for row in answer.context["rows"]] == alert.evidence
    assert "Behind the alert “Phone: Battery”" in answer.content.decode()


def test_an_old_link_leads_to_what_the_alert_is_now(client: Client, phone: Item) -> None:
    alert = of_alert(phone)
    card = links(client.get(reverse("sentiment_alerts")).content.decode())
    (price,) = SentimentScore.objects.filter(aspects__aspect="price").values_list("review_id", flat=True)
    Alert.objects.filter(pk=alert.pk).update(aspect="price", evidence=[price])
    answer = client.get(card["Reviews behind it"])
    assert [row["pk"] for row in answer.context["rows"]] == [price]


def test_the_reviews_behind_an_alert_can_be_limited_further(client: Client, phone: Item) -> None:
    alert = of_alert(phone)
    bar = client.get(reverse("sentiment_reviews"), {"alert": alert.pk}).context["bar"]
    period = {name: value for name, value in bar["hidden"] if name in ("start", "end")}
    asked = {"alert": alert.pk, "item": phone.pk, "label": "positive", **period}
    assert not client.get(reverse("sentiment_reviews"), asked).context["rows"]


def test_what_a_category_leaves_to_an_item_is_not_among_what_it_counts(client: Client, phone: Item) -> None:
    home = Category.objects.get(path="Home")
    Item.objects.filter(pk=phone.pk).update(category=home)
    SentimentScore.objects.filter(item=phone).update(category=home)
    lamp = Item.objects.get(external_id="L-1")
    mine = [review(lamp, -0.8).review_id for _ in range(3)]
    sum_up()
    days = [(timezone.localdate() - timedelta(days=ago)).isoformat() for ago in (5, 1)]
    alert_on(category=home, reviews=3, negative_share=1, without=[[phone.pk, *days]])
    page = client.get(reverse("sentiment_alerts")).content.decode()
    assert "have an alert of their own" in page
    answer = client.get(links(page)["3"])
    assert sorted(row["pk"] for row in answer.context["rows"]) == mine
    assert "Counted by the alert “Home”" in answer.content.decode()


# -- who was told -------------------------------------------------------------------------------------------


@pytest.fixture
def untold(phone: Item, settings: Any) -> Alert:
    """By mail; the webhook does not answer."""
    settings.ALERT_EMAILS, settings.ALERT_WEBHOOK_URL = ["a@shop.example"], "https://hooks.example/x"
    alert = of_alert(phone)
    at = timezone.now()
    told = {
        "email": {"state": "sent", "tries": 1, "at": at.isoformat()},
        "webhook": {
            "state": "failed",
            "tries": 2,
            "first": at.isoformat(),
            "next": (at + timedelta(minutes=30)).isoformat(),
            "error": say("The webhook answered {status}.", status=500).as_json(),
        },
    }
    Alert.objects.filter(pk=alert.pk).update(deliveries=told)
    return alert


def test_a_card_says_who_was_told_and_who_was_not(client: Client, untold: Alert) -> None:
    address = reverse("sentiment_alerts")
    chinese = client.get(address, headers={"Accept-Language": "zh-hans"}).content.decode()
    assert "未能通知 Webhook：Webhook 返回了 500。" in chinese
    english = client.get(address).content.decode()
    assert "Mailed on " in english
    assert "The webhook was not told: The webhook answered 500." in english
    assert "Next try on " in english
    assert "Try again now" in english


def test_what_was_given_up_is_said_to_be(client: Client, untold: Alert) -> None:
    untold.refresh_from_db()
    untold.deliveries["webhook"]["state"] = "given up"
    untold.save()
    page = client.get(reverse("sentiment_alerts")).content.decode()
    assert "It is not tried again by itself." in page
    assert "Next try" not in page


def test_the_button_has_it_tried_at_once(client: Client, untold: Alert) -> None:
    answer = client.post(reverse("sentiment_alert_tell", args=[untold.pk]), follow=True)
    assert "It is tried again now." in answer.content.decode()
    untold.refresh_from_db()
    webhook = untold.deliveries["webhook"]
    assert (webhook["tries"], webhook["asked"]) == (0, True)
    assert datetime.fromisoformat(webhook["next"]) <= timezone.now()


def test_no_button_where_all_went_out_or_the_alert_is_closed(client: Client, untold: Alert) -> None:
    Alert.objects.update(state="closed")
    shown = client.get(reverse("sentiment_alerts"), {"state": "closed"}).content.decode()
    assert "The webhook was not told" in shown
    assert "Try again now" not in shown
    answer = client.post(reverse("sentiment_alert_tell", args=[untold.pk]), follow=True)
    assert "There is nothing to try again." in answer.content.decode()
