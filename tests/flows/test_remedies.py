"""An operator: sees a fault, reads its cause, presses the remedy, and watches it turn green."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from analytics.models import AuditEntry
from analytics.services.monitoring.lights import forget_lights
from recommender.models import Embedding, IndexSnapshot
from tests.analytics.services.monitoring.planted import add_snapshot, add_vectors, all_is_well, make_space

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.conftest import Cast


@pytest.fixture
def stale_index(live_site: str) -> IndexSnapshot:
    """An index that lacks 1,200 vectors, on a site where everybody was just heard from."""
    now = time.time()
    all_is_well(now)
    space = make_space()
    add_vectors(space, 10, now - 7200)
    row = add_snapshot(space, now - 3000)
    add_vectors(space, 1200, now - 600)
    Embedding.objects.update(created_at=timezone.now() - timedelta(minutes=10))
    return row


@pytest.mark.parametrize("window", ["page", "phone"])
def test_a_stale_index_is_seen_understood_rebuilt_and_green(
    request: pytest.FixtureRequest, window: str, live_site: str, cast: Cast, log_in: Callable[..., None],
    stale_index: IndexSnapshot, no_overflow: Callable[..., None],
) -> None:  # fmt: skip
    page: Page = request.getfixturevalue(window)
    log_in(page, cast.operator)
    page.goto(f"{live_site}/analytics/monitoring/")
    light = page.locator('[data-part="index"]')
    expect(light).to_have_attribute("data-level", "red")
    expect(light).to_contain_text("1200 vectors are not in it, the oldest for 10 min")
    light.locator('a[href$="/do/rebuild_index/"]').click()
    asked = page.locator("dialog#do")
    expect(asked).to_contain_text("The index is built anew of 1210 vectors")
    no_overflow(page)
    asked.get_by_role("button", name="Yes, do it").click()
    expect(page.get_by_text("The index is being rebuilt.")).to_be_visible()
    forget_lights()
    page.goto(f"{live_site}/analytics/monitoring/")
    expect(light).to_have_attribute("data-level", "green")
    expect(light).to_contain_text("1210 items")
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action) == (cast.operator, "site.rebuild_index")


def test_the_confirmation_is_left_by_keyboard_and_nothing_is_done(
    page: Page, live_site: str, cast: Cast, log_in: Callable[..., None], stale_index: IndexSnapshot
) -> None:
    log_in(page, cast.operator)
    page.goto(f"{live_site}/analytics/monitoring/")
    button = page.locator('[data-part="index"] a[href$="/do/rebuild_index/"]')
    button.focus()
    page.keyboard.press("Enter")
    asked = page.locator("dialog#do")
    expect(asked).to_be_visible()
    expect(asked.get_by_role("button", name="Leave it")).to_be_focused()
    page.keyboard.press("Escape")
    expect(asked).to_be_hidden()
    expect(button).to_be_focused()
    assert not AuditEntry.objects.exists()


def test_without_scripts_the_confirmation_is_a_page(
    new_page: Callable[..., Page], live_site: str, cast: Cast, log_in: Callable[..., None],
    stale_index: IndexSnapshot,
) -> None:  # fmt: skip
    page = new_page(java_script_enabled=False)
    log_in(page, cast.operator)
    page.goto(f"{live_site}/analytics/monitoring/")
    page.locator('[data-part="index"] a[href$="/do/rebuild_index/"]').click()
    expect(page.locator("h1")).to_contain_text("Rebuild the index")
    page.get_by_role("button", name="Yes, do it").click()
    expect(page.get_by_text("The index is being rebuilt.")).to_be_visible()
    assert page.url == f"{live_site}/analytics/monitoring/"
    page.goto(f"{live_site}/analytics/monitoring/audit/")
    expect(page.locator("tr[data-deed]")).to_contain_text("otto")
