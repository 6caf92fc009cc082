"""One build at a time, however long it takes."""

from __future__ import annotations

import threading

import pytest
from django.core.cache import cache

from recommender.services import versions
from recommender.services.versions import only_builder


def test_there_is_one_build_at_a_time() -> None:
    with only_builder() as first, only_builder() as second:
        assert (first, second) == (True, False)
    with only_builder() as next_one:
        assert next_one


def test_a_build_that_takes_longer_than_the_lock_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    prolonged = threading.Event()

    class Watched:
        add, delete = cache.add, cache.delete

        def touch(self, key: str, seconds: float) -> bool:
            if cache.touch(key, seconds):
                prolonged.set()
            return prolonged.is_set()

    monkeypatch.setattr(versions, "_LOCK_SECONDS", 3)
    monkeypatch.setattr(versions, "cache", Watched())
    with only_builder() as mine:
        assert mine
        assert prolonged.wait(10)


def test_who_does_not_build_takes_no_lock_away() -> None:
    with only_builder():
        with only_builder():
            pass
        with only_builder() as third:
            assert not third
