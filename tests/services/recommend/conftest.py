"""A planted world, and readers of either kind."""

from __future__ import annotations

import pytest

from recommender.services import impressions, index, train
from recommender.services.events import Actor
from recommender.services.recommend import world
from tests.conftest import Cast
from tests.services.recommend.tastes import Tastes, plant


@pytest.fixture(autouse=True)
def _always_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train, "CHECK_SECONDS", 0.0)
    monkeypatch.setattr(index, "REFRESH_SECONDS", 0.0)
    monkeypatch.setattr(world, "_ARRIVALS_SECONDS", 0.0)
    monkeypatch.setattr(world, "_CATEGORY_SECONDS", 0.0)
    monkeypatch.setattr(impressions, "_pause_until", 0.0)


@pytest.fixture
def tastes(db: None) -> Tastes:
    return plant()


@pytest.fixture
def member(cast: Cast) -> Actor:
    return Actor(user=cast.member)


@pytest.fixture(params=["member", "visitor"])
def actor(request: pytest.FixtureRequest, cast: Cast) -> Actor:
    return Actor(user=cast.member) if request.param == "member" else Actor(visitor="v1")
