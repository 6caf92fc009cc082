"""An analyst: from a spike to the second of speech behind it; correcting, learning, comparing, going back."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from analytics.models import Alert, Correction, SentimentScore
from analytics.services import corrections
from recommender.models import Media, ModelVersion
from recommender.services import stored
from recommender.services.jobs import start_job
from tests.analytics.scored import Shop, add_review, make_shop, sum_up
from tests.services.shop import tone

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.conftest import Cast

WEEK = 6


@pytest.fixture
def incident(live_site: str) -> tuple[Shop, int]:
    """Ninety quiet days, and one on which the phone's battery is cursed, once aloud; the number of that."""
    shop = make_shop()
    for day in range(1, 40):
        add_review(
            shop.lamp, f"Lovely light, I am happy, evening {day}.", 0.9, days_ago=day, aspects=[("look", 0.8)]
        )
        add_review(
            shop.phone,
            f"A good phone, call {day} was clear.",
            0.7,
            days_ago=day,
            aspects=[("performance", 0.6)],
        )
    for number in range(8):
        add_review(
            shop.phone,
            f"The battery swelled and died, number {number}. Awful.",
            -0.9,
            days_ago=WEEK,
            aspects=[("battery", -0.9)],
        )
    spoken = speak(shop)
    day = timezone.now() - timedelta(days=WEEK)
    behind = SentimentScore.objects.filter(item=shop.phone, label="negative")
    Alert.objects.create(
        key="phone",
        item=shop.phone,
        aspect="battery",
        starts_at=day.replace(hour=0),
        ends_at=day.replace(hour=23),
        reviews=9,
        negative_share=0.9,
        usual_share=0.05,
        p_value=1e-9,
        evidence=list(behind.order_by("-pk").values_list("review_id", flat=True)),
    )
    sum_up()
    return shop, spoken


def speak(shop: Shop) -> int:
    """A spoken complaint whose weight lies at 1.5 seconds; the review's number."""
    score = add_review(
        shop.phone,
        "It died after a week, terrible battery.",
        -0.95,
        days_ago=WEEK,
        aspects=[("battery", -1.0)],
        speech_polarity=-0.8,
        channels="text+speech",
        disagreement=0.1,
    )
    content = tone(220, 3.0)
    checksum = hashlib.sha256(content).hexdigest()
    name = f"originals/{checksum[:2]}/{checksum}.wav"
    stored.put(name, content)
    voice = Media.objects.create(
        review=score.review, kind="audio", file=name, checksum=checksum, state="ready", duration=3.0
    )
    score.details = {
        "channels": {"text": [0.97, 0.02, 0.01], "speech": [0.85, 0.1, 0.05]},
        "words": [["terrible", 22, 30, -0.9], ["died", 3, 7, -0.5]],
        "moments": [[voice.pk, 1.5, 2.2, -0.7]],
    }
    score.save()
    return int(score.review_id)


def drawn(page: Page, key: str) -> Any:
    chart = page.locator(f"#figure-{key} .chart")
    expect(chart).to_have_attribute("data-drawn", "yes")
    return chart


def test_a_spike_in_the_trend_leads_to_the_second_of_speech_behind_it(
    page: Page, live_site: str, cast: Cast, log_in: Callable[..., None], incident: tuple[Shop, int]
) -> None:
    shop, spoken = incident
    log_in(page, cast.analyst)
    page.goto(f"{live_site}/analytics/sentiment/?days=30&item={shop.phone.pk}")
    chart = drawn(page, "trend")
    # Thirty days between the two margins; the cursed one is the seventh from the right.
    box = chart.bounding_box()
    across = 48 + (box["width"] - 100) * (30 - 1 - WEEK) / 29
    with page.expect_navigation():
        chart.click(position={"x": across, "y": box["height"] * 0.75})
    page.wait_for_url("**/sentiment/reviews/**")
    assert f"item={shop.phone.pk}" in page.url
    expect(page.locator(".entry")).to_have_count(10)
    page.get_by_role("link", name="Most negative").click()
    page.wait_for_url("**order=negative**")
    page.locator(f'.entry a[href*="/review/{spoken}/"]').click()
    expect(page.locator("mark.word-bad-4")).to_contain_text("terrible")
    page.get_by_role("button", name=re.compile(r"1\.5–2\.2")).click()
    expect(page.locator("button.moment")).to_have_class(re.compile(r"\bon\b"))
    # The needle follows the recording: half of its three seconds and on.
    expect(page.locator("[data-needle]")).to_have_attribute("x", re.compile(r"^[5-9]\d\d|^1000"))


