"""The end points that say whether the site is well."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from analytics.services.monitoring.heartbeat import Pulse
from analytics.services.monitoring.readiness import queues_in_use
from recommender.models import EncoderSpace, IndexSnapshot, Item
from tests.services.planted import DIM, direction, give_vector, make_space


@pytest.fixture
def workers() -> None:
    """A live worker for every queue."""
    Pulse("all@here", queues_in_use(), 1).beat()


def parts(status: int) -> dict[str, str]:
    answer = Client().get("/readyz")
    assert answer.status_code == status
    return answer.json()["parts"]


def test_a_process_that_answers_says_so_without_the_database() -> None:
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_health_is_never_cached_and_starts_no_session(address: str, workers: None) -> None:
    answer = Client().get(address)
    assert "no-store" in answer["Cache-Control"]
    assert not answer.cookies


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_health_is_only_read(address: str) -> None:
    assert Client().post(address).status_code == 405


@pytest.mark.django_db
def test_a_new_site_with_its_workers_is_ready(workers: None) -> None:
    told = parts(200)
    assert set(told.values()) == {"ok"}
    assert {"queue:default", "queue:query", "queue:encode", "queue:imports"} < set(told)


@pytest.mark.django_db
def test_a_queue_without_a_worker_is_named() -> None:
    Pulse("one@here", ("default", "query", "imports"), 1).beat()
    told = parts(503)
    assert [name for name, said in told.items() if said != "ok"] == ["queue:encode"]


@pytest.mark.django_db
def test_a_redis_that_is_down_is_told_beside_a_database_that_is_up(settings: Any) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    told = parts(503)
    assert (told["database"], told["redis"]) == ("ok", "Redis does not answer")
    assert "nowhere" not in str(told)


@pytest.mark.django_db
def test_a_database_that_is_down_is_told_without_its_address(
    workers: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise OperationalError("no route to secret-host")

    monkeypatch.setattr("django.db.backends.base.base.BaseDatabaseWrapper.cursor", broken)
    told = parts(503)
    assert told["database"] == told["index"] == "the database does not answer"
    assert told["redis"] == "ok"
    assert "secret-host" not in str(told)


@pytest.fixture
def vectors(db: None) -> EncoderSpace:
    """A space with one item's vector."""
    space = make_space()
    item = Item.objects.create(external_id="bag", title="Bag")
    give_vector(space, item, "text", direction(["bag"]))
    assert space.dim == DIM
    return space


def test_vectors_without_an_index_are_not_ready(workers: None, vectors: EncoderSpace) -> None:
    assert parts(503)["index"] == "vectors wait for the first index"


def test_an_index_whose_files_are_gone_is_not_ready_until_they_are_back(
    workers: None, vectors: EncoderSpace, settings: Any
) -> None:
    IndexSnapshot.objects.create(space=vectors, path="one", state="active", items=1)
    assert parts(503)["index"] == "the snapshot of the index is gone"
    (settings.INDEX_ROOT / "one").mkdir(parents=True)
    assert parts(200)["index"] == "ok"
