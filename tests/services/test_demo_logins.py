"""The logins of a demo."""

from __future__ import annotations

import pytest
from django.contrib.auth import authenticate, get_user_model

from recommender.services.demo_logins import LOGINS, ensure_logins


@pytest.mark.django_db
def test_every_login_works_and_holds_its_role() -> None:
    ensure_logins("open sesame")
    for login in LOGINS:
        user = authenticate(username=login.username, password="open sesame")
        assert user is not None
        assert [group.name for group in user.groups.all()] == ([login.role] if login.role else [])
        assert user.is_superuser is (not login.role)


@pytest.mark.django_db
def test_a_second_call_changes_the_password_and_adds_nobody() -> None:
    ensure_logins("open sesame")
    before = get_user_model().objects.count()
    ensure_logins("another word")
    assert get_user_model().objects.count() == before
    assert authenticate(username="admin", password="open sesame") is None
    assert authenticate(username="admin", password="another word") is not None
