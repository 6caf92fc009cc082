"""The cache: Django's own, through one client."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from redis.exceptions import RedisError


def test_it_keeps_and_forgets() -> None:
    cache.set("a", {"b": 1})
    assert cache.get("a") == {"b": 1}
    assert cache.add("a", 2) is False
    assert cache.get_many(["a", "c"]) == {"a": {"b": 1}}
    cache.delete("a")
    assert cache.get("a") is None


def test_every_key_goes_through_the_same_client() -> None:
    client = cache._cache.get_client("a")  # type: ignore[attr-defined]
    assert cache._cache.get_client("b", write=True) is client  # type: ignore[attr-defined]


@pytest.fixture
def no_redis(settings: Any) -> None:
    """Pages meet a Redis that refuses."""
    nowhere = {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {"default": nowhere}
    settings.REDIS_URL = "redis://127.0.0.1:1/0"


def test_without_redis_nothing_is_found_and_nothing_kept(no_redis: None) -> None:
    cache.set("a", 1)
    assert cache.get("a", "nothing") == "nothing"
    assert cache.get_many(["a"]) == {}


def test_without_redis_nobody_holds_a_lock(no_redis: None) -> None:
    with pytest.raises(RedisError):
        cache.add("lock", 1)


@pytest.fixture
def readers(cast: Any) -> list[Client]:
    """A guest, and a member who logged in while all was well."""
    member = Client()
    member.force_login(cast.member)
    return [Client(), member]


@pytest.mark.parametrize("address", ["/", "/search/?q=bag", "/history/", "/saved/"])
def test_guests_and_members_are_served_without_redis(
    readers: list[Client], no_redis: None, address: str
) -> None:
    assert [one.get(address).status_code for one in readers] == [200, 200]
