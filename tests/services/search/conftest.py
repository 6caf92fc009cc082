"""A catalogue whose vectors are known."""

from __future__ import annotations

from typing import Any

import pytest

from recommender.errors import EncoderUnavailable
from recommender.services import index, queries
from tests.services import planted
from tests.services.search.asking import Items


@pytest.fixture(autouse=True)
def _index_of_this_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "REFRESH_SECONDS", 0.0)


@pytest.fixture
def items(monkeypatch: pytest.MonkeyPatch) -> Items:
    """48 things of four kinds, colours and materials, with words and pictures."""
    return planted.plant(monkeypatch)


@pytest.fixture
def no_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise EncoderUnavailable("no answer")

    monkeypatch.setattr(queries, "encode_query", refuse)
