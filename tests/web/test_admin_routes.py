"""Every address of the database pages, and what each role gets there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.urls import URLResolver, get_resolver, reverse

from recommender.models import Interaction
from tests.web.conftest import Shop
from tests.web.test_routes import ROLES

OTHERS = [role for role in ROLES if role not in {"guest", "superuser"}]
#: What even a superuser cannot open as it is asked for here: a log-out by a link, and what is not there.
NOT_TO_OPEN = {"/admin/logout/", "/admin/autocomplete/", "/admin/r/1/1/", "/admin/nothing/here"}


def addresses(resolver: URLResolver, before: str = "/admin/") -> Iterator[str]:
    """Every pattern below ``resolver`` with something in its gaps."""
    for pattern in resolver.url_patterns:
        text = re.sub(r"\(\?P<url>.*?\)", "nothing/here", str(pattern.pattern))
        text = re.sub(r"(?<!P)<(\w+:)?\w+>", "1", text)
        choices = re.search(r"\(\?P<app_label>(.*?)\)", text)
        for label in choices[1].split("|") if choices else [""]:
            place = before + (text.replace(choices[0], label) if choices else text).strip("^$")
            if isinstance(pattern, URLResolver):
                yield from addresses(pattern, place)
            else:
                yield place


def admin_addresses() -> list[str]:
    (found,) = (one for one in get_resolver().url_patterns if getattr(one, "namespace", None) == "admin")
    return list(addresses(found))


def test_the_addresses_are_those_of_every_table() -> None:
    asked = set(admin_addresses())
    for model in admin.site._registry:
        place = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        assert {reverse(f"{place}_{page}") for page in ("changelist", "add")} <= asked
        assert {reverse(f"{place}_{page}", args=[1]) for page in ("change", "delete", "history")} <= asked
        assert reverse("admin:app_list", args=[model._meta.app_label]) in asked
    assert {reverse(f"admin:{page}") for page in ("index", "login", "logout", "password_change")} <= asked
    assert asked >= NOT_TO_OPEN
    assert not [place for place in asked if not re.fullmatch(r"[\w/]+", place)]


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("role", OTHERS)
def test_a_signed_in_person_who_is_no_superuser_is_refused(
    role: str, method: str, as_: Callable[[str], Any]
) -> None:
    client = as_(role)
    got = {place: getattr(client, method)(place, follow=True).status_code for place in admin_addresses()}
    assert {place: status for place, status in got.items() if status != 403} == {}


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_guest_is_led_to_the_sites_own_page_to_log_in(
    method: str, db: None, as_: Callable[[str], Any]
) -> None:
    client = as_("guest")
    for place in admin_addresses():
        answer = getattr(client, method)(place, follow=True)
        assert answer.status_code == 200, place
        assert answer.request["PATH_INFO"] == reverse("login"), place


def test_who_logged_in_comes_to_the_page_that_was_asked_for(db: None, cast: Any, as_: Any) -> None:
    client, asked = as_("guest"), reverse("admin:recommender_item_changelist") + "?q=bag"
    page = client.get(asked, follow=True)
    to_login = page.redirect_chain[-1][0]
    answer = client.post(to_login, {"username": "root", "password": "secret-enough"})
    assert answer.headers["Location"] == asked
    assert client.get(reverse("admin:login")).headers["Location"] == reverse("admin:index")


def test_a_superuser_opens_every_page_that_is_there(db: None, as_: Callable[[str], Any]) -> None:
    client = as_("superuser")
    User.objects.get_or_create(pk=1, defaults={"username": "first"})  # whose password's page is asked for
    closed = {place for place in admin_addresses() if client.get(place, follow=True).status_code != 200}
    request = client.get("/admin/").wsgi_request
    read_only = {
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")
        for model, pages in admin.site._registry.items()
        if not pages.has_add_permission(request)
    }
    assert closed == NOT_TO_OPEN | read_only


def test_every_database_page_opens(shop: Shop, liked: Interaction, as_: Callable[[str], Any]) -> None:
    client = as_("superuser")
    for model in admin.site._registry:
        place = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        assert client.get(reverse(f"{place}_changelist"), {"q": "1"}).status_code == 200, model
        if (row := model.objects.first()) is not None:
            assert client.get(reverse(f"{place}_change", args=[row.pk])).status_code == 200, model
