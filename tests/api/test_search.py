"""Search as programs ask for it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from recommender.contracts import MODALITIES
from recommender.models import Item
from recommender.services import search as searching
from recommender.services.search import Filters, SearchQuery
from tests.api.conftest import json_of
from tests.services.shop import damaged_query, photo, serving_space, tone
from tests.web.conftest import Shop


class Told(Exception):
    """Carries what the service was asked for."""


@pytest.fixture
def question(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Asks with an address; gives the question as the service hears it."""

    def listen(question: SearchQuery, actor: Any) -> Any:
        raise Told(question)

    def ask(query: str) -> SearchQuery:
        with pytest.raises(Told) as heard:
            Client().get(f"/api/v1/search?{query}")
        return heard.value.args[0]

    monkeypatch.setattr(searching, "search", listen)
    return ask


def upload(kind: str, name: str, content: bytes, status: int = 201) -> Any:
    return json_of(Client().post("/api/v1/search/media", {kind: SimpleUploadedFile(name, content)}), status)


def test_words_alone_leave_the_rest_as_it_is(shop: Shop, question: Any) -> None:
    asked = question("q=+red+bag+")
    assert (asked.text, asked.image, asked.audio, asked.item_ids) == ("red bag", None, None, ())
    assert (asked.plus, asked.minus, asked.filters) == ((), (), Filters())
    assert asked.weights == dict.fromkeys(MODALITIES, 1.0)
    assert (asked.offset, asked.limit) == (0, 24)


def test_everything_can_be_asked_for_at_once(shop: Shop, question: Any) -> None:
    asked = question(
        f"q=bag&item=bag-2&item={shop.items[3].pk}&plus=red&plus=+&minus=leather&w_image=100&w_text=25&w_audio=0"
        f"&category={shop.category.pk}&min=10&max=20.5&currency=eur&language=en&video=1&sound=0&offset=30&limit=10"
    )
    assert asked.item_ids == (shop.items[2].pk, shop.items[3].pk)
    assert (asked.plus, asked.minus) == (("red",), ("leather",))
    assert asked.weights == {"image": 1.0, "text": 0.25, "audio": 0.0}
    assert asked.filters == Filters(
        category=shop.category.pk,
        price_min=Decimal(10),
        price_max=Decimal("20.5"),
        currency="EUR",
        language="en",
        has_video=True,
        has_audio=False,
    )
    assert (asked.offset, asked.limit) == (30, 10)


def test_a_filter_alone_is_a_question(shop: Shop, question: Any) -> None:
    assert question(f"category={shop.category.pk}").filters.category == shop.category.pk


@pytest.mark.parametrize("query", ["", "q=", "q=++", "minus=+", "w_image=50", "offset=10", "plus=+"])
def test_a_question_that_asks_for_nothing_is_refused(shop: Shop, query: str) -> None:
    assert "Nothing" in json_of(Client().get(f"/api/v1/search?{query}"), 422)["error"]


def test_minus_alone_is_refused_with_what_it_needs(shop: Shop) -> None:
    refusal = json_of(Client().get("/api/v1/search?minus=red"), 422)
    assert "Minus" in refusal["error"]
    assert "plus" in refusal["remedy"]


