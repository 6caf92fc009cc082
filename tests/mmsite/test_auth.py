"""The account of a request: remembered, and never older than its row."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from mmsite.auth import AccountBackend

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return User.objects.create_user("nora", password="long-enough-for-this")


def test_a_known_account_costs_one_query(user: User, django_assert_num_queries: Any) -> None:
    backend = AccountBackend()
    assert backend.get_user(user.pk) == user
    with django_assert_num_queries(1):
        assert backend.get_user(user.pk).username == "nora"


def test_a_change_is_seen_at_once(user: User) -> None:
    backend = AccountBackend()
    backend.get_user(user.pk)
    User.objects.filter(pk=user.pk).update(is_staff=True)
    assert backend.get_user(user.pk).is_staff


def test_two_requests_never_share_an_account(user: User) -> None:
    backend = AccountBackend()
    first = backend.get_user(user.pk)
    first.username = "somebody else"
    assert backend.get_user(user.pk).username == "nora"


def test_an_account_that_is_closed_or_gone_is_nobody(user: User) -> None:
    backend, number = AccountBackend(), user.pk
    backend.get_user(number)
    User.objects.filter(pk=number).update(is_active=False)
    assert backend.get_user(number) is None
    user.delete()
    assert backend.get_user(number) is None


def test_a_new_password_ends_other_sessions(user: User) -> None:
    client = Client()
    client.force_login(user)
    assert client.get("/accounts/profile/").status_code == 200
    user.set_password("another-long-one")
    user.save()
    assert client.get("/accounts/profile/").status_code == 302
