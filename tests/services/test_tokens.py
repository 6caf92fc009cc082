"""Tokens of programs: who they stand for, and when they stop doing so."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from recommender.errors import RecommenderError
from recommender.models import ApiToken
from recommender.services import tokens
from tests.conftest import Cast


def test_a_token_stands_for_its_owner(cast: Cast) -> None:
    assert tokens.user_of(tokens.issue(cast.member, "phone")) == cast.member


def test_the_table_does_not_hold_the_token(cast: Cast) -> None:
    token = tokens.issue(cast.member, "phone")
    assert token not in str(ApiToken.objects.values().get())


@pytest.mark.parametrize("wrong", ["", "mmsite_", "mmsite_nobody", "x" * 9_999, "mmsite_\x00", "mmsite_密码"])
def test_what_was_never_issued_stands_for_nobody(cast: Cast, wrong: str) -> None:
    assert tokens.user_of(wrong) is None


def test_an_expired_token_stands_for_nobody(cast: Cast) -> None:
    token = tokens.issue(cast.member, "phone", expires_at=timezone.now() - timedelta(seconds=1))
    assert tokens.user_of(token) is None


def test_a_token_that_will_expire_still_stands_for_its_owner(cast: Cast) -> None:
    token = tokens.issue(cast.member, "phone", expires_at=timezone.now() + timedelta(hours=1))
    assert tokens.user_of(token) == cast.member


def test_who_may_not_log_in_may_not_send_programs(cast: Cast) -> None:
    token = tokens.issue(cast.member, "phone")
    cast.member.is_active = False
    cast.member.save()
    assert tokens.user_of(token) is None


def test_a_revoked_token_stands_for_nobody_and_others_stay(cast: Cast) -> None:
    phone, script = tokens.issue(cast.member, "phone"), tokens.issue(cast.member, "script")
    tokens.revoke(cast.member, "phone")
    assert tokens.user_of(phone) is None
    assert tokens.user_of(script) == cast.member


def test_the_names_of_one_person_are_all_different(cast: Cast) -> None:
    tokens.issue(cast.member, "phone")
    tokens.issue(cast.outsider, "phone")
    with pytest.raises(RecommenderError, match="already"):
        tokens.issue(cast.member, "phone")


@pytest.mark.parametrize("name", ["", "  ", "x" * 81])
def test_a_token_needs_a_name(cast: Cast, name: str) -> None:
    with pytest.raises(RecommenderError, match="1 to 80"):
        tokens.issue(cast.member, name)


def test_when_it_was_used_is_noted_at_most_once_a_minute(cast: Cast) -> None:
    token = tokens.issue(cast.member, "phone")
    tokens.user_of(token)
    first = ApiToken.objects.get().last_used_at
    tokens.user_of(token)
    assert first is not None
    assert ApiToken.objects.get().last_used_at == first
    ApiToken.objects.update(last_used_at=first - timedelta(minutes=2))
    tokens.user_of(token)
    assert ApiToken.objects.get().last_used_at >= first


# -- the command --------------------------------------------------------------------------------------------


def run(*words: str) -> str:
    out = StringIO()
    call_command("api_token", *words, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_the_command_prints_a_token_that_works_and_nothing_else(cast: Cast) -> None:
    assert tokens.user_of(run("mary", "--name", "phone").removesuffix("\n")) == cast.member


def test_the_command_can_make_a_token_that_expires(cast: Cast) -> None:
    run("mary", "--name", "phone", "--days", "30")
    left = ApiToken.objects.get().expires_at - timezone.now()
    assert timedelta(days=29) < left <= timedelta(days=30)


def test_the_command_lists_and_revokes(cast: Cast) -> None:
    token = run("mary", "--name", "phone").strip()
    listed = run("mary", "--list")
    assert "phone: made" in listed
    assert token not in listed
    run("mary", "--revoke", "phone")
    assert run("mary", "--list") == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nobody", "--name", "phone"], "Nobody is named"),
        (["mary", "--revoke", "phone"], "no token named"),
        (["mary", "--name", "phone", "--days", "0"], "from 1 to 36500"),
        (["mary", "--name", ""], "1 to 80"),
        (["mary"], "required"),
    ],
)
def test_the_command_says_what_is_wrong(cast: Cast, words: list[str], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        run(*words)
