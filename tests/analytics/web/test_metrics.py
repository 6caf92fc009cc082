"""/metrics: who may read it, and that it tells what happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from recommender.telemetry.buffer import BUFFER

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_recorded_yet() -> Iterator[None]:
    BUFFER.forget()
    yield
    BUFFER.forget()


@pytest.fixture
def scrape(settings: Any, client: Client) -> Callable[[], dict[tuple[str, ...], float]]:
    """Value by metric name and label values, in the order of the labels' names."""
    settings.METRICS_TOKEN = "for-this-test"

    def ask() -> dict[tuple[str, ...], float]:
        answer = client.get("/metrics", headers={"Authorization": "Bearer for-this-test"})
        assert answer.status_code == 200
        families = text_string_to_metric_families(answer.content.decode())
        return {
            (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
            for family in families
            for sample in family.samples
        }

    return ask


def test_a_visitor_without_the_token_is_refused(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = "for-this-test"
    assert client.get("/metrics").status_code == 403
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 403


def test_an_empty_token_lets_nobody_in(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 403


def test_answers_are_counted_by_route(
    client: Client, scrape: Callable[[], dict[tuple[str, ...], float]]
) -> None:
    for _ in range(3):
        client.get("/accounts/login/")
    client.get("/no/such/page/")
    told = scrape()
    assert told["django_http_responses_total_by_status_view_method_total", "GET", "200", "login"] == 3
    assert told["django_http_responses_total_by_status_view_method_total", "GET", "404", "(none)"] == 1
    assert told["django_http_requests_latency_seconds_by_view_method_count", "GET", "login"] == 3


def test_tasks_are_counted_with_their_failures(
    scrape: Callable[[], dict[tuple[str, ...], float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    from recommender import tasks
    from recommender.services import sweep

    def broken() -> None:
        raise LookupError

    tasks.sweep.delay()
    monkeypatch.setattr(sweep, "sweep", broken)
    tasks.sweep.apply(throw=False)
    told, name = scrape(), "recommender.tasks.sweep"
    assert told["celery_task_started_total", name] == 2
    assert told["celery_task_succeeded_total", name] == 1
    assert told["celery_task_failed_total", "LookupError", name] == 1
    assert told["celery_task_runtime_count", name] == 2


def test_messages_that_wait_are_told_by_queue(
    scrape: Callable[[], dict[tuple[str, ...], float]], redis_server: Any
) -> None:
    redis_server.rpush("encode", "a message", "another")
    told = scrape()
    assert told["celery_queue_length", "encode"] == 2
    assert told["celery_queue_length", "query"] == 0


def test_without_redis_the_page_says_so(
    scrape: Callable[[], dict[tuple[str, ...], float]], settings: Any
) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    assert scrape() == {("mmsite_redis_up",): 0.0}
