"""Who is to hear of an alert does, once, sooner or later, and by no way twice."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
import requests
from django.core import mail
from django.core.mail import EmailMessage
from django.test import Client
from django.utils.translation import override

from analytics.models import Alert
from analytics.services import alerts_delivery
from analytics.services.alerts import close, mark_seen
from analytics.services.alerts_delivery import deliveries, notify, tell, try_again
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


@pytest.fixture
def hook(told: Any, monkeypatch: pytest.MonkeyPatch) -> Hook:
    """It answers 500 unless told otherwise."""
    found = Hook(*[500] * 99)
    monkeypatch.setattr(requests, "post", found.post)
    told.ALERT_WEBHOOK_URL = "https://hooks.example/x"
    return found


def after(**time: float) -> datetime:
    return NOW + timedelta(**time)


def states() -> dict[str, str]:
    return {one.way: one.state for one in deliveries(Alert.objects.get())}


def test_a_webhook_that_fails_is_tried_again_and_nobody_is_mailed_twice(incident: Alert, hook: Hook) -> None:
    hook.answers = [0, 302, 200]
    assert (notify(NOW), notify(after(minutes=2))) == (0, 0)
    _, failed = deliveries(Alert.objects.get())
    assert "302" in failed.error
    assert (notify(after(minutes=12)), notify(after(minutes=42))) == (1, 0)
    assert (len(mail.outbox), len(hook.asked)) == (1, 3)
    assert states() == {"email": "sent", "webhook": "sent"}
    assert Alert.objects.get().notified_at == after(minutes=12)


def test_it_is_tried_ever_later_for_a_day(incident: Alert, hook: Hook) -> None:
    tried = []
    for minute in range(0, 3 * 24 * 60, 2):
        before = len(hook.asked)
        notify(after(minutes=minute))
        tried += [minute] * (len(hook.asked) - before)
    assert tried == [0, 2, 12, 42, *range(102, 24 * 60, 60), 24 * 60]
    assert states() == {"email": "sent", "webhook": "given up"}


def test_mail_and_webhook_go_by_times_of_their_own(
    incident: Alert, hook: Hook, told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    told.ALERT_EMAILS = []
    for minutes in (0, 2, 12):
        notify(after(minutes=minutes))
    told.ALERT_EMAILS = ["anna@shop.example"]
    monkeypatch.setattr(EmailMessage, "send", refuse)
    for minutes in (20, 22, 32):
        notify(after(minutes=minutes))
    by_mail, by_hook = deliveries(Alert.objects.get())
    assert (by_mail.tries, by_mail.next_at) == (3, after(minutes=62))
    assert (by_hook.tries, by_hook.next_at) == (3, after(minutes=42))


def refuse(*_: Any) -> None:
    raise SMTPServerDisconnected("Grüße, 服务器")


def test_what_a_mail_server_says_is_told_in_the_reader_s_language(
    incident: Alert, told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EmailMessage, "send", refuse)
    notify(NOW)
    notify(after(minutes=2))
    with override("zh-hans"):
        (failed,) = deliveries(Alert.objects.get())
    assert (failed.tries, failed.error) == (2, "邮件服务器未接受：Grüße, 服务器。")


def test_a_message_that_cannot_be_made_holds_up_no_other(
    incident: Alert, told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Alert.objects.get()
    other.pk, other.key, other.starts_at = None, "two", other.starts_at - timedelta(days=1)
    other.save()
    whole = alerts_delivery.title
    monkeypatch.setattr(alerts_delivery, "title", lambda alert: whole(alert) if alert.key == "two" else 1 / 0)
    assert notify(NOW) == 1
    (failed,) = deliveries(incident_now())
    assert "ZeroDivisionError" in failed.error


def incident_now() -> Alert:
    return Alert.objects.get(key="one")


def test_nobody_is_woken_for_what_somebody_saw(incident: Alert, hook: Hook, cast: Cast) -> None:
    notify(NOW)
    mark_seen(cast.analyst, incident)
    notify(after(hours=2))
    assert len(hook.asked) == 1
    assert deliveries(incident_now())[1].next_at is None


def test_who_asks_has_it_tried_at_once_and_for_another_day(
    incident: Alert, hook: Hook, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[Any] = []
    monkeypatch.setattr(alerts_delivery, "call_task", lambda *told: called.append(told))
    notify(NOW)
    notify(after(days=2))
    assert states()["webhook"] == "given up"
    mark_seen(cast.analyst, incident)
    assert try_again(incident_now(), after(days=3))
    assert called == [("analytics.tasks.tell_alert", incident.pk)]
    tell(incident.pk, after(days=3))
    notify(after(days=3, minutes=2))
    assert len(hook.asked) == 4
    hook.answers = [200]
    tell(incident.pk, after(days=3, minutes=12))
    assert states() == {"email": "sent", "webhook": "sent"}
    assert len(mail.outbox) == 1


def test_a_closed_alert_is_told_to_nobody_whoever_asks(incident: Alert, hook: Hook) -> None:
    notify(NOW)
    close(None, incident)
    assert not try_again(incident_now())
    tell(incident.pk, after(hours=1))
    assert len(hook.asked) == 1


def test_two_workers_tell_it_once(incident: Alert, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    hook.answers = [204]

    def meanwhile(*_: Any) -> None:
        assert notify(NOW) == 0

    monkeypatch.setattr(EmailMessage, "send", meanwhile)
    assert notify(NOW) == 1
    assert (states(), len(hook.asked)) == ({"email": "sent", "webhook": "sent"}, 1)


def test_a_worker_that_was_killed_at_it_is_no_end(incident: Alert, hook: Hook) -> None:
    at = {"first": NOW.isoformat(), "next": after(minutes=2).isoformat(), "tries": 1, "state": "sending"}
    Alert.objects.update(deliveries={"webhook": at})
    notify(after(minutes=1))
    assert not hook.asked
    notify(after(minutes=2))
    assert len(hook.asked) == 1


def test_without_settings_the_page_is_enough(incident: Alert, now_is_then: None) -> None:
    assert notify() == 1
    assert mail.outbox == []


def test_what_a_worker_left_half_done_of_an_alert_that_was_seen_can_be_sent_again(
    incident: Alert, told: Any, cast: Cast
) -> None:
    before = (NOW - timedelta(hours=1)).isoformat()
    state = {"state": "sending", "tries": 1, "first": before, "next": before}
    Alert.objects.filter(pk=incident.pk).update(deliveries={"email": state})
    incident.refresh_from_db()
    assert deliveries(incident)[0].state == "sending"
    mark_seen(cast.analyst, incident)
    incident.refresh_from_db()
    (found,) = deliveries(incident)
    assert (found.state, found.error) == ("failed", "The worker that was sending it ended.")
    assert try_again(incident, NOW)


def test_an_old_alert_is_tried_again_as_long_as_somebody_asked_for_it(
    incident: Alert, told: Any, settings: Any
) -> None:
    state = {"state": "failed", "tries": 1, "first": NOW.isoformat(), "next": NOW.isoformat(), "asked": True}
    old = NOW - timedelta(days=90)
    Alert.objects.filter(pk=incident.pk).update(ends_at=old, deliveries={"email": state})
    assert notify(NOW) == 1
    assert len(mail.outbox) == 1