def test_an_alert_carries_the_reviews_behind_it(
    page: Page, live_site: str, cast: Cast, log_in: Callable[..., None], incident: tuple[Shop, int]
) -> None:
    log_in(page, cast.analyst)
    page.goto(f"{live_site}/analytics/sentiment/")
    page.get_by_role("link", name="Alerts").click()
    card = page.locator(".alert-card")
    expect(card).to_contain_text("Phone: Battery")
    expect(card.locator(".entry")).to_have_count(3)
    card.get_by_role("link", name="Reviews behind it").click()
    expect(page.locator(".entry")).to_have_count(9)
    page.goto(f"{live_site}/analytics/sentiment/alerts/")
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_text("All quiet")).to_be_visible()
    assert Alert.objects.get().state == Alert.State.CLOSED


def test_filters_live_in_the_address_and_go_by_keyboard_table_and_back(
    page: Page, live_site: str, cast: Cast, log_in: Callable[..., None], incident: tuple[Shop, int]
) -> None:
    log_in(page, cast.analyst)
    page.goto(f"{live_site}/analytics/sentiment/")
    page.locator("#f-aspect").select_option("battery")
    page.wait_for_url("**aspect=battery**")
    expect(page.locator(".limit")).to_contain_text("Battery")
    expect(page.locator("[data-summary]")).to_contain_text("9 scored reviews")
    page.locator("#figure-by-item summary").press("Enter")
    page.locator("#figure-by-item").get_by_role("link", name="Phone").press("Enter")
    page.wait_for_url("**item=**")
    expect(page.locator(".limit")).to_have_count(2)
    page.go_back()
    expect(page.locator(".limit")).to_have_count(1)
    page.reload()
    expect(page.locator("[data-summary]")).to_contain_text("9 scored reviews")


