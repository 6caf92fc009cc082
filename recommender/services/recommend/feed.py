"""The feed: one ranked answer, shown page by page, with rows about single things above its first page."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

import numpy as np
from django.conf import settings

from recommender.contracts import SOURCES
from recommender.models import Category
from recommender.services.events import Actor
from recommender.services.measured import ANSWERS, READERS, timed
from recommender.services.recommend import answers
from recommender.services.recommend.answers import Answer, Row
from recommender.services.recommend.profile import Profile, profile_of
from recommender.services.recommend.rows import rows_above
from recommender.services.recommend.scoring import rank
from recommender.services.recommend.showing import FeedPage, FeedRow, Showing
from recommender.services.recommend.world import category_ids, world_now


@timed("feed")
def feed(
    actor: Actor,
    *,
    mixture: Mapping[str, float],
    offset: int = 0,
    limit: int,
    category: Category | None = None,
    answer: str = "",
    seen: bool = False,
) -> FeedPage:
    """A page of the grid. A first page is ranked for this moment; a later one continues the answer before it.

    Args:
        mixture: source to weight in [0, 1]; sources that are absent count in full.
        category: only items of this category and those below it.
        answer: ``FeedPage.answer`` of the page before; the latest answer, if empty.
        seen: also what they have met already, but for what they turned down.
    """
    profile, scope = profile_of(actor), _scope(category, seen)
    if seen:
        profile = profile.welcoming()
    found = None
    if offset:
        found = answers.answer_to_continue(actor, scope, answer)
    if found is None:
        found = _answer(actor, profile, mixture, category, scope)
    page = Showing(actor, profile, found).grid(offset, limit)
    if not offset:
        _count(page)
    return page


@timed("feed")
def rows(actor: Actor, mixture: Mapping[str, float]) -> list[FeedRow]:
    """The rows above the first page of the grid; none of their cards is in the grid."""
    profile = profile_of(actor)
    return Showing(actor, profile, _answer(actor, profile, mixture, None, _scope(None))).rows()


@timed("feed")
def front_page(actor: Actor, *, mixture: Mapping[str, float], limit: int) -> tuple[FeedPage, list[FeedRow]]:
    """The first page of the grid and the rows above it, with one look at the database for both."""
    profile = profile_of(actor)
    answer = _answer(actor, profile, mixture, None, _scope(None))
    page, above = Showing(actor, profile, answer).first_page(limit)
    _count(page)
    return page, above


def _count(page: FeedPage) -> None:
    """A first page; later ones end empty by nature."""
    ANSWERS.add(1, "feed", "found" if page.cards else "empty")
    READERS.add(1, "cold" if page.cold else "known")


# -- ranking ------------------------------------------------------------------------------------------------


def _answer(
    actor: Actor, profile: Profile, mixture: Mapping[str, float], category: Category | None, scope: str
) -> Answer:
    """The answer of this moment; a new one only if the history, the graph or the mixture is another."""
    weights = {source: float(mixture.get(source, 1.0)) for source in SOURCES}
    world = world_now()
    key = (actor.key, scope, *weights.values())
    state = (profile.version, world.name, len(world.arrivals), world.live is None)

    def make() -> Answer:
        found = answers.answer_of_others(actor, key, state)
        if found is None:
            found = rank_now(profile, weights, category)
            answers.keep_for_others(actor, scope, key, state, found)
        return found

    return answers.kept_answer(key, state, make)


def rank_now(profile: Profile, weights: Mapping[str, float], category: Category | None = None) -> Answer:
    """An answer ranked for this moment, whatever was ranked before."""
    world = world_now()
    among = category_ids(category) if category is not None else None
    places = rank(world, profile, weights, among=among)
    above: tuple[Row, ...] = ()
    if category is None and profile.welcome is None:  # where what was met is asked for, all of it is grid
        first = settings.FEED_PAGE
        above = rows_above(world, profile, weights, places, first=first)
        taken = np.concatenate([row.places["item"] for row in above]) if above else np.empty(0, np.int64)
        places = np.concatenate([places[:first], places[first:][~np.isin(places["item"][first:], taken)]])
    return Answer(uuid.uuid4().hex, places, above, profile.is_cold, world.name)


def _scope(category: Category | None, seen: bool = False) -> str:
    """The name of what was asked for."""
    among = f"category {category.pk}" if category is not None else "everything"
    return f"{among}, also seen" if seen else among
