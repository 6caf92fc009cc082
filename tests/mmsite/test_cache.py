"""The cache: Django's own, through one client."""

from __future__ import annotations

from django.core.cache import cache


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
