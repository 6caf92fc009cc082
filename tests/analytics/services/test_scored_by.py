"""Which models a report names: the one, or all of them while reviews are being scored anew."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import translation
from redis.exceptions import ConnectionError as RedisConnectionError

from analytics.models import SentimentScore
from analytics.services import documents, report, scoring
from analytics.services.scoring import plugs
from tests.analytics.services.scored import scored, shop
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def old() -> str:
    """The model of ten reviews."""
    items = shop()["items"]
    for number in range(10):
        scored(items[0], "positive", days_ago=number)
    return report.model_in_service()


@pytest.fixture
def later(old: str) -> str:
    """Another, which has read three of them anew."""
    newest = SentimentScore.objects.order_by("-pk").values_list("pk", flat=True)[:3]
    SentimentScore.objects.filter(pk__in=list(newest)).update(model="later@2")
    return "later@2"


def test_one_model_has_scored_everything(old: str) -> None:
    assert report.scored_by() == [report.ScoredBy(old, 1.0)]


def test_two_models_are_told_by_their_shares(old: str, later: str) -> None:
    assert report.scored_by() == [report.ScoredBy(old, 0.7), report.ScoredBy(later, 0.3)]


def test_reviews_that_wait_to_be_read_again_are_of_no_model(old: str) -> None:
    SentimentScore.objects.filter(pk=SentimentScore.objects.first().pk).update(model="")
    assert report.scored_by() == [report.ScoredBy(old, 1.0)]


def test_a_document_names_both_models(old: str, later: str) -> None:
    with translation.override("zh-hans"):
        assert "正在重新评分" in documents.models_told()
    assert documents.models_told().startswith(f"{old} (70.0 %), {later} (30.0 %)")


def test_the_foot_of_a_report_names_both_models(client: Client, cast: Cast, old: str, later: str) -> None:
    client.force_login(cast.analyst)
    page = client.get(reverse("sentiment")).content.decode()
    assert f"<code>{old}</code> (70.0 %), <code>{later}</code> (30.0 %)" in page


def test_what_another_model_has_scored_waits(old: str, later: str) -> None:
    assert (scoring.waiting_for(old), scoring.waiting_for(later)) == (3, 7)


def test_what_the_model_gave_up_does_not_wait(old: str) -> None:
    SentimentScore.objects.filter(pk=SentimentScore.objects.first().pk).update(state="failed")
    assert scoring.waiting_for(old) == 0


def test_the_model_page_tells_which_model_workers_use_and_what_it_has_yet_to_read(
    client: Client, cast: Cast, old: str, later: str
) -> None:
    cache.set("sentiment:plugs", {"plugs": ["", ""], "key": later, "version": 0})
    client.force_login(cast.analyst)
    page = client.get(reverse("sentiment_model")).content.decode()
    assert f"<code>{later}</code>" in page
    assert 'status-value number">7<' in page


def test_texts_are_scored_while_redis_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_given: Any, **_named: Any) -> Any:
        raise RedisConnectionError("away")

    scoring.forget_scorer()
    monkeypatch.setattr(plugs.cache, "set", away)
    monkeypatch.setattr(plugs.cache, "get", away)
    assert scoring.current_scorer().key
    assert scoring.known_scorer_key() == ""
