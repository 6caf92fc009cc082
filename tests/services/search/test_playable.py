"""Films and sounds are those the database has, and listed again only when they have changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from recommender.models import Media
from recommender.services.preprocess import retry_media
from recommender.services.search import forget
from recommender.services.search import playable as module
from recommender.services.search.playable import playable
from tests.services.search.asking import Items

pytestmark = pytest.mark.django_db
Films = list[Media]


@pytest.fixture
def films(items: Items, monkeypatch: pytest.MonkeyPatch) -> Films:
    """Two that are ready, one that waits, one that failed; and every call looks for changes."""
    states = ("ready", "ready", "pending", "failed")
    rows = [
        Media.objects.create(item=item, kind="video", state=state, checksum=f"{item.pk:064}")
        for item, state in zip(items.values(), states, strict=False)
    ]
    monkeypatch.setattr(module, "_SECONDS", 0.0)
    forget()
    return rows


def with_film() -> list[int]:
    return sorted(playable("video").tolist())


def listed() -> list[int]:
    rows = Media.objects.filter(kind="video", state="ready", item__isnull=False)
    return sorted(rows.values_list("item_id", flat=True))


def wait_again(films: Films) -> None:
    retry_media([films[0].pk])


def get_ready(films: Films) -> None:
    films[2].state = "ready"
    films[2].save()


def go(films: Films) -> None:
    films[0].delete()


def swap(films: Films) -> None:
    go(films)
    get_ready(films)


def move(films: Films) -> None:
    films[0].item = films[3].item
    films[0].save()


def turn_into_sound(films: Films) -> None:
    films[0].kind = "audio"
    films[0].save()


@pytest.mark.parametrize("change", [wait_again, get_ready, go, swap, move, turn_into_sound])
def test_a_change_is_heard_of(films: Films, change: Callable[[Films], None]) -> None:
    assert with_film() == listed()
    before = listed()
    change(films)
    assert with_film() == listed() != before


def test_what_has_not_changed_is_not_listed_again(films: Films) -> None:
    playable("video")
    with CaptureQueriesContext(connection) as seen:
        playable("video")
        playable("audio")
    assert len(seen) == 2
    assert not any("item_id" in one["sql"] for one in seen)


def test_it_is_listed_in_any_case_after_a_while(films: Films, monkeypatch: pytest.MonkeyPatch) -> None:
    playable("video")
    state = module._state()
    monkeypatch.setattr(module, "_state", lambda: state)
    go(films)
    assert with_film() != listed()
    monkeypatch.setattr(module, "_LISTED_SECONDS", 0.0)
    assert with_film() == listed()


def test_whether_they_have_changed_is_told_from_an_index_alone(films: Films) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("what PostgreSQL takes for few rows says nothing about many")
    with CaptureQueriesContext(connection) as seen:
        module._state()
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN QUERY PLAN " + seen[0]["sql"])
        plan = [row[-1] for row in cursor.fetchall()]
    assert len(plan) == 1
    assert "COVERING INDEX media_kind_state" in plan[0]


def test_a_list_of_a_moment_ago_is_brought_up_to_date_aside(
    films: Films, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    before = with_film()
    calls: list[tuple[Any, ...]] = []
    monkeypatch.setattr(module, "later", lambda *call: calls.append(call))
    monkeypatch.setattr(module, "_STALE_SECONDS", 3600.0)
    settings.WORK_ASIDE = True
    go(films)
    assert with_film() == before
    for look, *args in calls:
        look(*args)
    assert with_film() == listed() != before


def test_whoever_comes_while_another_looks_is_given_what_is_known(films: Films) -> None:
    before = with_film()
    go(films)
    with module._lock:
        assert with_film() == before
    assert with_film() == listed()
