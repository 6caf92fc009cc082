"""Telling of alerts: once when they open and once when they end, by mail and to a real web server."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.utils.translation import override

from analytics.models import AlertRule, Incident, Silence
from analytics.services.monitoring import rules_delivery as delivery
from recommender.models.telling import translated, translated_json
from recommender.said import Said, say
from tests.analytics.services.monitoring.history_made import rule

pytestmark = pytest.mark.django_db
NOW = float(int(time.time()))


class Hook:
    """What a web server of the test's own was sent; it answers with ``answers`` in turn, then with 200."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.bodies: list[dict[str, Any]] = []

    def serve(self) -> ThreadingHTTPServer:
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                hook.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(hook.answers.pop(0) if hook.answers else 200)
                self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *_: Any) -> None: ...

        return ThreadingHTTPServer(("127.0.0.1", 0), Handler)


@pytest.fixture
def hook(settings: Any) -> Iterator[Hook]:
    found = Hook()
    server = found.serve()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    settings.ALERT_WEBHOOK_URL = f"http://127.0.0.1:{server.server_port}/hook"
    yield found
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def by_mail(settings: Any) -> None:
    settings.ALERT_EMAILS = ["ops@example.org"]
    settings.SITE_URL = "https://shop.example.org/"


def incident(**given: Any) -> Incident:
    return Incident.objects.create(
        **{
            "rule": AlertRule.objects.filter(name="Clicks").first() or rule(),
            "reason": say("Nothing was recorded in the last {window}.", window="1 min").as_json(),
            "remedy": say("{words}", words="Call Ada, not {Bob}.").as_json(),
            "evidence": "/analytics/monitoring/?measure=x",
            "since": datetime.fromtimestamp(NOW - 60, UTC),
        }
        | given
    )


def end(one: Incident, at: float) -> None:
    Incident.objects.filter(pk=one.pk).update(ended_at=datetime.fromtimestamp(at, UTC))


def state(one: Incident, way: str) -> str:
    return str(Incident.objects.get(pk=one.pk).deliveries.get(way, {}).get("state", ""))


def test_an_alert_is_mailed_once_in_both_languages_with_the_reason_and_the_link(by_mail: None) -> None:
    incident(subject="like")
    delivery.deliver(NOW)
    delivery.deliver(NOW + 10)
    (letter,) = mail.outbox
    assert letter.subject == "Alert: Clicks: like"
    assert "Nothing was recorded in the last 1 min." in letter.body
    assert "预警" in letter.body
    assert "Call Ada, not {Bob}." in letter.body
    assert letter.body.endswith("https://shop.example.org/analytics/monitoring/?measure=x")


def test_that_it_is_over_is_mailed_once(by_mail: None) -> None:
    one = incident()
    delivery.deliver(NOW)
    end(one, NOW + 50)
    delivery.deliver(NOW + 60)
    delivery.deliver(NOW + 70)
    assert [letter.subject for letter in mail.outbox] == ["Alert: Clicks", "Over: Clicks"]
    assert "Last known: Nothing was recorded in the last 1 min." in mail.outbox[1].body


def test_a_line_break_in_a_name_makes_no_header(by_mail: None) -> None:
    incident(rule=rule(name="Clicks\nBcc: all@example.org"))
    delivery.deliver(NOW)
    assert mail.outbox[0].subject == "Alert: Clicks Bcc: all@example.org"


def test_a_webhook_that_fails_is_tried_again_later_and_then_told_once(hook: Hook) -> None:
    one = incident()
    hook.answers = [500, 503]
    for seconds in (0, 10, 20, 30, 40, 80, 90, 100, 500):
        delivery.deliver(NOW + seconds)
    assert len(hook.bodies) == 3
    assert state(one, "webhook") == "sent"
    assert hook.bodies[-1]["event"] == "opened"
    assert hook.bodies[-1]["reason"] == "Nothing was recorded in the last 1 min."


def test_a_failure_is_kept_where_the_page_shows_it(hook: Hook) -> None:
    one = incident()
    hook.answers = [500]
    delivery.deliver(NOW)
    one.refresh_from_db()
    assert one.deliveries["webhook"]["error"] == {
        "text": "The webhook answered {status}.",
        "values": {"status": 500},
    }
    assert one.told_at is None


def test_a_redirect_is_a_refusal(hook: Hook) -> None:
    one = incident()
    hook.answers = [302]
    delivery.deliver(NOW)
    assert len(hook.bodies) == 1
    assert state(one, "webhook") == "failed"


def test_after_an_hour_it_is_given_up_after_ever_longer_waits(hook: Hook) -> None:
    one = incident()
    hook.answers = [500] * 100
    tried = []
    for seconds in range(0, 3 * 3600, 10):
        before = len(hook.bodies)
        delivery.deliver(NOW + seconds)
        tried += [seconds] * (len(hook.bodies) - before)
    assert tried == [0, 30, 90, 210, 450, 930, 1890, 3600]
    assert state(one, "webhook") == "given up"


