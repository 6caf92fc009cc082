"""How the interface knows who is asking."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from recommender.api import access
from recommender.models import ApiToken, Interaction
from recommender.web import actor
from tests.api.conftest import Program, json_of, program_of
from tests.conftest import Cast
from tests.web.conftest import Shop

EVENTS = "/api/v1/items/bag-1/events"
LIKE = {"kind": "like"}


def post(client: Client, **headers: str) -> Any:
    return client.post(EVENTS, LIKE, content_type="application/json", headers=headers)


def browser(cast: Cast) -> Client:
    """A member's browser, of which the CSRF token is demanded."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.member)
    return client


def test_a_token_needs_no_csrf_token(shop: Shop, cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.defaults.update(program_of(cast.member).defaults)
    assert json_of(post(client))["on"]
    assert Interaction.objects.get().user == cast.member


def test_a_session_can_read(shop: Shop, cast: Cast) -> None:
    assert json_of(browser(cast).get("/api/v1/me/events"))["total"] == 0


def test_a_session_cannot_write_without_the_csrf_token(shop: Shop, cast: Cast) -> None:
    told = json_of(post(browser(cast)), 403)
    assert "X-CSRFToken" in told["remedy"]
    assert not Interaction.objects.exists()


def test_a_session_writes_with_the_csrf_token(shop: Shop, cast: Cast) -> None:
    client = browser(cast)
    secret = "a" * 32
    client.cookies["csrftoken"] = secret
    assert json_of(post(client, **{"X-CSRFToken": secret}))["on"]


def test_a_guest_who_writes_is_asked_for_a_token_not_for_csrf(shop: Shop) -> None:
    assert "account" in json_of(post(Client(enforce_csrf_checks=True)), 401)["error"]


@pytest.mark.parametrize("token", ["nonsense", "mmsite_nonsense", ""])
def test_a_wrong_token_is_refused_even_where_guests_may_read(shop: Shop, token: str) -> None:
    response = Client().get("/api/v1/categories", headers={"Authorization": f"Bearer {token}"})
    assert "token" in json_of(response, 401)["error"]


def test_a_wrong_token_is_not_made_up_for_by_a_session(shop: Shop, cast: Cast) -> None:
    response = browser(cast).get("/api/v1/me/events", headers={"Authorization": "Bearer mmsite_old"})
    assert response.status_code == 401


def test_a_proxy_may_ask_for_a_password_of_its_own(shop: Shop, cast: Cast) -> None:
    response = browser(cast).get("/api/v1/me/events", headers={"Authorization": "Basic b3R0bzpvdHRv"})
    assert response.status_code == 200


def test_a_revoked_token_is_refused(shop: Shop, program: Program) -> None:
    client = program("member")
    ApiToken.objects.all().delete()
    assert client.get("/api/v1/me/events").status_code == 401


def test_a_token_opens_what_its_owner_may_do_and_no_more(shop: Shop, program: Program) -> None:
    assert program("catalogue_admin").get("/api/v1/imports").status_code == 200
    assert program("analyst").get("/api/v1/imports").status_code == 403


def test_permission_is_asked_for_before_the_request_is_looked_at(shop: Shop, program: Program) -> None:
    path = "/api/v1/items/bag-1/availability"
    assert program("member").put(path, "{", content_type="application/json").status_code == 403
    assert program("guest").put(path, "{", content_type="application/json").status_code == 401


def test_a_guest_is_the_visitor_of_the_pages(shop: Shop, as_: Callable[[str], Client]) -> None:
    assert access.VISITOR_COOKIE == actor.COOKIE
    guest = as_("guest")
    guest.post(f"/item/{shop.items[0].pk}/act/like/")
    assert json_of(guest.get("/api/v1/items/bag-0"))["states"] == {"like": True}


# -- errors -------------------------------------------------------------------------------------------------


def test_an_unknown_address_is_told_in_json(shop: Shop) -> None:
    assert set(json_of(Client().get("/api/v1/nothing"), 404)) == {"error", "remedy"}
    assert set(json_of(Client().get("/api/"), 404)) == {"error", "remedy"}


@pytest.mark.parametrize("path", ["items/a%00b", "search?q=a%00b", "categories?x=%00"])
def test_a_nul_character_is_refused(shop: Shop, path: str) -> None:
    assert "NUL" in json_of(Client().get(f"/api/v1/{path}"), 400)["error"]


def test_a_wrong_method_is_told_in_json_with_the_right_ones(shop: Shop) -> None:
    response = Client().delete("/api/v1/feed")
    assert set(json_of(response, 405)) == {"error", "remedy"}
    assert response.headers["Allow"] == "GET"


def test_broken_json_is_told_in_json(shop: Shop, program: Program) -> None:
    response = program("member").post(EVENTS, "{", content_type="application/json")
    assert set(json_of(response, 400)) == {"error", "remedy"}


def test_a_wrong_parameter_is_named(shop: Shop) -> None:
    told = json_of(Client().get("/api/v1/feed?limit=1000&image=200"), 422)
    assert "limit" in told["error"]
    assert "image" in told["error"]


@pytest.mark.parametrize("path", ["/api/v1/openapi.json", "/api/v1/categories"])
def test_guests_may_read_what_is_public(shop: Shop, path: str) -> None:
    assert json_of(Client().get(path))


def test_an_unexpected_error_is_told_in_json(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(tree: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr("recommender.api.categories._held", broken)
    response = Client(raise_request_exception=False).get("/api/v1/categories")
    assert set(json_of(response, 500)) == {"error", "remedy"}
