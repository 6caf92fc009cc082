"""Items, categories and availability as programs see them."""

from __future__ import annotations

import pytest
from django.test import Client

from recommender.models import Category, Item, Media
from tests.api.conftest import Program, json_of
from tests.web.conftest import Shop


def test_an_item_tells_all_in_both_languages(shop: Shop) -> None:
    told = json_of(Client().get("/api/v1/items/bag-0"))
    assert (told["external_id"], told["pk"]) == ("bag-0", shop.items[0].pk)
    assert (told["title"], told["title_zh"]) == ("Bag number 0", "0 号包")
    assert (told["price"], told["currency"]) == ("20.00", "USD")
    assert told["category"] == {"id": shop.category.pk, "path": "Bags", "name": "Bags", "name_zh": "包袋"}
    assert told["url"] == f"http://testserver/item/{shop.items[0].pk}/"
    assert told["has_sound"]
    assert not told["has_video"]


def test_chinese_is_sent_as_it_is_read(shop: Shop) -> None:
    assert "包袋" in Client().get("/api/v1/items/bag-0").content.decode()


def test_only_media_that_are_ready_have_addresses(shop: Shop) -> None:
    media = json_of(Client().get("/api/v1/items/bag-0"))["media"]
    assert {one["kind"]: (one["state"], one["url"]) for one in media} == {
        "image": ("failed", None),
        "audio": ("ready", f"http://testserver/media/{shop.sound.file}"),
    }


def test_a_picture_is_offered_in_three_sizes_but_not_as_it_was_uploaded(shop: Shop) -> None:
    Media.objects.create(
        item=shop.items[2], kind="image", file="originals/bb/b.jpg", checksum="b" * 64, state="ready"
    )
    told = json_of(Client().get("/api/v1/items/bag-2"))
    assert told["pictures"] == {
        name: f"http://testserver/media/derived/bb/{'b' * 64}/{size}.webp"
        for name, size in (("small", 160), ("medium", 480), ("large", 1080))
    }
    assert told["media"][0]["url"] is None


def test_an_item_can_be_named_by_its_number(shop: Shop) -> None:
    told = json_of(Client().get(f"/api/v1/items/{shop.items[3].pk}"))
    assert told["external_id"] == "bag-3"


def test_an_external_id_goes_before_a_number(shop: Shop) -> None:
    number = str(shop.items[3].pk)
    Item.objects.create(external_id=number, title="Named by a number")
    assert json_of(Client().get(f"/api/v1/items/{number}"))["title"] == "Named by a number"


@pytest.mark.parametrize("key", ["a/b", "a/b/c", "a b", "商品 1", "a%2Fb", "a?b", "similarly"])
def test_an_external_id_may_hold_any_character(shop: Shop, key: str) -> None:
    from urllib.parse import quote

    Item.objects.create(external_id=key, title="Odd")
    assert json_of(Client().get(f"/api/v1/items/{quote(key)}"))["external_id"] == key
    assert json_of(Client().get(f"/api/v1/items/{quote(key)}/reviews"))["total"] == 0


@pytest.mark.parametrize("key", ["nothing", "99999999", "9" * 30, "-1", "٣"])
def test_an_unknown_item_is_named(shop: Shop, key: str) -> None:
    assert key in json_of(Client().get(f"/api/v1/items/{key}"), 404)["error"]


def test_a_retired_item_is_for_catalogue_admins_only(shop: Shop, program: Program) -> None:
    Item.objects.filter(external_id="bag-0").update(availability="retired")
    answers = {
        role: program(role).get("/api/v1/items/bag-0").status_code
        for role in ("guest", "member", "operator", "catalogue_admin")
    }
    assert answers == {"guest": 404, "member": 404, "operator": 404, "catalogue_admin": 200}


def test_a_price_that_is_unknown_is_null(shop: Shop) -> None:
    Item.objects.create(external_id="free", title="Free")
    told = json_of(Client().get("/api/v1/items/free"))
    assert (told["price"], told["category"], told["pictures"]) == (None, None, None)


# -- similar, why -------------------------------------------------------------------------------------------


def test_what_is_compared_must_be_known(shop: Shop) -> None:
    assert "by" in json_of(Client().get("/api/v1/items/bag-0/similar?by=smell"), 422)["error"]


def test_similar_items_of_an_unknown_item_are_not_found(shop: Shop) -> None:
    assert Client().get("/api/v1/items/nothing/similar").status_code == 404
    assert Client().get("/api/v1/items/nothing/why").status_code == 404


# -- categories ---------------------------------------------------------------------------------------------


def test_a_category_counts_what_is_on_offer_below_it(shop: Shop) -> None:
    red = Category.objects.create(parent=shop.category, name="Red", path="Bags > Red", depth=1)
    Category.objects.create(name="Empty", path="Empty")
    Item.objects.filter(external_id__in=["bag-0", "bag-1", "bag-2"]).update(category=red)
    Item.objects.filter(external_id="bag-0").update(availability="retired")
    told = json_of(Client().get("/api/v1/categories"))["categories"]
    assert [(one["path"], one["parent"], one["items"]) for one in told] == [
        ("Bags", None, 11),
        ("Bags > Red", shop.category.pk, 2),
        ("Empty", None, 0),
    ]


# -- availability -------------------------------------------------------------------------------------------


def test_an_admin_withdraws_an_item_and_brings_it_back(shop: Shop, program: Program) -> None:
    for state in ("unavailable", "retired", "available"):
        answer = program("catalogue_admin").put(
            "/api/v1/items/bag-0/availability", {"availability": state}, content_type="application/json"
        )
        assert json_of(answer) == {"external_id": "bag-0", "availability": state}
        assert Item.objects.get(external_id="bag-0").availability == state


def test_an_unknown_availability_is_refused(shop: Shop, program: Program) -> None:
    answer = program("catalogue_admin").put(
        "/api/v1/items/bag-0/availability", {"availability": "gone"}, content_type="application/json"
    )
    assert "availability" in json_of(answer, 422)["error"]


def test_availability_is_not_changed_by_number(shop: Shop, program: Program) -> None:
    answer = program("catalogue_admin").put(
        f"/api/v1/items/{shop.items[0].pk}/availability",
        {"availability": "retired"},
        content_type="application/json",
    )
    assert answer.status_code == 404
