"""The pages of alerts: what stands, what is silenced, and the rules behind it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from analytics.models import AlertRule, AuditEntry, Incident, Silence
from analytics.services.monitoring.rules_words import duration
from recommender.said import say
from tests.conftest import Cast

pytestmark = pytest.mark.django_db
GOOD = {
    "name": "Pages fail",
    "measure": "web.errors",
    "labels": "view=*\nstatus=50*",
    "condition": "above",
    "threshold": "0.1",
    "window": "300",
    "hold": "60",
    "severity": "critical",
    "by_mail": "on",
}


@pytest.fixture
def own(db: None) -> AlertRule:
    return AlertRule.objects.create(name="Pages <b>fail</b>", measure="web.errors", threshold=0.1)


@pytest.fixture
def standing(own: AlertRule) -> Incident:
    return Incident.objects.create(
        rule=own,
        subject="feed",
        value=0.2,
        reason=say("Nothing was recorded in the last {window}.", window=duration(60)).as_json(),
        evidence="/analytics/monitoring/?measure=web.errors",
        since=timezone.now() - timedelta(minutes=5),
        deliveries={
            "webhook": {
                "state": "failed",
                "error": say("The webhook answered {status}.", status=500).as_json(),
            }
        },
    )


def page(client: Client, route: str, *args: Any, **query: Any) -> str:
    answer = client.get(reverse(route, args=args), query)
    assert answer.status_code == 200
    return answer.content.decode()


def deeds() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))


# -- alerts --------------------------------------------------------------------------------------------------


def test_an_alert_shows_its_reason_its_evidence_and_how_its_telling_went(
    operator: Client, standing: Incident
) -> None:
    text = page(operator, "monitoring_alerts")
    assert "Pages &lt;b&gt;fail&lt;/b&gt;" in text
    assert "Nothing was recorded in the last 1 min." in text
    assert 'href="/analytics/monitoring/?measure=web.errors"' in text
    assert "The webhook answered 500." in text


def test_an_alert_is_read_in_the_readers_language(operator: Client, standing: Incident) -> None:
    operator.cookies["django_language"] = "zh-hans"
    text = page(operator, "monitoring_alerts")
    assert "最近 1 分钟 没有任何记录。" in text
    assert "Webhook 返回了 500。" in text


def test_an_error_that_an_older_release_kept_is_shown_as_it_is(operator: Client, standing: Incident) -> None:
    Incident.objects.update(deliveries={"mail": {"state": "failed", "error": "The mail server said no."}})
    assert "The mail server said no." in page(operator, "monitoring_alerts")


def test_a_length_that_an_older_release_kept_is_shown_as_it_is(operator: Client, standing: Incident) -> None:
    Incident.objects.update(
        reason=say("Nothing was recorded in the last {window}.", window="1 min").as_json()
    )
    assert "Nothing was recorded in the last 1 min." in page(operator, "monitoring_alerts")


def test_times_and_what_is_done_with_a_rule_are_read_in_the_readers_language(
    operator: Client, own: AlertRule
) -> None:
    operator.cookies["django_language"] = "zh-hans"
    form = page(operator, "monitoring_rule", own.pk)
    assert ">5 分钟</option>" in form
    assert ">保存</button>" in form
    rules = page(operator, "monitoring_rules")
    assert "统计 5 分钟" in rules
    assert "5 min" not in rules
    assert ">8 小时</option>" in page(operator, "monitoring_alerts")


def test_how_often_an_alert_opened_is_shown_once_it_came_back(operator: Client, standing: Incident) -> None:
    assert "opened 1 time" not in page(operator, "monitoring_alerts")
    Incident.objects.update(opened=4)
    assert "opened 4 times" in page(operator, "monitoring_alerts_live")
    Incident.objects.update(ended_at=timezone.now())
    operator.cookies["django_language"] = "zh-hans"
    assert "触发 4 次" in page(operator, "monitoring_alerts")


def test_the_tab_counts_the_alerts_that_stand(operator: Client, standing: Incident) -> None:
    assert '<span class="tag tag-bad number">1</span>' in page(operator, "monitoring")


def test_alerts_that_are_over_stay_for_two_weeks(operator: Client, own: AlertRule) -> None:
    now = timezone.now()
    for subject, days in (("recent", 13), ("old", 15)):
        ended = now - timedelta(days=days)
        Incident.objects.create(rule=own, subject=subject, since=ended, ended_at=ended)
    text = page(operator, "monitoring_alerts")
    assert "recent" in text
    assert "old</span>" not in text


def test_the_live_part_asks_again_later_and_later(operator: Client, standing: Incident) -> None:
    text = page(operator, "monitoring_alerts_live", beat="3")
    assert "beat=4" in text
    assert "<html" not in text


# -- silences ------------------------------------------------------------------------------------------------


def test_a_silence_of_one_alert_is_kept_with_who_and_why(
    operator: Client, standing: Incident, cast: Cast
) -> None:
    given = {"rule": standing.rule_id, "subject": "feed", "length": "60", "reason": "We know."}
    assert operator.post(reverse("monitoring_silence"), given).status_code == 302
    made = Silence.objects.get()
    assert (made.rule, made.subject, made.reason, made.by) == (
        standing.rule,
        "feed",
        "We know.",
        cast.operator,
    )
    assert timedelta(minutes=59) < made.until - timezone.now() <= timedelta(hours=1)
    assert deeds() == ["silence alerts"]
    assert "silenced" in page(operator, "monitoring_alerts")


def test_the_form_of_silences_is_filled_in_for_an_alert(operator: Client, standing: Incident) -> None:
    text = page(operator, "monitoring_alerts", silence=standing.pk)
    assert f'<option value="{standing.rule_id}" selected>' in text
    assert 'value="feed"' in text


@pytest.mark.parametrize(
    ("measure", "subject", "shown"),
    [("lights.level", "workers", "工作进程"), ("web.errors", "(none)", "（静态文件和未知地址）")],
)
def test_what_an_alert_is_about_is_named_in_the_readers_language_and_silenced_by_that_name(
    operator: Client, standing: Incident, measure: str, subject: str, shown: str
) -> None:
    AlertRule.objects.update(measure=measure)
    Incident.objects.update(subject=subject)
    operator.cookies["django_language"] = "zh-hans"
    text = page(operator, "monitoring_alerts", silence=standing.pk)
    assert f'<span class="muted break">{shown}</span>' in text
    assert f'value="{shown}"' in text
    given = {"rule": standing.rule_id, "subject": shown, "length": "60"}
    assert operator.post(reverse("monitoring_silence"), given).status_code == 302
    assert Silence.objects.get().subject == subject


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"length": "until"}, "until", "A time is needed."),
        ({"length": "until", "until": "2001-01-01T10:00"}, "until", "That is over already."),
        ({"length": "until", "until": "9999-12-31T23:59"}, "until", "At most a year"),
        ({"length": "until", "until": "tomorrow"}, "until", "Enter a valid date"),
        ({"length": "7"}, "length", "Select a valid choice"),
        ({"length": "60", "rule": "999999"}, "rule", "Select a valid choice"),
        ({"length": "60", "reason": "x" * 301}, "reason", "at most 300"),
    ],
)
def test_a_silence_that_makes_no_sense_is_named_at_its_field(
    operator: Client, given: dict[str, str], field: str, words: str
) -> None:
    answer = operator.post(reverse("monitoring_silence"), given)
    assert any(words in error for error in answer.context["form"].errors[field])
    assert words in answer.content.decode()
    assert not Silence.objects.exists()
    assert deeds() == []


def test_a_silence_is_lifted_once(operator: Client) -> None:
    made = Silence.objects.create(until=timezone.now() + timedelta(hours=1))
    for _ in range(2):
        assert operator.post(reverse("monitoring_silence_lift", args=[made.pk])).status_code == 302
    assert not Silence.objects.standing(timezone.now()).exists()
    assert deeds() == ["lift silence"]


# -- rules ---------------------------------------------------------------------------------------------------


def test_a_rule_is_made(operator: Client) -> None:
    assert operator.post(reverse("monitoring_rule_new"), GOOD).status_code == 302
    made = AlertRule.objects.get(name="Pages fail")
    assert made.labels == {"view": "*", "status": "50*"}
    assert (made.threshold, made.window, made.by_mail, made.by_webhook) == (0.1, 300, True, False)
    assert deeds() == ["add alert rule"]


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"name": ""}, "name", "required"),
        ({"measure": "nothing.such"}, "measure", "Select a valid choice"),
        ({"labels": "view"}, "labels", "is not name=value"),
        ({"labels": "view=a\nview=b"}, "labels", "named twice"),
        (
            {"labels": "colour=red"},
            "labels",
            "This measure has no label colour; it has: status, view, method.",
        ),
        ({"threshold": ""}, "threshold", "A number is needed."),
        ({"threshold": "nan"}, "threshold", "Enter a number."),
        ({"condition": "changed", "threshold": "0"}, "threshold", "Of a change"),
        ({"condition": "changed", "threshold": "-3"}, "threshold", "Of a change"),
        ({"window": "7"}, "window", "Select a valid choice"),
        ({"hold": "-1"}, "hold", "Select a valid choice"),
        ({"fewest": "-1"}, "fewest", "greater than or equal to 0"),
        ({"fewest": "many"}, "fewest", "Enter a whole number"),
    ],
)
def test_a_rule_that_makes_no_sense_is_named_at_its_field(
    operator: Client, wrong: dict[str, str], field: str, words: str
) -> None:
    before = AlertRule.objects.count()
    answer = operator.post(reverse("monitoring_rule_new"), GOOD | wrong)
    assert any(words in error for error in answer.context["form"].errors[field])
    assert AlertRule.objects.count() == before
    assert deeds() == []


def test_of_how_many_a_share_has_to_be_is_kept_and_said(operator: Client) -> None:
    operator.post(reverse("monitoring_rule_new"), GOOD | {"fewest": "35"})
    operator.post(reverse("monitoring_rule_new"), GOOD | {"name": "Many answers", "measure": "web.requests"})
    made = AlertRule.objects.get(name="Pages fail")
    assert made.fewest == 35
    assert 'name="fewest" value="35"' in page(operator, "monitoring_rule", made.pk)
    assert AlertRule.objects.get(name="Many answers").fewest == 20
    text = page(operator, "monitoring_rules")
    assert text.count("of at least 35") == 1
    said = text.partition("Many answers</a>")[2].partition("</li>")[0]
    assert "of at least" not in said  # a rate is one, of however few


def test_absence_needs_no_threshold(operator: Client) -> None:
    given = GOOD | {"condition": "absent", "threshold": ""}
    assert operator.post(reverse("monitoring_rule_new"), given).status_code == 302


def test_a_rule_that_now_asks_for_something_else_ends_what_it_found(
    operator: Client, standing: Incident
) -> None:
    operator.post(reverse("monitoring_rule", args=[standing.rule_id]), GOOD | {"measure": "web.requests"})
    assert not Incident.objects.standing().exists()


def test_another_threshold_leaves_the_alert(operator: Client, standing: Incident) -> None:
    given = GOOD | {"labels": "", "threshold": "0.15"}
    operator.post(reverse("monitoring_rule", args=[standing.rule_id]), given)
    assert Incident.objects.standing().exists()
    assert deeds() == ["change alert rule"]


def test_a_shipped_rule_on_what_is_not_measured_can_still_be_changed(operator: Client) -> None:
    shipped = AlertRule.objects.exclude(key="").get(key="recall")
    AlertRule.objects.filter(pk=shipped.pk).update(measure="nothing.such", window=4_242)
    given = GOOD | {"measure": "nothing.such", "labels": "", "window": "4242"}
    assert operator.post(reverse("monitoring_rule", args=[shipped.pk]), given).status_code == 302


def test_a_rule_is_switched_off_once_and_its_alert_ends(operator: Client, standing: Incident) -> None:
    for _ in range(2):
        operator.post(reverse("monitoring_rule_switch", args=[standing.rule_id]), {"on": "0"})
    assert not AlertRule.objects.get(pk=standing.rule_id).enabled
    assert not Incident.objects.standing().exists()
    assert deeds() == ["switch off alert rule"]


def test_a_rule_made_here_is_deleted(operator: Client, own: AlertRule) -> None:
    operator.post(reverse("monitoring_rule_delete", args=[own.pk]))
    assert not AlertRule.objects.filter(pk=own.pk).exists()
    assert deeds() == ["delete alert rule"]


def test_before_a_rule_is_deleted_it_says_how_many_alerts_go_with_it(
    operator: Client, standing: Incident
) -> None:
    ended = {"ended_at": timezone.now(), "since": timezone.now()}
    Incident.objects.create(rule=standing.rule, subject="search", value=0.3, **ended)
    asked = page(operator, "monitoring_rule_delete", standing.rule_id)
    assert "2 alerts of it go with it." in asked
    assert "1 of them stands now." in asked
    assert AlertRule.objects.filter(pk=standing.rule_id).exists()


def test_the_page_of_a_rule_leads_to_the_question_before_it_is_deleted(
    operator: Client, own: AlertRule
) -> None:
    address = reverse("monitoring_rule_delete", args=[own.pk])
    text = page(operator, "monitoring_rule", own.pk)
    assert f'href="{address}"' in text
    assert f'action="{address}"' not in text


def test_a_shipped_rule_is_not_deleted(operator: Client) -> None:
    shipped = AlertRule.objects.get(key="slow")
    answer = operator.post(reverse("monitoring_rule_delete", args=[shipped.pk]), follow=True)
    assert "switched off, not deleted" in answer.content.decode()
    assert AlertRule.objects.filter(pk=shipped.pk).exists()


def test_a_shipped_rule_is_named_in_the_readers_language_until_it_is_renamed(operator: Client) -> None:
    AlertRule.objects.filter(key="errors").update(name="Our errors")
    operator.cookies["django_language"] = "zh-hans"
    text = page(operator, "monitoring_rules")
    assert "页面变慢" in text
    assert "Our errors" in text


def test_the_preview_says_how_often_it_would_have_fired(operator: Client) -> None:
    assert "0 times in the last 7 days" in page(operator, "monitoring_rule_preview", **GOOD | {"name": ""})


def test_measures_are_offered_with_their_units_in_words(operator: Client) -> None:
    operator.cookies["django_language"] = "zh-hans"
    chinese = page(operator, "monitoring_rule_new")
    assert ">失败响应的比例（0 至 1）<" in chinese
    assert ">可用内存（字节）<" in chinese
    del operator.cookies["django_language"]
    english = page(operator, "monitoring_rule_new")
    for offered in ("Answers (per second)", "Time to answer, median (seconds)", "Available memory (bytes)"):
        assert f">{offered}<" in english
    assert ">Share of failed answers (0 to 1)<" in english
    assert ">Messages that wait<" in english


def test_the_limit_of_the_preview_is_read_in_the_readers_language(operator: Client) -> None:
    operator.cookies["django_language"] = "zh-hans"
    given = GOOD | {"name": "", "measure": "web.p95", "labels": "", "threshold": "0.5"}
    assert ">500 毫秒</span>" in page(operator, "monitoring_rule_preview", **given)


def test_the_preview_of_half_a_form_names_the_unit_in_words(operator: Client) -> None:
    assert "Unit: per second" in page(operator, "monitoring_rule_preview", measure="web.requests")


def test_the_preview_of_half_a_form_asks_for_the_rest(operator: Client) -> None:
    assert "Once the fields are right" in page(operator, "monitoring_rule_preview", measure="web.errors")


def test_reviews_and_site_link_to_each_others_alerts_for_those_who_may(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.superuser)
    assert reverse("sentiment_alerts") in page(client, "monitoring_alerts")
    assert reverse("monitoring_alerts") in page(client, "sentiment_alerts")
    client.force_login(cast.analyst)
    assert reverse("monitoring_alerts") not in page(client, "sentiment_alerts")
