"""The page to try the interface from."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import User
from django.test import Client

from recommender.models import Interaction
from tests.conftest import Cast
from tests.web.conftest import Shop

if TYPE_CHECKING:
    from playwright.sync_api import Page


def test_it_loads_nothing_from_elsewhere(db: None) -> None:
    response = Client().get("/api/v1/docs")
    assert response.status_code == 200
    loaded = re.findall(r"(?:src|href)=\"([^\"]+)\"", response.content.decode())
    assert loaded
    assert all(address.startswith("/static/") for address in loaded)


@pytest.mark.timeout(60)
def test_who_is_logged_in_can_try_it_out_there(
    page: Page, live_site: str, shop: Shop, cast: Cast, log_in: Callable[[Page, User], None]
) -> None:
    log_in(page, cast.member)
    page.goto(f"{live_site}/api/v1/docs")
    block = page.locator(".opblock-post", has_text="/api/v1/items/{external_id}/events")
    block.locator(".opblock-summary").click()
    block.get_by_role("button", name="Try it out").click()
    block.get_by_placeholder("external_id").fill("bag-1")
    block.locator("textarea").fill('{"kind": "like"}')
    block.get_by_role("button", name="Execute").click()
    block.locator(".live-responses-table .response-col_status", has_text="200").wait_for()
    assert Interaction.objects.get().user == cast.member
