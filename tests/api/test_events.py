"""Events and reviews that programs send for people."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from recommender.models import Interaction, Item, Profile, Review
from tests.api.conftest import Program, json_of
from tests.conftest import Cast
from tests.services.shop import photo, tone
from tests.web.conftest import Shop


def send(program: Program, status: int = 200, item: str = "bag-1", **event: Any) -> Any:
    answer = program("member").post(f"/api/v1/items/{item}/events", event, content_type="application/json")
    return json_of(answer, status)


def kinds_of(cast: Cast) -> list[str]:
    return list(Interaction.objects.filter(user=cast.member).order_by("kind").values_list("kind", flat=True))


@pytest.mark.parametrize("kind", ["like", "dislike", "save", "hide"])
def test_a_switch_sent_twice_is_on_once(shop: Shop, cast: Cast, program: Program, kind: str) -> None:
    first, second = send(program, kind=kind), send(program, kind=kind, on=True)
    assert first == second == {"id": first["id"], "kind": kind, "on": True, "states": {kind: True}}
    assert kinds_of(cast) == [kind]


@pytest.mark.parametrize("kind", ["like", "dislike", "save", "hide"])
def test_a_switch_that_is_off_stays_off(shop: Shop, cast: Cast, program: Program, kind: str) -> None:
    send(program, kind=kind)
    for _repeat in range(2):
        assert send(program, kind=kind, on=False) == {"id": None, "kind": kind, "on": False, "states": {}}
    assert kinds_of(cast) == []


def test_like_and_dislike_exclude_each_other(shop: Shop, cast: Cast, program: Program) -> None:
    send(program, kind="dislike")
    send(program, kind="save")
    assert send(program, kind="like")["states"] == {"like": True, "save": True}


@pytest.mark.parametrize("kind", ["view", "click", "purchase"])
def test_what_happens_again_is_noted_again(shop: Shop, cast: Cast, program: Program, kind: str) -> None:
    assert send(program, kind=kind)["id"] != send(program, kind=kind)["id"]
    assert kinds_of(cast) == [kind, kind]


def test_a_rating_keeps_its_stars(shop: Shop, cast: Cast, program: Program) -> None:
    number = send(program, kind="rating", value=4)["id"]
    assert Interaction.objects.get(pk=number).value == 4


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"kind": "stare"},
        {"kind": "rating"},
        {"kind": "rating", "value": 6},
        {"kind": "rating", "value": 3.5},
        {"kind": "like", "value": 5},
        {"kind": "purchase", "on": False},
        {"kind": "like", "impression": "no uuid"},
    ],
)
def test_an_event_that_makes_no_sense_is_refused(
    shop: Shop, cast: Cast, program: Program, event: dict[str, Any]
) -> None:
    assert send(program, 422, **event)["error"]
    assert kinds_of(cast) == []


def test_an_impression_that_nobody_was_shown_is_left_out(shop: Shop, program: Program) -> None:
    number = send(program, kind="like", impression="00000000-0000-4000-8000-000000000000")["id"]
    assert Interaction.objects.get(pk=number).impression is None


def test_an_event_answers_the_card_it_names(shop: Shop, program: Program) -> None:
    card = json_of(program("member").get("/api/v1/feed?limit=1"))["cards"][0]
    number = send(program, item=card["item"]["external_id"], kind="click", impression=card["impression"])[
        "id"
    ]
    assert str(Interaction.objects.get(pk=number).impression_id) == card["impression"]


def test_a_retired_item_takes_no_events(shop: Shop, program: Program) -> None:
    Item.objects.filter(external_id="bag-1").update(availability="retired")
    send(program, 404, kind="like")


# -- one's own ----------------------------------------------------------------------------------------------


def test_the_list_is_ones_own_newest_first(
    shop: Shop, cast: Cast, program: Program, liked: Interaction
) -> None:
    Interaction.objects.create(user=cast.outsider, item=shop.items[2], kind="like")
    send(program, item="bag-3", kind="rating", value=2)
    told = json_of(program("member").get("/api/v1/me/events"))
    assert [(one["kind"], one["value"], one["item"]["external_id"]) for one in told["events"]] == [
        ("rating", 2, "bag-3"),
        ("like", None, "bag-1"),
    ]
    assert (told["total"], told["next_offset"]) == (2, None)


def test_the_list_can_be_read_a_piece_at_a_time(shop: Shop, program: Program) -> None:
    for n in range(5):
        send(program, item=f"bag-{n}", kind="view")
    seen, offset = [], 0
    while offset is not None:
        told = json_of(program("member").get("/api/v1/me/events", {"offset": offset, "limit": 2}))
        seen += [one["item"]["external_id"] for one in told["events"]]
        offset = told["next_offset"]
    assert seen == ["bag-4", "bag-3", "bag-2", "bag-1", "bag-0"]


def test_the_list_can_be_narrowed_to_kinds(shop: Shop, program: Program) -> None:
    for kind in ("view", "save", "hide"):
        send(program, kind=kind)
    told = json_of(program("member").get("/api/v1/me/events?kind=save&kind=hide"))
    assert {one["kind"] for one in told["events"]} == {"save", "hide"}


def test_an_event_can_be_taken_back_once(shop: Shop, program: Program, liked: Interaction) -> None:
    address = f"/api/v1/me/events/{liked.pk}"
    answer = program("member").delete(address)
    assert (answer.status_code, answer.content) == (204, b"")
    assert program("member").delete(address).status_code == 404


def test_somebody_elses_event_cannot_be_taken_back(shop: Shop, program: Program, liked: Interaction) -> None:
    assert program("outsider").delete(f"/api/v1/me/events/{liked.pk}").status_code == 404
    assert Interaction.objects.filter(pk=liked.pk).exists()


# -- reviews ------------------------------------------------------------------------------------------------


def review(program: Program, status: int = 201, **form: Any) -> Any:
    return json_of(program("member").post("/api/v1/items/bag-1/reviews", form), status)


def test_a_review_comes_with_photos_and_a_voice(shop: Shop, program: Program) -> None:
    told = review(
        program,
        text="  Holds everything.  ",
        rating=5,
        photos=[SimpleUploadedFile("a.jpg", photo("red")), SimpleUploadedFile("b.jpg", photo("blue"))],
        voice=SimpleUploadedFile("hum.wav", tone(440)),
    )
    assert (told["author"], told["text"], told["rating"], told["language"]) == (
        "mary",
        "Holds everything.",
        5,
        "en",
    )
    assert [one["kind"] for one in told["media"]] == ["image", "image", "audio"]


@pytest.mark.parametrize(
    "form",
    [
        {"text": "Good."},
        {"rating": 3},
        {"photos": SimpleUploadedFile("a.jpg", photo("red"))},
        {"voice": SimpleUploadedFile("hum.wav", tone(440))},
    ],
    ids=lambda form: next(iter(form)),
)
def test_one_thing_is_enough_for_a_review(shop: Shop, program: Program, form: dict[str, Any]) -> None:
    for file in form.values():
        if isinstance(file, SimpleUploadedFile):
            file.seek(0)
    review(program, **form)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({}, "empty"),
        ({"text": "   "}, "empty"),
        ({"text": "Good.", "rating": 6}, "rating"),
        ({"text": "x" * 20_001}, "text"),
        ({"photos": [SimpleUploadedFile(f"{n}.jpg", b"x") for n in range(7)]}, "7 photos"),
        ({"voice": SimpleUploadedFile("hum.wav", b"no sound at all")}, "hum.wav"),
        ({"photos": SimpleUploadedFile("big.jpg", bytes(12 * 2**20 + 1))}, "12 MB"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_review_that_cannot_be_taken_is_refused_whole(
    shop: Shop, program: Program, form: dict[str, Any], said: str
) -> None:
    assert said in review(program, 422, **form)["error"]
    assert not Review.objects.exists()


def test_reviews_are_read_newest_first_with_their_mean(shop: Shop, cast: Cast, program: Program) -> None:
    Profile.objects.create(user=cast.outsider, display_name="Oscar the second")
    for user, stars in ((cast.member, 2), (cast.outsider, 5)):
        Review.objects.create(user=user, item=shop.items[1], text=f"{stars} stars.", rating=stars)
    told = json_of(program("guest").get("/api/v1/items/bag-1/reviews?limit=1"))
    assert [one["author"] for one in told["reviews"]] == ["Oscar the second"]
    assert (told["total"], told["mean"], told["next_offset"]) == (2, 3.5, 1)
    figures = json_of(program("guest").get("/api/v1/items/bag-1"))["reviews"]
    assert figures == {"count": 2, "mean": 3.5}
