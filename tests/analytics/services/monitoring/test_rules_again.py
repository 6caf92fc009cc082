"""An alert that comes back soon is the one it was, and is not told each time."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from django.core import mail

from analytics.models import AlertRule, Incident
from analytics.services.monitoring import rules, rules_desk
from analytics.services.monitoring import rules_delivery as delivery
from analytics.services.monitoring.rules_again import AGAIN_SECONDS, _open_again, open_or_open_again
from recommender.said import say
from tests.analytics.services.monitoring.history_made import LIKE, NOW, _own_rules_alone, plant, rule
from tests.conftest import Cast

__all__ = ["_own_rules_alone"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def edge() -> AlertRule:
    return rule(window=30)


@pytest.fixture
def by_mail(settings: Any) -> None:
    settings.ALERT_EMAILS = ["ops@example.org"]


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(NOW + seconds, UTC)


def opens(one: AlertRule, seconds: float, subject: str = "", value: float = 3.0) -> None:
    reason = say("Nothing was recorded in the last {window}.", window=f"{value:g} min").as_json()
    made = Incident(rule=one, subject=subject, value=value, reason=reason, since=moment(seconds))
    open_or_open_again([made], NOW + seconds)


def ends(seconds: float) -> None:
    Incident.objects.standing().update(ended_at=moment(seconds))


def told() -> list[str]:
    return [letter.subject.partition(":")[0] for letter in mail.outbox]


# -- one alert or two ----------------------------------------------------------------------------------------


def test_a_value_on_its_edge_is_one_alert_that_opened_several_times(edge: AlertRule) -> None:
    for start in range(0, 960, 240):
        plant(NOW + start, NOW + start + 120, {LIKE: 30})
        plant(NOW + start + 120, NOW + start + 240, {LIKE: 0})
    for seconds in range(60, 960, 10):
        rules.look(NOW + seconds)
    one = Incident.objects.get()
    assert one.opened == 4
    assert one.since < moment(60)


def test_an_alert_that_comes_back_stands_since_it_first_did_as_it_is_now(edge: AlertRule) -> None:
    opens(edge, 0, value=3)
    ends(60)
    opens(edge, 60 + AGAIN_SECONDS - 1, value=5)
    one = Incident.objects.get()
    assert (one.opened, one.ended_at, one.since, one.value) == (2, None, moment(0), 5)
    assert one.reason["values"] == {"window": "5 min"}


def test_an_alert_that_comes_later_is_another(edge: AlertRule) -> None:
    opens(edge, 0)
    ends(60)
    opens(edge, 60 + AGAIN_SECONDS)
    assert list(Incident.objects.order_by("pk").values_list("opened", flat=True)) == [1, 1]


def test_one_about_something_else_is_another(edge: AlertRule) -> None:
    opens(edge, 0, "like")
    ends(60)
    opens(edge, 120, "skip")
    opens(rule(name="Other"), 120, "like")
    assert Incident.objects.count() == 3


def test_of_several_that_ended_the_last_comes_back(edge: AlertRule) -> None:
    for start in (0, 100):
        Incident.objects.create(rule=edge, since=moment(start), ended_at=moment(start + 10))
    opens(edge, 200)
    assert Incident.objects.standing().get().since == moment(100)


def test_after_its_rule_was_switched_off_it_is_another(edge: AlertRule, cast: Cast) -> None:
    opens(edge, 0)
    rules_desk.switch(cast.operator, edge, on=False)
    rules_desk.switch(cast.operator, edge, on=True)
    Incident.objects.update(ended_at=moment(10))
    opens(edge, 20)
    assert Incident.objects.count() == 2


def test_two_watches_that_see_it_come_back_open_it_once(edge: AlertRule) -> None:
    opens(edge, 0)
    ends(60)
    ended = Incident.objects.get()
    one = Incident(rule=edge, since=moment(120))
    for _watch in range(2):
        _open_again(ended, one)
    opens(edge, 121)
    assert Incident.objects.get().opened == 2


def test_one_that_already_stands_is_not_joined_by_the_one_before(edge: AlertRule) -> None:
    opens(edge, 0)
    ends(60)
    ended = Incident.objects.get()
    Incident.objects.create(rule=edge, since=moment(70))
    _open_again(ended, Incident(rule=edge, since=moment(120)))
    assert Incident.objects.standing().get().since == moment(70)


# -- telling -------------------------------------------------------------------------------------------------


def test_one_that_flaps_each_minute_is_told_every_quarter_of_an_hour(edge: AlertRule, by_mail: None) -> None:
    messages: list[tuple[int, str]] = []
    for seconds in range(0, 3600, 10):
        if seconds % 60 == 0:
            opens(edge, seconds)
        elif seconds % 60 == 30:
            ends(seconds)
        before = len(mail.outbox)
        delivery.deliver(NOW + seconds)
        messages += [(seconds, word) for word in told()[before:]]
    assert Incident.objects.get().opened == 60
    assert messages[:2] == [(0, "Alert"), (30, "Over")]
    assert [word for _, word in messages] == ["Alert", "Over"] * (len(messages) // 2)
    openings = [seconds for seconds, word in messages if word == "Alert"]
    assert len(openings) == 4
    assert all(later - earlier >= AGAIN_SECONDS for earlier, later in pairwise(openings))


def test_that_it_is_back_is_told_once_with_how_often_it_opened(edge: AlertRule, by_mail: None) -> None:
    opens(edge, 0)
    delivery.deliver(NOW)
    ends(60)
    delivery.deliver(NOW + 60)
    opens(edge, 120)
    for seconds in range(120, 5000, 10):
        delivery.deliver(NOW + seconds)
        if seconds < 60 + AGAIN_SECONDS:
            assert told() == ["Alert", "Over"], seconds
    assert told() == ["Alert", "Over", "Alert"]
    assert "It has opened 2 times since then." in mail.outbox[-1].body
    assert "此后共触发 2 次。" in mail.outbox[-1].body


def test_one_that_is_back_before_its_end_was_told_needs_no_word(edge: AlertRule, by_mail: None) -> None:
    opens(edge, 0)
    delivery.deliver(NOW)
    ends(60)
    opens(edge, 70)
    for seconds in range(70, 5000, 10):
        delivery.deliver(NOW + seconds)
    assert told() == ["Alert"]
    ends(5000)
    delivery.deliver(NOW + 5000)
    assert told() == ["Alert", "Over"]


def test_what_came_back_and_went_before_it_could_be_told_stays_untold(edge: AlertRule, by_mail: None) -> None:
    opens(edge, 0)
    delivery.deliver(NOW)
    ends(60)
    delivery.deliver(NOW + 60)
    opens(edge, 120)
    delivery.deliver(NOW + 120)
    ends(180)
    for seconds in range(180, 3600, 10):
        delivery.deliver(NOW + seconds)
    assert told() == ["Alert", "Over"]


def test_a_way_that_was_given_up_is_tried_again_when_it_comes_back(
    edge: AlertRule, by_mail: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    opens(edge, 0)
    with monkeypatch.context() as broken:
        broken.setattr(delivery, "send_letter", refuse)
        for seconds in range(0, 4000, 10):
            delivery.deliver(NOW + seconds)
    assert Incident.objects.get().deliveries["mail"]["state"] == "given up"
    ends(4000)
    opens(edge, 4010)
    for seconds in range(4010, 6000, 10):
        delivery.deliver(NOW + seconds)
    assert told() == ["Alert"]


def refuse(subject: str, body: str) -> None:
    raise delivery.NotDelivered(say("The webhook answered {status}.", status=500))


def test_the_page_tells_of_the_last_message(edge: AlertRule, by_mail: None) -> None:
    opens(edge, 0)
    delivery.deliver(NOW)
    ends(60)
    delivery.deliver(NOW + 60)
    one = Incident.objects.get()
    assert delivery.last_message(one, "mail")["at"] == NOW + 60
    opens(edge, 120)
    delivery.deliver(NOW + 960)
    assert delivery.last_message(Incident.objects.get(), "mail")["at"] == NOW + 960
