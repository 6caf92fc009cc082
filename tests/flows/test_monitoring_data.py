"""Planted uploads come in as any other; an operator sees in the browser which is unlike and what it holds."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analytics.models import AuditEntry, DriftReport
from analytics.services.drift.look import look_for_drift
from analytics.services.embedding_map import draw_maps
from recommender.models import Impression, Item
from recommender.services.events import Actor, flush_impressions, record
from tests.conftest import Cast
from tests.services.importing import bring_in, table

pytestmark = pytest.mark.django_db(transaction=True)
SHOP = [
    "dress", "bag", "boots", "shirt", "scarf", "lamp", "chair", "vase", "kettle",
    "watch", "red", "blue", "green", "linen", "leather", "wooden", "cotton",
]  # fmt: skip
OFFICE = [
    "invoice", "ledger", "tax", "quarter", "audit", "mortgage",
    "interest", "pension", "balance", "creditor", "liability", "fiscal",
]  # fmt: skip
PAGE = "/analytics/monitoring"


def bring(folder: Path, name: str, words: list[str], count: int, seed: int) -> set[int]:
    """An upload of so many things made of ``words``, imported and encoded for real; its items."""
    rng = random.Random(seed)
    rows = [
        {
            "external_id": f"{name}-{n}",
            "title": " ".join(rng.sample(words, 3)).capitalize(),
            "description": f"A {' '.join(rng.sample(words, 5))}.",
            "category": name,
            "language": "en",
        }
        for n in range(count)
    ]
    bring_in(table(folder / f"{name}.csv", rows))
    return set(Item.objects.filter(external_id__startswith=f"{name}-").values_list("pk", flat=True))


def words_report() -> DriftReport:
    return next(report for report in look_for_drift() if report.subject == "text")


def test_an_upload_of_another_world_is_reported_with_its_very_items_and_one_of_the_same_world_is_not(
    tmp_path: Path,
) -> None:
    bring(tmp_path, "first", SHOP, 150, 1)
    assert words_report().verdict == "unknown"
    bring(tmp_path, "second", SHOP, 60, 2)
    assert words_report().verdict == "steady"
    strange = bring(tmp_path, "papers", OFFICE, 60, 3)
    report = words_report()
    assert report.verdict == "drifted"
    assert {pk for pk, _score in report.items} == strange
    Item.objects.filter(pk__in=strange).update(availability="retired")
    assert words_report().verdict == "steady"


@pytest.fixture
def drifted(live_site: str, tmp_path: Path) -> set[int]:
    bring(tmp_path, "first", SHOP, 150, 1)
    strange = bring(tmp_path, "papers", OFFICE, 60, 3)
    look_for_drift()
    draw_maps()
    return strange


def test_an_operator_follows_a_drifted_upload_to_its_items(
    page: Any, live_site: str, cast: Cast, log_in: Callable[..., None], drifted: set[int]
) -> None:
    log_in(page, cast.operator)
    page.goto(f"{live_site}{PAGE}/drift/")
    words = page.locator('[data-subject="text"]')
    assert words.get_attribute("data-verdict") == "drifted"
    assert words.locator(".mini-tile").count() == 60
    words.locator(".mini-tile").first.get_by_role("link", name="Inspect").click()
    page.wait_for_url("**/inspect/?item=*")
    assert int(page.url.rpartition("=")[2]) in drifted
    assert page.get_by_role("heading", name="Index: Words").is_visible()


def test_items_are_chosen_on_the_map_with_the_lasso(
    page: Any, live_site: str, cast: Cast, log_in: Callable[..., None], drifted: set[int]
) -> None:
    log_in(page, cast.operator)
    page.goto(f"{live_site}{PAGE}/map/?modality=text")
    page.wait_for_selector('[data-map][data-drawn="category"]')
    page.get_by_role("button", name="Draw around items to list them").click()
    box = page.locator("[data-map] canvas").bounding_box()
    around = [(0.02, 0.02), (0.9, 0.02), (0.9, 0.98), (0.02, 0.98), (0.02, 0.02)]
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in around]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=4)
    page.mouse.up()
    page.wait_for_selector("#map-items .mini-tile")
    assert page.locator("#map-items .mini-tile").count() == 60
    assert page.locator("#map-items h2").inner_text().startswith("2")
    assert "more" in page.locator("#map-items").inner_text()


def test_the_map_can_be_used_without_a_pointer(
    page: Any, live_site: str, cast: Cast, log_in: Callable[..., None], drifted: set[int]
) -> None:
    log_in(page, cast.operator)
    page.goto(f"{live_site}{PAGE}/map/?modality=text")
    page.wait_for_selector('[data-map][data-drawn="category"]')
    page.locator("[data-map] canvas").focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="210 items chosen").wait_for()
    page.get_by_role("button", name="List papers").press("Enter")
    page.get_by_role("heading", name="60 items chosen").wait_for()


def test_another_colour_keeps_the_page_and_a_group_can_be_switched_off(
    page: Any, live_site: str, cast: Cast, log_in: Callable[..., None], drifted: set[int]
) -> None:
    log_in(page, cast.operator)
    page.goto(f"{live_site}{PAGE}/map/?modality=text")
    page.wait_for_selector('[data-map][data-drawn="category"]')
    page.locator("[data-legend] button", has_text="first").click()
    page.locator("[data-map] canvas").focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="60 items chosen").wait_for()
    page.get_by_role("link", name="Drift", exact=True).last.click()
    page.wait_for_selector('[data-map][data-drawn="drift"]')
    assert "by=drift" in page.url
    assert "not known: 150" in page.locator("[data-legend]").inner_text()


def test_a_look_at_a_person_shows_their_feed_and_records_nothing_but_the_look(
    phone: Any, live_site: str, cast: Cast, log_in: Callable[..., None], drifted: set[int],
    no_overflow: Callable[[Any], None],
) -> None:  # fmt: skip
    liked = Item.objects.get(external_id="first-3")
    record(Actor(user=cast.member), liked, "like")
    log_in(phone, cast.operator)
    phone.goto(f"{live_site}{PAGE}/inspect/")
    phone.get_by_label("Person: name or number").fill("mary")
    phone.get_by_role("button", name="Inspect").first.click()
    phone.get_by_role("heading", name="First page of the grid").wait_for()
    assert phone.locator(".ranked > li").count() == 24
    flush_impressions()
    assert Impression.objects.count() == 0
    assert AuditEntry.objects.get().subject == "mary"
    for name in ("inspect/?person=mary", f"inspect/?item={liked.pk}", "drift/", "map/?modality=text"):
        phone.goto(f"{live_site}{PAGE}/{name}")
        no_overflow(phone)
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390, name
