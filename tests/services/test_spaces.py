"""Encoder spaces: one serves, others are filled beside it, and none is ever mixed with another."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from recommender.engine.encoders import EncoderInfo
from recommender.models import Embedding, EncoderSpace, Item, Media
from recommender.services import spaces

pytestmark = pytest.mark.django_db

FIRST = EncoderInfo("first", "a" * 16, 4, "plain/1", ("image", "text", "audio"))
SECOND = EncoderInfo("second", "b" * 16, 8, "plain/1", ("image", "text"))


def item(number: int, availability: str = "available") -> Item:
    return Item.objects.create(external_id=f"i{number}", title=f"Item {number}", availability=availability)


def vector(
    space: EncoderSpace, owner: Item | Media, modality: str = "text", state: str = "ready"
) -> Embedding:
    media = owner if isinstance(owner, Media) else None
    return Embedding.objects.create(
        space=space,
        item=owner.item if isinstance(owner, Media) else owner,
        media=media,
        modality=modality,
        state=state,
        vector=b"\0" * 8 if state == "ready" else None,
    )


def test_the_first_space_serves_at_once() -> None:
    space = spaces.ensure_space(FIRST, "spec-1")
    assert space.state == "active"
    assert spaces.current_space() == space


def test_the_same_encoder_has_one_space() -> None:
    assert spaces.ensure_space(FIRST, "spec-1") == spaces.ensure_space(FIRST, "spec-1")


def test_another_encoder_begins_as_a_shadow() -> None:
    first = spaces.ensure_space(FIRST, "spec-1")
    second = spaces.ensure_space(SECOND, "spec-2")
    assert second.state == "shadow"
    assert EncoderSpace.objects.active() == first
    assert list(EncoderSpace.objects.filling()) == [first, second]


def test_activating_a_space_retires_the_one_that_served() -> None:
    first = spaces.ensure_space(FIRST, "spec-1")
    second = spaces.ensure_space(SECOND, "spec-2")
    spaces.activate_space(second)
    first.refresh_from_db()
    assert (first.state, second.state) == ("retired", "active")
    assert second.activated_at is not None
    assert spaces.current_space() == second


def test_a_retired_space_can_be_filled_again() -> None:
    spaces.ensure_space(FIRST, "spec-1")
    spaces.activate_space(spaces.ensure_space(SECOND, "spec-2"))
    assert spaces.ensure_space(FIRST, "spec-1").state == "shadow"


def test_shadows_that_the_settings_no_longer_name_are_given_up() -> None:
    first = spaces.ensure_space(FIRST, "spec-1")
    second = spaces.ensure_space(SECOND, "spec-2")
    spaces.retire_shadows(first)
    second.refresh_from_db()
    assert (first.state, second.state) == ("active", "retired")


def test_the_database_refuses_two_serving_spaces() -> None:
    spaces.ensure_space(FIRST, "spec-1")
    second = spaces.ensure_space(SECOND, "spec-2")
    with pytest.raises(IntegrityError), transaction.atomic():
        EncoderSpace.objects.filter(pk=second.pk).update(state="active")


def test_an_item_is_done_when_its_words_are() -> None:
    space = spaces.ensure_space(FIRST, "spec-1")
    items = [item(number) for number in range(4)]
    item(4, "retired")
    vector(space, items[0])
    vector(space, items[1], state="failed")
    vector(space, items[2], state="claimed")
    coverage = spaces.space_coverage(space)
    assert (coverage["items_done"], coverage["items_total"], coverage["failed"]) == (2, 4, 1)
    assert list(spaces.missing(space, "text")) == [items[3]]


def test_media_count_once_for_each_vector_they_can_have() -> None:
    space = spaces.ensure_space(FIRST, "spec-1")
    owner = item(1)
    film = Media.objects.create(item=owner, kind="video", has_sound=True, state="ready", checksum="1")
    photo = Media.objects.create(item=owner, kind="image", state="ready", checksum="2")
    Media.objects.create(item=owner, kind="image", state="pending", checksum="3")
    vector(space, film, "image")
    assert list(spaces.missing(space, "image")) == [photo]
    assert list(spaces.missing(space, "audio")) == [film]
    coverage = spaces.space_coverage(space)
    assert (coverage["media_done"], coverage["media_total"]) == (1, 3)


def test_an_encoder_without_an_audio_tower_lacks_no_sounds() -> None:
    space = spaces.ensure_space(SECOND, "spec-2")
    owner = item(1)
    sound = Media.objects.create(item=owner, kind="audio", has_sound=True, state="ready", checksum="1")
    vector(space, owner)
    assert sound.state == "ready"
    assert spaces.is_covered(space)


def test_a_space_is_not_covered_while_a_worker_is_at_it() -> None:
    space = spaces.ensure_space(FIRST, "spec-1")
    claim = vector(space, item(1), state="claimed")
    assert not spaces.is_covered(space)
    claim.delete()
    assert not spaces.is_covered(space)
    vector(space, Item.objects.get())
    assert spaces.is_covered(space)
