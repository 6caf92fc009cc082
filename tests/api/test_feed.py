"""The feed as programs get it, and cards as JSON."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client, RequestFactory

from recommender.api.cards import card_out
from recommender.contracts import Explanation
from recommender.models import Category, Item, Profile
from recommender.services import recommend
from recommender.services.recommend import Card, FeedPage
from tests.api.conftest import Program, json_of
from tests.conftest import Cast
from tests.web.conftest import Shop

FULL = {"crowd": 1.0, "image": 1.0, "text": 1.0, "audio": 1.0}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the service is asked for by the last request; it answers with nothing."""
    seen: dict[str, Any] = {}

    def feed(actor: Any, **options: Any) -> FeedPage:
        seen.clear()
        seen.update(options, actor=actor)
        return FeedPage(cards=[], cold=True, next_offset=None)

    monkeypatch.setattr(recommend, "feed", feed)
    return seen


def test_a_newcomer_gets_cards_with_impressions(shop: Shop, program: Program) -> None:
    told = json_of(program("member").get("/api/v1/feed"))
    assert told["cold"]
    assert {card["item"]["external_id"] for card in told["cards"]} == {one.external_id for one in shop.items}
    assert len({card["impression"] for card in told["cards"]}) == len(shop.items)


def test_the_feed_can_be_read_a_piece_at_a_time(shop: Shop, program: Program) -> None:
    seen: list[str] = []
    offset: int | None = 0
    while offset is not None:
        told = json_of(program("member").get("/api/v1/feed", {"offset": offset, "limit": 5}))
        seen += [card["item"]["external_id"] for card in told["cards"]]
        offset = told["next_offset"]
    assert sorted(seen) == sorted(one.external_id for one in shop.items)


def test_what_is_hidden_leaves_the_next_feed(shop: Shop, program: Program) -> None:
    program("member").post("/api/v1/items/bag-1/events", {"kind": "hide"}, content_type="application/json")
    told = json_of(program("member").get("/api/v1/feed"))
    assert "bag-1" not in {card["item"]["external_id"] for card in told["cards"]}


def test_what_is_liked_is_marked(shop: Shop, liked: Any, program: Program) -> None:
    told = json_of(program("member").get("/api/v1/feed"))
    assert {card["item"]["external_id"] for card in told["cards"] if card["liked"]} <= {"bag-1"}
    assert json_of(program("member").get("/api/v1/items/bag-1"))["states"] == {"like": True}


# -- what is asked for --------------------------------------------------------------------------------------


def test_faders_that_are_not_sent_are_full_for_guests(shop: Shop, asked: dict[str, Any]) -> None:
    Client().get("/api/v1/feed?image=0&crowd=30")
    assert asked["mixture"] == FULL | {"image": 0.0, "crowd": 0.3}


def test_faders_that_are_not_sent_stand_as_in_the_profile(
    shop: Shop, cast: Cast, asked: dict[str, Any], program: Program
) -> None:
    Profile.objects.create(user=cast.member, mixture={"crowd": 0.2, "text": 0.4})
    program("member").get("/api/v1/feed?crowd=90")
    assert asked["mixture"] == FULL | {"crowd": 0.9, "text": 0.4}


def test_who_has_no_profile_hears_everything(shop: Shop, asked: dict[str, Any], program: Program) -> None:
    program("member").get("/api/v1/feed")
    assert asked["mixture"] == FULL


def test_the_feed_is_that_of_whoever_shows_the_token(
    shop: Shop, cast: Cast, asked: dict[str, Any], program: Program
) -> None:
    program("member").get("/api/v1/feed?limit=7&offset=14")
    assert asked["actor"].user == cast.member
    assert (asked["limit"], asked["offset"]) == (7, 14)


def test_a_category_narrows_the_feed(shop: Shop, program: Program) -> None:
    shoes = Category.objects.create(name="Shoes", path="Shoes")
    Item.objects.create(external_id="shoe-1", title="Shoe", category=shoes)
    told = json_of(program("member").get(f"/api/v1/feed?category={shoes.pk}"))
    assert [card["item"]["external_id"] for card in told["cards"]] == ["shoe-1"]


def test_an_unknown_category_is_not_found(shop: Shop) -> None:
    assert "999" in json_of(Client().get("/api/v1/feed?category=999"), 404)["error"]


@pytest.mark.parametrize(
    "query", ["image=101", "image=-1", "image=loud", "limit=0", "limit=101", "offset=-1"]
)
def test_a_number_out_of_range_is_refused_by_name(shop: Shop, query: str) -> None:
    assert query.split("=")[0] in json_of(Client().get(f"/api/v1/feed?{query}"), 422)["error"]


# -- cards --------------------------------------------------------------------------------------------------


def test_a_card_says_through_what_and_because_of_what(shop: Shop, rf: RequestFactory) -> None:
    impression = uuid.uuid4()
    told = card_out(
        rf.get("/"),
        Card(
            item=shop.items[0],
            impression=impression,
            explanation=Explanation("image", 0.6, shop.items[1].pk),
            seed=shop.items[1],
            seed_kind="like",
            saved=True,
            parts={"image": 0.3, "crowd": 0.2},
        ),
    )
    assert told.impression == impression
    assert told.explanation is not None
    assert (told.explanation.source, told.explanation.share) == ("image", 0.6)
    assert told.explanation.seed is not None
    assert (told.explanation.seed.external_id, told.explanation.seed_kind) == ("bag-1", "like")
    assert told.parts == {"image": 0.3, "crowd": 0.2}
    assert (told.liked, told.saved, told.hidden) == (False, True, False)


def test_a_card_for_no_particular_reason_has_no_seed(shop: Shop, rf: RequestFactory) -> None:
    told = card_out(rf.get("/"), Card(item=shop.items[0], explanation=Explanation("popular", 1.0)))
    assert told.explanation is not None
    assert (told.explanation.seed, told.explanation.seed_kind) == (None, "")
    assert card_out(rf.get("/"), Card(item=shop.items[0])).explanation is None


def test_why_names_the_seed_and_its_share(
    shop: Shop, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    reasons = [("crowd", shop.items[2], 0.7), ("popular", None, 0.3)]
    monkeypatch.setattr(recommend, "why", lambda actor, item: reasons)
    told = json_of(program("member").get("/api/v1/items/bag-1/why"))["reasons"]
    assert [(one["source"], one["seed"] and one["seed"]["external_id"], one["share"]) for one in told] == [
        ("crowd", "bag-2", 0.7),
        ("popular", None, 0.3),
    ]


def test_similar_items_are_asked_for_as_told(
    shop: Shop, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def similar(item: Item, *, by: str, limit: int, actor: Any) -> list[Card]:
        assert (item, by, limit) == (shop.items[1], "text", 3)
        return [Card(item=shop.items[2], parts={"text": 0.5})]

    monkeypatch.setattr(recommend, "similar", similar)
    told = json_of(program("member").get("/api/v1/items/bag-1/similar?by=text&limit=3"))["cards"]
    assert [(one["item"]["external_id"], one["parts"]) for one in told] == [("bag-2", {"text": 0.5})]
