"""What people write of a thing counts as what they do with it."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from recommender.models import Interaction, Item, Review
from recommender.services import events, recommend, train
from recommender.services.events import Actor
from recommender.services.recommend.profile import profile_of
from recommender.services.reviews import set_polarities
from tests.services.recommend.tastes import ALL, Tastes

NOW = timezone.now


def review(actor: Actor, item: Item, polarity: float | None, *, hours_ago: float = 0.0) -> Review:
    when = NOW() - timedelta(hours=hours_ago)
    return Review.objects.create(user=actor.user, item=item, text="!", polarity=polarity, created_at=when)


def warm_shown(tastes: Tastes, actor: Actor) -> int:
    cards = recommend.feed(actor, mixture=ALL, limit=24).cards
    return sum(tastes.kind_of(card.item) == "warm" for card in cards)


@pytest.fixture
def buyer(tastes: Tastes, member: Actor) -> Actor:
    """Likes one cold thing, and has bought three warm ones."""
    events.record(member, tastes.cold[0], "like", at=NOW() - timedelta(hours=3))
    for item in tastes.warm[:3]:
        events.record(member, item, "purchase", at=NOW() - timedelta(hours=2))
    return member


def test_a_purchase_followed_by_an_angry_review_stops_recommending_its_like(
    tastes: Tastes, buyer: Actor
) -> None:
    assert warm_shown(tastes, buyer) > 12
    written = [review(buyer, item, None) for item in tastes.warm[:3]]
    assert warm_shown(tastes, buyer) > 12
    set_polarities({one.pk: -0.95 for one in written})
    assert warm_shown(tastes, buyer) == 0


def test_a_happy_review_speaks_for_its_item(tastes: Tastes, member: Actor) -> None:
    review(member, tastes.warm[0], 0.9)
    profile = profile_of(member)
    assert profile.kinds == {tastes.warm[0].pk: "rating"}
    assert warm_shown(tastes, member) > 12


def test_what_is_done_after_an_angry_review_counts_as_it_is(tastes: Tastes, member: Actor) -> None:
    review(member, tastes.warm[0], -0.2, hours_ago=5)
    before = profile_of(member).weights
    events.record(member, tastes.warm[0], "purchase")
    assert before[0] < 0 < profile_of(member).weights[0]


def test_looking_again_does_not_undo_an_angry_review(tastes: Tastes, member: Actor) -> None:
    events.record(member, tastes.warm[0], "purchase", at=NOW() - timedelta(days=60))
    review(member, tastes.warm[0], -0.9, hours_ago=24 * 50)
    events.record(member, tastes.warm[0], "view")
    events.record(member, tastes.warm[0], "click")
    assert profile_of(member).weights[0] < 0


def test_a_review_nobody_can_read_changes_nothing(tastes: Tastes, buyer: Actor) -> None:
    before = events.history_version(buyer)
    review(buyer, tastes.warm[0], None)
    assert events.history_version(buyer) == before


def test_a_review_read_otherwise_is_another_history(tastes: Tastes, buyer: Actor) -> None:
    written = review(buyer, tastes.warm[0], 0.4)
    before = events.history_version(buyer)
    set_polarities({written.pk: -0.4})
    assert events.history_version(buyer) != before


def test_the_newest_review_of_an_item_counts(tastes: Tastes, member: Actor) -> None:
    review(member, tastes.warm[0], 0.9, hours_ago=2)
    review(member, tastes.warm[0], -0.9, hours_ago=1)
    assert events.feelings(member, 10)[tastes.warm[0].pk][1] == -0.9


def test_noting_what_a_review_feels_does_not_change_the_review(tastes: Tastes, member: Actor) -> None:
    written = review(member, tastes.warm[0], None)
    set_polarities({written.pk: 0.5, 10**9: 1.0})
    again = Review.objects.get(pk=written.pk)
    assert (again.polarity, again.updated_at) == (0.5, written.updated_at)


# -- the item graph -----------------------------------------------------------------------------------------


def slow_weights(ids: list[int]) -> dict[tuple[int, int], float]:
    """By the book, one event at a time: (person, item) to weight at age 0."""
    total: dict[tuple[int, int], float] = {}
    newest: dict[tuple[int, int], Review] = {}
    for one in Review.objects.exclude(polarity=None).order_by("created_at"):
        newest[one.user_id, one.item_id] = one
    for (user, item), one in newest.items():
        total[user, item] = one.polarity or 0.0
    worth = {"view": 0.2, "purchase": 1.5, "like": 1.0}
    for event in Interaction.objects.exclude(user=None):
        key = (event.user_id or 0, event.item_id)
        weight = worth[event.kind]
        said = newest.get(key)
        if said is not None and (event.kind == "view" or event.created_at <= said.created_at):
            weight *= 1 + 2 * min(said.polarity or 0.0, 0.0)
        total[key] = total.get(key, 0.0) + weight
    return {key: value for key, value in total.items() if key[1] in ids}


def test_the_graph_weighs_purchases_by_what_was_said_of_them(tastes: Tastes, cast: object) -> None:
    rng = np.random.default_rng(3)
    items = tastes.warm[:6]
    Interaction.objects.filter(item__in=items).delete()
    people = [cast.member, cast.outsider, cast.analyst]  # type: ignore[attr-defined]
    for person in people:
        for item in items:
            for kind in ("view", "purchase", "like"):
                if rng.random() < 0.7:
                    at = NOW() - timedelta(hours=float(rng.uniform(0, 9)))
                    events.record(Actor(user=person), item, kind, at=at)
            for _ in range(int(rng.integers(0, 3))):
                review(
                    Actor(user=person), item, float(rng.uniform(-1, 1)), hours_ago=float(rng.uniform(0, 9))
                )
    ids = sorted(item.pk for item in items)
    found = train.read_events(np.array(ids))
    totals = np.zeros((int(found.people.max()) + 1, len(ids)))
    np.add.at(totals, (found.people, found.items), found.weights)
    expected = slow_weights(ids)
    assert sorted(totals[totals != 0].round(9)) == sorted(np.round(list(expected.values()), 9))