@pytest.mark.parametrize(
    "query",
    [
        "w_image=101",
        "min=-1",
        "max=cheap",
        "max=nan",
        "max=inf",
        "video=perhaps",
        "currency=dollars",
        "limit=101",
        "offset=-1",
        "category=bags",
        f"q={'x' * 401}",
        "&".join(f"plus={n}" for n in range(9)),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(shop: Shop, query: str) -> None:
    name = query.split("=")[0]
    assert name in json_of(Client().get(f"/api/v1/search?q=bag&{query}"), 422)["error"]


def test_limits_that_exclude_every_price_are_refused(shop: Shop) -> None:
    told = json_of(Client().get("/api/v1/search?q=bag&min=30&max=10"), 422)
    assert told["error"] == "The lowest price is above the highest."
    assert "Exchange" in told["remedy"]


def test_an_unknown_item_is_not_found(shop: Shop) -> None:
    assert "nothing" in json_of(Client().get("/api/v1/search?item=bag-1&item=nothing"), 404)["error"]


@pytest.mark.parametrize("kind", ["image", "audio"])
@pytest.mark.parametrize("name", ["queries/none.webp", "../db.sqlite3", "originals/aa/a.jpg"])
def test_media_that_were_not_uploaded_are_refused(shop: Shop, kind: str, name: str) -> None:
    assert kind in json_of(Client().get("/api/v1/search", {kind: name}), 422)["error"]


def test_an_uploaded_picture_and_sound_can_be_searched_by(shop: Shop, question: Any) -> None:
    picture = upload("image", "bag.jpg", photo("red"))
    sound = upload("audio", "hum.wav", tone(440))
    asked = question(f"image={picture['name']}&audio={sound['name']}")
    assert (asked.image, asked.audio) == (picture["name"], sound["name"])
    assert picture["url"].startswith("http://testserver/media/queries/")


@pytest.mark.parametrize(
    ("kind", "content"), [("image", b"no picture"), ("audio", b"no sound"), ("image", b"")]
)
def test_a_file_that_cannot_be_decoded_is_refused(shop: Shop, kind: str, content: bytes) -> None:
    assert upload(kind, "file.jpg", content, 422)["error"]


def test_what_the_query_worker_could_not_read_is_told_in_the_language_of_the_program(
    shop: Shop, settings: Any
) -> None:
    serving_space(settings)

    def error(language: str) -> str:
        headers = {"accept-language": language}
        answer = Client().get("/api/v1/search", {"image": damaged_query()}, headers=headers)
        return str(json_of(answer, 422)["error"])

    assert "不是能够读取的图片" in error("zh-hans")
    assert "is not a picture that can be read" in error("en")


def test_one_file_is_taken_at_a_time(shop: Shop) -> None:
    files = {
        "image": SimpleUploadedFile("bag.jpg", photo("red")),
        "audio": SimpleUploadedFile("hum.wav", tone(440)),
    }
    assert json_of(Client().post("/api/v1/search/media", files), 422)["error"]
    assert json_of(Client().post("/api/v1/search/media", {}), 422)["error"]


# -- answers ------------------------------------------------------------------------------------------------


def test_results_come_with_facets_and_say_when_only_words_were_compared(shop: Shop) -> None:
    Item.objects.filter(external_id="bag-3").update(title="Crimson satchel", language="fr")
    told = json_of(Client().get("/api/v1/search?q=crimson+satchel"))
    assert told["cards"][0]["item"]["external_id"] == "bag-3"
    assert told["notice"] == "encoder_down"
    facet = told["facets"]["categories"][0]
    assert (facet["category"]["path"], facet["count"]) == ("Bags", told["total"])


def test_an_answer_to_filters_alone_says_that_minus_was_left_out(shop: Shop) -> None:
    query = f"/api/v1/search?category={shop.category.pk}"
    assert json_of(Client().get(query))["notice"] == ""
    told = json_of(Client().get(query + "&minus=red"))
    assert (told["notice"], told["total"]) == ("minus_alone", len(shop.items))


def test_results_can_be_read_a_piece_at_a_time(shop: Shop) -> None:
    seen: list[str] = []
    offset: int | None = 0
    while offset is not None:
        told = json_of(
            Client().get("/api/v1/search", {"category": shop.category.pk, "offset": offset, "limit": 5})
        )
        seen += [card["item"]["external_id"] for card in told["cards"]]
        offset = told["next_offset"]
    assert sorted(seen) == sorted(one.external_id for one in shop.items)


def test_prices_are_filtered_and_counted_in_one_currency(shop: Shop) -> None:
    Item.objects.filter(external_id__in=["bag-1", "bag-2", "bag-3"]).update(currency="EUR")
    Item.objects.filter(external_id="bag-4").update(currency="")
    searching.forget()
    told = json_of(Client().get("/api/v1/search?min=0"))
    assert told["total"] == 8
    assert told["facets"]["currencies"] == {"USD": 8, "EUR": 3, "-": 1}
    assert told["facets"]["currency"] == "USD"
    for one in told["facets"]["prices"]:
        ends = {name: one[name] for name in ("min", "max") if one[name]}
        assert json_of(Client().get("/api/v1/search", ends))["total"] == one["count"]
    euro = json_of(Client().get("/api/v1/search?min=22&currency=EUR"))
    assert {card["item"]["external_id"] for card in euro["cards"]} == {"bag-2", "bag-3"}
    unstated = json_of(Client().get("/api/v1/search?currency=-"))
    assert [card["item"]["external_id"] for card in unstated["cards"]] == ["bag-4"]
