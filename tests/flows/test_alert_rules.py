"""An operator meets an alert, silences it, and makes a rule of their own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from analytics.models import AlertRule, Incident, Silence
from analytics.services.audit import note
from recommender.said import say
from tests.conftest import Cast

if TYPE_CHECKING:
    from playwright.sync_api import Page

LogIn = Callable[[Any, User], None]


def stands() -> Incident:
    rule = AlertRule.objects.create(name="Feed fails", measure="web.errors", threshold=0.05, window=300)
    text = "It is {value} over the last {window}; more than {limit} is too much."
    return Incident.objects.create(
        rule=rule,
        subject="feed",
        severity="critical",
        reason=say(text, value="7.2 %", window="5 min", limit="5 %").as_json(),
        since=timezone.now() - timedelta(minutes=7),
    )


def test_an_operator_silences_an_alert_and_lifts_the_silence(
    page: Page, log_in: LogIn, live_site: str, cast: Cast
) -> None:
    stands()
    log_in(page, cast.operator)
    page.goto(live_site + reverse("monitoring_alerts"))
    card = page.locator(".incident")
    assert "It is 7.2 % over the last 5 min; more than 5 % is too much." in card.inner_text()
    card.get_by_role("link", name="Silence").click()
    page.get_by_label("Reason").fill("We know.")
    page.locator("#silence").get_by_role("button", name="Silence").click()
    page.locator(".incident .tag", has_text="silenced").wait_for()
    made = Silence.objects.get()
    assert (made.rule.name if made.rule else "", made.subject, made.reason) == (
        "Feed fails",
        "feed",
        "We know.",
    )
    page.get_by_role("button", name="Lift the silence").click()
    page.locator(".incident .tag", has_text="silenced").wait_for(state="detached")


def test_an_operator_makes_a_rule_and_is_told_how_often_it_would_have_fired(
    phone: Page, log_in: LogIn, live_site: str, cast: Cast
) -> None:
    log_in(phone, cast.operator)
    phone.goto(live_site + reverse("monitoring_rule_new"))
    phone.get_by_label("Name").fill("Slow feed")
    phone.get_by_label("Measure").select_option("web.p95")
    phone.get_by_label("Limited to").fill("view=feed")
    phone.get_by_label("Threshold").fill("0.5")
    phone.get_by_label("Threshold").blur()
    phone.locator("#rule-preview").get_by_text("500 ms", exact=True).wait_for()
    assert phone.get_by_text("It would have fired 0 times in the last 7 days.").is_visible()
    phone.get_by_role("button", name="Save").click()
    phone.get_by_role("link", name="Slow feed", exact=True).wait_for()
    width = phone.evaluate("document.documentElement.scrollWidth")
    assert width <= 390


def test_the_tab_that_is_open_is_in_sight_on_a_phone(
    phone: Page, log_in: LogIn, live_site: str, cast: Cast
) -> None:
    from playwright.sync_api import expect

    log_in(phone, cast.operator)
    phone.goto(live_site + reverse("monitoring_alerts"))
    expect(phone.locator(".subnav [aria-current]")).to_be_in_viewport(ratio=1)


def test_what_was_done_is_read_in_lines_of_some_length_on_a_phone(
    phone: Page, log_in: LogIn, live_site: str, cast: Cast, no_overflow: Callable[[Any], None]
) -> None:
    note(cast.operator, "task.again", "recommender.tasks.sweep 0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0")
    log_in(phone, cast.operator)
    phone.goto(live_site + reverse("monitoring_audit"))
    box = phone.locator("td.deed").bounding_box()
    assert box
    assert box["width"] >= 280
    no_overflow(phone)
