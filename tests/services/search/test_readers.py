"""Search without an encoder, and who looks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recommender.errors import RecommenderError
from recommender.models import Item
from recommender.services import events, queries
from recommender.services.events import Actor
from recommender.services.search import Filters
from tests.services import planted
from tests.services.search.asking import Items, ask, names

pytestmark = pytest.mark.django_db


# -- when parts are missing -------------------------------------------------------------------------------


def test_without_an_encoder_words_alone_answer_and_the_page_says_so(items: Items, no_encoder: None) -> None:
    page = ask("red leather bag")
    assert page.notice == "encoder_down"
    assert names(page)[0] == "red leather bag"
    assert set(page.cards[0].parts) == {"lexical"}


def test_without_an_encoder_a_picture_finds_nothing_and_the_page_says_so(
    items: Items, no_encoder: None
) -> None:
    page = ask(image="red/bag.webp")
    assert (page.cards, page.total, page.notice) == ([], 0, "encoder_down")


def test_items_are_compared_without_an_encoder(items: Items, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(queries, "encode_query", lambda _space, parts: asked.extend(parts) or [])
    assert ask(item_ids=(items["red leather bag"].pk,)).cards
    assert asked == []


def test_a_picture_that_cannot_be_encoded_is_the_askers_to_know(
    items: Items, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise RecommenderError("The picture does not exist.", "Upload it again.")

    monkeypatch.setattr(queries, "encode_query", refuse)
    with pytest.raises(RecommenderError, match="Upload it again"):
        ask(image="gone.webp")


def test_before_anything_is_encoded_words_alone_answer() -> None:
    Item.objects.create(external_id="1", title="Straw hat")
    page = ask("hat")
    assert (names(page), page.notice) == (["1"], "encoder_down")


def test_an_empty_catalogue_has_no_results() -> None:
    assert ask("hat").total == 0
    assert ask(filters=Filters(language="en")).total == 0


def test_without_a_cache_pages_are_searched_anew(items: Items, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.core.cache import cache
    from redis.exceptions import ConnectionError as RedisConnectionError

    def refuse(*_: Any, **__: Any) -> None:
        raise RedisConnectionError("refused")

    whole = names(ask("bag", limit=20))
    monkeypatch.setattr(cache, "get", refuse)
    monkeypatch.setattr(cache, "set", refuse)
    assert names(ask("bag", offset=10, limit=10)) == whole[10:]


# -- who looks --------------------------------------------------------------------------------------------


def test_cards_show_what_the_reader_thinks_of_them(items: Items, cast: Any) -> None:
    actor = Actor(user=cast.member)
    events.toggle(actor, items["red leather bag"], "save")
    first = ask("red leather bag", actor).cards[0]
    assert (first.saved, first.liked) == (True, False)


def test_a_result_can_be_answered(items: Items, cast: Any) -> None:
    actor = Actor(user=cast.member)
    card = ask("lamp", actor, offset=2).cards[1]
    done = events.record(actor, card.item, "click", impression=card.impression)
    assert done is not None
    assert (done.impression.surface, done.impression.rank) == ("search", 3)


def test_results_are_the_same_for_everybody(items: Items, cast: Any) -> None:
    assert names(ask("lamp", Actor(user=cast.member))) == names(ask("lamp"))


def test_the_order_is_that_of_an_exhaustive_comparison(items: Items) -> None:
    """Look alone, no words in common: the cosines say the order."""
    page = ask(image="white/metal/shoe.webp", weights={"image": 1.0, "text": 0.0, "audio": 0.0}, limit=100)
    wanted = planted.direction(["white", "metal", "shoe"], seed=15)
    cosines = {
        name: float(wanted @ planted.direction(name.split(), seed=number, noise=0.3))
        for number, name in enumerate(items)
    }
    expected = sorted(cosines, key=cosines.__getitem__, reverse=True)
    assert names(page) == expected[: page.total]
    assert np.diff([cosines[name] for name in names(page)]).max() <= 0