def test_an_item_is_chosen_by_its_title_and_the_list_of_items_ordered_with_the_keyboard(
    page: Page, live_site: str, cast: Cast, log_in: Callable[..., None], incident: tuple[Shop, int]
) -> None:
    log_in(page, cast.analyst)
    page.goto(f"{live_site}/analytics/sentiment/")
    items = page.locator("#figure-by-item")
    items.get_by_role("link", name="Worst first").press("Enter")
    page.wait_for_url("**order=worst**")
    expect(items.get_by_role("link", name="Worst first")).to_be_focused()
    expect(items.locator("tbody tr").first).to_contain_text("Phone")
    page.locator("details.find summary").press("Enter")
    expect(page.get_by_role("searchbox", name="Item by its title")).to_be_focused()
    expect(page.locator(".found a").first).to_be_visible()
    page.keyboard.type("phon")
    expect(page.locator(".found a")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    expect(page.locator(".found a")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**item=**")
    expect(page.locator(".limit")).to_contain_text("Phone")
    assert "order=worst" in page.url


def test_the_keyboard_stays_where_it_was_when_the_report_is_drawn_anew(
    page: Page, live_site: str, cast: Cast, log_in: Callable[..., None], incident: tuple[Shop, int]
) -> None:
    log_in(page, cast.analyst)
    page.goto(f"{live_site}/analytics/sentiment/reviews/")
    page.get_by_role("searchbox", name="Words in the review").fill("phone")
    page.keyboard.press("Enter")
    page.wait_for_url("**words=phone**")
    expect(page.get_by_role("searchbox", name="Words in the review")).to_be_focused()
    page.get_by_role("link", name="30 days").press("Enter")
    page.wait_for_url("**days=30**")
    expect(page.get_by_role("link", name="30 days")).to_be_focused()
    page.get_by_role("link", name="Lift: Words in the review").press("Enter")
    expect(page.locator(".limit")).to_have_count(0)
    expect(page.locator("#report h1")).to_be_focused()


def test_two_periods_are_told_apart_from_noise(
    page: Page, live_site: str, cast: Cast, log_in: Callable[..., None], incident: tuple[Shop, int]
) -> None:
    shop, _spoken = incident
    log_in(page, cast.analyst)
    page.goto(f"{live_site}/analytics/sentiment/compare/?days=7&item={shop.phone.pk}")
    expect(page.locator(".verdict")).to_contain_text("B is worse than A")
    drawn(page, "drivers")
    page.locator("#figure-drivers summary").click()
    expect(page.locator("#figure-drivers table")).to_contain_text("Battery")


def test_an_aspect_that_comes_up_leads_to_its_reviews_and_its_page_is_kept(
    page: Page, live_site: str, cast: Cast, log_in: Callable[..., None], incident: tuple[Shop, int]
) -> None:
    log_in(page, cast.analyst)
    page.goto(f"{live_site}/analytics/sentiment/terms/?days=14")
    drawn(page, "aspects")
    page.get_by_text("Save view").click()
    page.get_by_label("Name").fill("What comes up")
    page.get_by_role("button", name="Save this view").click()
    expect(page.get_by_text("Emerging words and aspects ·")).to_be_visible()
    page.get_by_role("link", name="Open the report").click()
    page.wait_for_url("**/sentiment/terms/?days=14")
    page.locator("#figure-aspects summary").click()
    page.locator("#figure-aspects").get_by_role("link", name="Battery").click()
    page.wait_for_url("**aspect=battery**")
    expect(page.locator(".entry")).to_have_count(9)


def test_the_queue_is_worked_by_keyboard_and_a_label_can_be_taken_back(
    page: Page, live_site: str, cast: Cast, log_in: Callable[..., None], incident: tuple[Shop, int]
) -> None:
    log_in(page, cast.analyst)
    page.goto(f"{live_site}/analytics/sentiment/queue/")
    expect(page.locator(".entry").first).to_be_visible()
    page.keyboard.press("j")
    first = page.locator(".entry.current").get_attribute("id")
    with page.expect_response(lambda answer: "/correct/" in answer.url):
        page.keyboard.press("1")
    expect(page.locator(f"#{first}")).to_have_count(0)
    expect(page.locator("#toasts")).to_contain_text("1 review is negative now.")
    assert Correction.objects.standing().get().label == "negative"
    with page.expect_response(lambda answer: "/undo/" in answer.url):
        page.keyboard.press("z")
    expect(page.locator(f"#{first}")).to_have_count(1)
    assert not Correction.objects.standing().exists()
    page.keyboard.press("x")
    page.locator("[data-pick]").nth(3).check()
    expect(page.locator("#many output")).to_have_text("2")
    page.locator("#many").get_by_role("button", name="Neutral").click()
    expect(page.get_by_text("2 reviews are neutral now.")).to_be_visible()
    assert Correction.objects.standing().count() == 2


def test_a_second_opinion_is_given_unawares_and_the_disagreement_settled(
    page: Page, live_site: str, cast: Cast, log_in: Callable[..., None], incident: tuple[Shop, int]
) -> None:
    spoken = incident[1]
    corrections.correct(cast.superuser, [spoken], "positive", "a joke")
    log_in(page, cast.analyst)
    page.goto(f"{live_site}/analytics/sentiment/queue/")
    row = page.locator(f"#row-{spoken}")
    row.get_by_role("link", name="See and hear all of it").click()
    expect(page.get_by_text("shown once you have given yours")).to_be_visible()
    expect(page.locator("audio")).to_be_visible()
    expect(page.get_by_text("a joke")).to_have_count(0)
    page.go_back()
    row.focus()
    page.keyboard.press("1")
    expect(page.locator("#toasts")).to_contain_text("Your second opinion is kept; root and you disagree.")
    page.get_by_role("link", name="Look at them").click()
    expect(page.locator(f"#row-{spoken}")).to_contain_text("a joke")
    page.get_by_text("Neutral", exact=True).click()
    page.get_by_label("Reason").fill("neither")
    page.get_by_role("button", name="Settle it").click()
    expect(page.get_by_text("Settled: the review is neutral.")).to_be_visible()
    assert SentimentScore.objects.get(review=spoken).label == "neutral"


def test_a_label_given_with_a_button_goes_on_to_the_row_below_it(
    page: Page, live_site: str, cast: Cast, log_in: Callable[..., None], incident: tuple[Shop, int]
) -> None:
    log_in(page, cast.analyst)
    page.goto(f"{live_site}/analytics/sentiment/queue/")
    rows = page.locator(".entry")
    expect(rows.nth(3)).to_be_visible()
    labelled, below = (rows.nth(place).get_attribute("id") for place in (2, 3))
    button = page.locator(f"#{labelled}").get_by_role("button", name="Negative")
    button.focus()
    button.press("Enter")
    expect(page.locator(f"#{labelled}")).to_have_count(0)
    expect(page.locator(f"#{below}.current")).to_be_focused()


def test_on_a_phone_a_review_of_the_queue_is_as_wide_as_its_list(
    page: Page, live_site: str, cast: Cast, log_in: Callable[..., None], incident: tuple[Shop, int]
) -> None:
    log_in(page, cast.analyst)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{live_site}/analytics/sentiment/queue/")
    first = page.locator(".entry").first
    words, labels = (first.locator(part).bounding_box() for part in (".row-body", ".row-acts"))
    assert words["width"] > 200
    assert labels["y"] >= words["y"] + words["height"]


def test_on_a_phone_the_names_of_exported_files_can_be_read(
    page: Page, live_site: str, cast: Cast, log_in: Callable[..., None]
) -> None:
    start_job("export", "sentiment-2026-08-30-2026-11-27.xlsx", owner=cast.analyst)
    log_in(page, cast.analyst)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{live_site}/analytics/sentiment/views/")
    assert page.locator("td.break").bounding_box()["width"] >= 170
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_a_model_learns_is_compared_goes_live_and_is_taken_back(
    page: Page, live_site: str, cast: Cast, log_in: Callable[..., None], incident: tuple[Shop, int]
) -> None:
    shop, _spoken = incident
    log_in(page, cast.analyst)
    for item, label in ((shop.lamp, "Neutral"), (shop.phone, "Positive")):
        page.goto(f"{live_site}/analytics/sentiment/reviews/?label=positive&item={item.pk}")
        page.get_by_label("All", exact=True).check()
        page.locator("#many").get_by_role("button", name=label).click()
        expect(page.get_by_text(f"25 reviews are {label.lower()} now.")).to_be_visible()
    assert Correction.objects.standing().count() == 50
    page.goto(f"{live_site}/analytics/sentiment/model/")
    page.get_by_role("button", name="Learn from the corrections").click(timeout=60_000)
    offered = page.locator(".candidate")
    expect(offered.locator("tbody tr").first).to_contain_text("Accuracy", timeout=60_000)
    assert ModelVersion.objects.serving("sentiment") is None
    offered.locator("summary").click()
    offered.get_by_role("button", name="Yes, put it into service").click(timeout=60_000)
    expect(page.get_by_text("The new model is in service.")).to_be_visible(timeout=60_000)
    assert ModelVersion.objects.serving("sentiment") is not None
    page.get_by_role("button", name="Go back to the model before").click(timeout=60_000)
    expect(page.get_by_text("The model before is back in service.")).to_be_visible(timeout=60_000)
    assert ModelVersion.objects.serving("sentiment") is None


def test_the_report_fits_a_phone(
    phone: Page,
    live_site: str,
    cast: Cast,
    log_in: Callable[..., None],
    incident: tuple[Shop, int],
    no_overflow: Callable[[Any], None],
) -> None:
    _shop, spoken = incident
    log_in(phone, cast.analyst)
    for place in ("", "compare/", "terms/", "reviews/", "alerts/", "queue/", "model/", f"review/{spoken}/"):
        phone.goto(f"{live_site}/analytics/sentiment/{place}")
        no_overflow(phone)


def test_a_member_has_no_way_to_the_report(
    page: Page, live_site: str, cast: Cast, log_in: Callable[..., None]
) -> None:
    log_in(page, cast.member)
    page.goto(live_site)
    expect(page.get_by_role("link", name="Analytics")).to_have_count(0)
    page.goto(f"{live_site}/analytics/sentiment/")
    expect(page.get_by_text("This part is not open to you")).to_be_visible()