def test_an_alert_that_cannot_be_worded_holds_up_none_behind_it(
    by_mail: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, sound = incident(subject="a"), incident(subject="b")
    worded = delivery._body
    monkeypatch.setattr(
        delivery, "_body", lambda one, over: {}["gone"] if one.subject == "a" else worded(one, over)
    )
    assert delivery.deliver(NOW) == 1
    assert (state(broken, "mail"), state(sound, "mail")) == ("failed", "sent")


@pytest.mark.parametrize(
    ("error", "english", "chinese"),
    [
        (
            SMTPServerDisconnected("gone"),
            "The mail server did not take it: gone.",
            "邮件服务器未接受：gone。",
        ),
        (
            KeyError("of ours"),
            "The message could not be made (KeyError); the log of the watch process has the details.",
            "无法生成消息（KeyError）；详情见监视进程的日志。",
        ),
    ],
)
def test_why_a_letter_was_not_sent_is_read_in_each_language(
    by_mail: None, monkeypatch: pytest.MonkeyPatch, error: Exception, english: str, chinese: str
) -> None:
    def refuse(self: EmailMessage) -> None:
        raise error

    monkeypatch.setattr(EmailMessage, "send", refuse)
    one = incident()
    delivery.deliver(NOW)
    one.refresh_from_db()
    why = Said.of_json(one.deliveries["mail"]["error"])
    for language, expected in (("en", english), ("zh-hans", chinese)):
        with override(language):
            assert translated(why) == expected


def test_a_webhook_that_cannot_be_reached_is_told_in_each_language(settings: Any) -> None:
    with socket.socket() as unused:  # bound, but nobody listens
        unused.bind(("127.0.0.1", 0))
        settings.ALERT_WEBHOOK_URL = f"http://127.0.0.1:{unused.getsockname()[1]}/hook"
        one = incident()
        delivery.deliver(NOW)
    one.refresh_from_db()
    with override("zh-hans"):
        assert translated_json(one.deliveries["webhook"]["error"]) == "无法连接 Webhook：ConnectionError。"


def test_one_way_that_fails_does_not_tell_the_other_twice(hook: Hook, by_mail: None) -> None:
    incident()
    hook.answers = [500]
    for seconds in (0, 40):
        delivery.deliver(NOW + seconds)
    assert (len(mail.outbox), len(hook.bodies)) == (1, 2)


def test_a_way_that_the_rule_leaves_out_is_not_told(hook: Hook, by_mail: None) -> None:
    incident(rule=rule(by_webhook=False))
    delivery.deliver(NOW)
    assert (len(mail.outbox), len(hook.bodies)) == (1, 0)


def test_whoever_lost_the_race_tells_nobody(by_mail: None) -> None:
    one = incident()
    other = Incident.objects.get(pk=one.pk)
    assert delivery._written(one, "mail", {"state": "trying"}, NOW)
    assert not delivery._written(other, "mail", {"state": "trying"}, NOW)


# -- silence -------------------------------------------------------------------------------------------------


def quiet(**given: Any) -> Silence:
    until = datetime.fromtimestamp(NOW, UTC) + timedelta(minutes=15)
    return Silence.objects.create(**{"until": until} | given)


def test_a_silence_of_all_keeps_every_alert_from_being_told(by_mail: None) -> None:
    incident()
    quiet()
    delivery.deliver(NOW)
    assert mail.outbox == []


def test_a_silence_of_another_rule_or_subject_does_not(by_mail: None) -> None:
    incident(subject="like")
    quiet(rule=rule(name="Other"))
    quiet(subject="skip")
    delivery.deliver(NOW)
    assert len(mail.outbox) == 1


def test_what_stands_when_the_silence_is_over_is_told_then(by_mail: None) -> None:
    incident()
    quiet()
    delivery.deliver(NOW)
    delivery.deliver(NOW + 901)
    assert len(mail.outbox) == 1


def test_what_came_and_went_in_silence_is_never_told(by_mail: None) -> None:
    one = incident()
    quiet()
    delivery.deliver(NOW)
    end(one, NOW + 60)
    delivery.deliver(NOW + 901)
    assert mail.outbox == []


# -- beside the watch ----------------------------------------------------------------------------------------


def test_a_round_of_the_watch_tells_in_a_thread_of_its_own(transactional_db: None, by_mail: None) -> None:
    incident()
    delivery.deliver_aside(NOW)
    for thread in threading.enumerate():
        if thread.name == "alert delivery":
            thread.join(10)
    assert len(mail.outbox) == 1


def test_a_round_does_not_wait_for_one_that_is_still_telling(by_mail: None) -> None:
    incident()
    with delivery._sending:
        delivery.deliver_aside(NOW)
    assert mail.outbox == []
