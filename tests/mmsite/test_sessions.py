"""Sessions: read by one plain query, and otherwise as Django keeps them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from mmsite.sessions import SessionStore

pytestmark = pytest.mark.django_db


@pytest.fixture
def key() -> str:
    session = SessionStore()
    session["theme"] = {"dark": ["always"]}
    session.create()
    return str(session.session_key)


def test_what_was_saved_is_read_with_one_query(key: str, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        assert SessionStore(key)["theme"] == {"dark": ["always"]}


def test_a_session_that_has_expired_is_empty_and_gives_up_its_key(key: str) -> None:
    Session.objects.filter(pk=key).update(expire_date=timezone.now() - timedelta(seconds=1))
    session = SessionStore(key)
    assert session.get("theme") is None
    assert session.session_key is None


def test_a_session_that_expires_in_a_moment_still_counts(key: str) -> None:
    Session.objects.filter(pk=key).update(expire_date=timezone.now() + timedelta(seconds=30))
    assert SessionStore(key)["theme"] == {"dark": ["always"]}


def test_an_unknown_key_is_never_taken_over(key: str) -> None:
    session = SessionStore("0" * 32)
    session["theme"] = "light"
    session.save()
    assert session.session_key not in ("0" * 32, None)


def test_what_somebody_forged_is_empty(key: str) -> None:
    Session.objects.filter(pk=key).update(session_data="forged:data:here")
    assert SessionStore(key).get("theme") is None


def test_a_change_by_another_process_is_seen_at_the_next_request(key: str) -> None:
    SessionStore(key).get("theme")
    other = SessionStore(key)
    other["theme"] = "light"
    other.save()
    assert SessionStore(key)["theme"] == "light"


def test_what_a_request_changes_without_saving_is_gone_with_it(key: str) -> None:
    SessionStore(key)["theme"]["dark"].append("sometimes")
    assert SessionStore(key)["theme"] == {"dark": ["always"]}


def test_under_another_secret_a_session_is_empty(key: str, settings: Any) -> None:
    assert SessionStore(key).get("theme")
    settings.SECRET_KEY = "another secret, fifty characters long at the very least"
    assert SessionStore(key).get("theme") is None
