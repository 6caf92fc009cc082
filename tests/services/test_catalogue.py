"""What catalogue admins change about single items."""

from __future__ import annotations

from typing import Any

import pytest

from recommender.models import Embedding, EncoderSpace, Item
from recommender.services.catalogue import note_changes, set_availability

pytestmark = pytest.mark.django_db


@pytest.fixture
def item() -> Item:
    return Item.objects.create(external_id="1", title="Bag")


@pytest.fixture
def words(item: Item) -> Embedding:
    space = EncoderSpace.objects.create(spec="s", name="n", weights_hash="h", dim=2, preprocessing="p")
    return Embedding.objects.create(space=space, item=item, modality="text", state="failed", error="x")


def test_an_item_is_withdrawn_and_its_time_of_change_moves(item: Item) -> None:
    before = item.updated_at
    set_availability(item, "retired")
    item.refresh_from_db()
    assert item.availability == "retired"
    assert item.updated_at > before


def test_a_state_that_does_not_exist_is_refused(item: Item) -> None:
    with pytest.raises(ValueError, match="gone"):
        set_availability(item, "gone")


def test_words_changed_by_hand_lose_their_vector(item: Item, words: Embedding) -> None:
    note_changes(item, ["title"])
    assert not Embedding.objects.exists()


def test_a_changed_price_keeps_the_vector_of_the_words(item: Item, words: Embedding) -> None:
    note_changes(item, ["price"])
    assert Embedding.objects.get() == words


def test_a_title_changed_in_the_database_pages_loses_its_vector(
    item: Item, words: Embedding, cast: Any, client: Any
) -> None:
    client.force_login(cast.superuser)
    address = f"/admin/recommender/item/{item.pk}/change/"
    form = client.get(address).context["adminform"].form
    data = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    data |= {"title": "Case", "attributes": "{}"}
    for prefix in ("media",):
        data |= {f"{prefix}-TOTAL_FORMS": "0", f"{prefix}-INITIAL_FORMS": "0"}
    answer = client.post(address, data)
    assert answer.status_code == 302
    item.refresh_from_db()
    assert item.title == "Case"
    assert not Embedding.objects.exists()
