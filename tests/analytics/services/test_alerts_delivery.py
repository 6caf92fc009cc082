"""Who is to hear of an alert does, once, sooner or later, and by no way twice."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import requests
from django.core import mail
from django.test import Client

from analytics.models import Alert
from analytics.services import alerts_delivery
from analytics.services.alerts_delivery import notify
from analytics.services.report.rows import midnight
from tests.analytics.services.scored import NOW, scored, shop
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


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
def incident() -> Alert:
    """Of three days in March, with 26 negative reviews of 30."""
    item = shop()["items"][2]
    made = [scored(item, "negative", days_ago=11 + n % 3, aspects={"quality": -0.9}) for n in range(26)]
    made.sort(key=lambda score: (score.reviewed_at, score.pk), reverse=True)
    return Alert.objects.create(
        key="one",
        item=item,
        aspect="quality",
        starts_at=midnight(date(2026, 3, 7)),
        ends_at=midnight(date(2026, 3, 10)),
        reviews=30,
        negative_share=26 / 30,
        usual_share=0.3,
        p_value=1e-9,
        evidence=[score.review_id for score in made],
    )


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


def test_a_letter_leads_to_the_reviews_behind_the_alert(
    incident: Alert, told: Any, client: Client, cast: Cast
) -> None:
    notify()
    *_, said, link = mail.outbox[0].body.splitlines()
    assert said == f"The {len(incident.evidence)} negative reviews behind it:"
    client.force_login(cast.analyst)
    answer = client.get(link.removeprefix("https://shop.example"))
    assert [row["pk"] for row in answer.context["rows"]] == incident.evidence[:25]
    assert "Behind the alert" in answer.content.decode()


def test_a_letter_says_that_there_are_more_reviews_than_it_leads_to(incident: Alert, told: Any) -> None:
    Alert.objects.update(evidence=[*range(100)])
    notify()
    assert "The newest 100 negative reviews behind it:" in mail.outbox[0].body


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
    assert asked["json"]["url"].endswith(f"/sentiment/reviews/?alert={incident.pk}")


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
