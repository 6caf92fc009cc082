"""The little world of the pages' tests, asked by programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

import mmsite.urls  # noqa: F401 (adds what other applications answer to the interface)
from recommender.services import tokens
from tests.web.conftest import as_, liked, shop

if TYPE_CHECKING:
    from tests.conftest import Cast

__all__ = ["as_", "liked", "shop"]
Program = Callable[[str], Client]


def program_of(user: User) -> Client:
    """A client that shows a token of ``user``."""
    return Client(headers={"Authorization": f"Bearer {tokens.issue(user, 'a program')}"})


@pytest.fixture
def program(cast: Cast) -> Program:
    """A client with a token of one of the cast, the same at each call; ``guest`` shows none."""
    known: dict[str, Client] = {"guest": Client()}

    def client(role: str) -> Client:
        if role not in known:
            known[role] = program_of(getattr(cast, role))
        return known[role]

    return client


def json_of(response: Any, status: int = 200) -> Any:
    """The body of an answer that must have this status."""
    assert response.status_code == status, response.content
    return response.json()
