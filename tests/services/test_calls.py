"""Work handed to the workers by name."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from redis.exceptions import ConnectionError as RedisGone

from recommender.services import calls

TASK = "analytics.tasks.find_regions"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """The arguments of every message, none of which is sent."""
    from celery import current_app

    current_app.loader.import_default_modules()
    found: list[tuple[Any, ...]] = []
    monkeypatch.setattr(
        current_app.tasks[TASK], "apply_async", lambda arguments, **_options: found.append(arguments)
    )
    return found


@pytest.mark.django_db
def test_the_same_work_is_called_once_and_other_work_beside_it(
    sent: list[tuple[Any, ...]], django_capture_on_commit_callbacks: Any
) -> None:
    cache.delete_many([f"called:{TASK}:{key}" for key in (990_001, 990_002)])
    with django_capture_on_commit_callbacks(execute=True):
        for key in (990_001, 990_001, 990_002):
            calls.call_once(TASK, key)
    assert sent == [(990_001,), (990_002,)]


@pytest.mark.django_db
def test_a_broker_that_refuses_is_not_waited_for(
    sent: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    def refuse(*_args: Any, **_options: Any) -> None:
        raise RedisGone("refused")

    monkeypatch.setattr(type(cache._connections["default"]), "delete", refuse)  # type: ignore[attr-defined]
    with django_capture_on_commit_callbacks(execute=True):
        calls.call_task(TASK, 1)
    assert sent == []
