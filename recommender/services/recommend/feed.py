"""The feed: one ranked answer, shown page by page, with rows about single things above its first page."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from django.conf import settings

from recommender.contracts import SOURCES
from recommender.models import Category, Item
from recommender.services.events import Actor
from recommender.services.impressions import Shown, note_shown
from recommender.services.recommend import answers
from recommender.services.recommend.answers import Answer, Row
from recommender.services.recommend.cards import Card, make_card
from recommender.services.recommend.profile import Profile, profile_of
from recommender.services.recommend.rows import rows_above
from recommender.services.recommend.scoring import rank
from recommender.services.recommend.shelf import is_available, items_now
from recommender.services.recommend.world import category_ids, world_now

Place = tuple[int, int, np.ndarray]  # item, seed, parts
_GRID = "feed"


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Some cards of the grid.

    Attributes:
        cold: nothing personal went into them.
        next_offset: where the next page begins; None at the end.
        answer: the name of the ranked answer, so that the next page continues this very one.
    """

    cards: list[Card]
    cold: bool
    next_offset: int | None
    answer: str = ""


@dataclass(frozen=True, slots=True)
class FeedRow:
    """A row of cards: because of ``seed`` (``title_kind`` is what was done with it), or of a source."""

    title_kind: str
    seed: Item | None
    cards: list[Card]


def feed(
    actor: Actor,
    *,
    mixture: Mapping[str, float],
    offset: int = 0,
    limit: int,
    category: Category | None = None,
    answer: str = "",
) -> FeedPage:
    """A page of the grid. A first page is ranked for this moment; a later one continues the answer before it.

    Args:
        mixture: source to weight in [0, 1]; sources that are absent count in full.
        category: only items of this category and those below it.
        answer: ``FeedPage.answer`` of the page before; the latest answer, if empty.
    """
    profile = profile_of(actor)
    found = None
    if offset:
        found = answers.answer_to_continue(actor, _scope(category), answer)
    if found is None:
        found = _answer(actor, profile, mixture, category)
    return _Page(actor, profile, found).grid(offset, limit)


def rows(actor: Actor, mixture: Mapping[str, float]) -> list[FeedRow]:
    """The rows above the first page of the grid; none of their cards is in the grid."""
    profile = profile_of(actor)
    return _Page(actor, profile, _answer(actor, profile, mixture, None)).rows()


def front_page(actor: Actor, *, mixture: Mapping[str, float], limit: int) -> tuple[FeedPage, list[FeedRow]]:
    """The first page of the grid and the rows above it, with one look at the database for both."""
    profile = profile_of(actor)
    page = _Page(actor, profile, _answer(actor, profile, mixture, None))
    page.fetch(limit, with_rows=True)
    return page.grid(0, limit), page.rows()


# -- ranking ------------------------------------------------------------------------------------------------


def _answer(
    actor: Actor, profile: Profile, mixture: Mapping[str, float], category: Category | None
) -> Answer:
    """The answer of this moment; a new one only if the history, the graph or the mixture is another."""
    weights = {source: float(mixture.get(source, 1.0)) for source in SOURCES}
    world = world_now()
    if actor.is_nobody or profile.version:
        key = (actor.key, _scope(category), *weights.values())
        state = (profile.version, world.name, len(world.arrivals), bool(world.live))
        return answers.kept_answer(key, state, lambda: _rank(actor, profile, weights, category))
    return _rank(actor, profile, weights, category)


def _rank(actor: Actor, profile: Profile, weights: Mapping[str, float], category: Category | None) -> Answer:
    world = world_now()
    among = category_ids(category) if category is not None else None
    places = rank(world, profile, weights, among=among)
    above: tuple[Row, ...] = ()
    if category is None:
        first = settings.FEED_PAGE
        above = rows_above(world, profile, weights, places, first=first)
        taken = np.concatenate([row.places["item"] for row in above]) if above else np.empty(0, np.int64)
        places = np.concatenate([places[:first], places[first:][~np.isin(places["item"][first:], taken)]])
    answer = Answer(uuid.uuid4().hex, places, above, profile.is_cold, world.name)
    answers.keep_for_scrolling(actor, _scope(category), answer)
    return answer


def _scope(category: Category | None) -> str:
    return f"category {category.pk}" if category is not None else "everything"


# -- showing ------------------------------------------------------------------------------------------------


class _Page:
    """One showing of an answer: which of its items are still there, as cards with impressions."""

    def __init__(self, actor: Actor, profile: Profile, answer: Answer) -> None:
        self._actor, self._profile, self._answer = actor, profile, answer
        self._items: dict[int, Item] = {}
        self._looked: set[int] = set()

    def fetch(self, limit: int, *, with_rows: bool) -> None:
        """Look up what the first page needs, all at once."""
        parts = [self._answer.places[:limit]]
        if with_rows:
            parts += [row.places for row in self._answer.rows]
        seeds = [row.seed_id for row in self._answer.rows if row.seed_id]
        self._look_up(np.concatenate(parts), seeds)

    def grid(self, offset: int, limit: int) -> FeedPage:
        """Up to ``limit`` cards from place ``offset`` on; items that went away are passed over."""
        places, chosen, position = self._answer.places, [], offset
        while len(chosen) < limit and position < len(places):
            part = places[position : position + limit - len(chosen)]
            position += len(part)
            self._look_up(part)
            chosen += self._present(part, later=offset > 0)
        more = position if position < len(places) else None
        cards = self._cards([(_GRID, offset + rank, place) for rank, place in enumerate(chosen)])
        return FeedPage(cards, self._answer.cold, more, self._answer.token)

    def rows(self) -> list[FeedRow]:
        """The rows, those with nothing left to show left out."""
        drafts = self._answer.rows
        if not drafts:
            return []
        self._look_up(np.concatenate([row.places for row in drafts]), [row.seed_id for row in drafts])
        shown: list[tuple[str, int, Place]] = []
        counts = []
        for row in drafts:
            here = self._present(row.places)
            surface = f"row {row.title_kind}"
            shown += [(surface, rank, place) for rank, place in enumerate(here)]
            counts.append(len(here))
        cards = iter(self._cards(shown))
        found = []
        for row, count in zip(drafts, counts, strict=True):
            mine = [next(cards) for _ in range(count)]
            seed = self._items.get(row.seed_id)
            if mine and (seed is not None or not row.seed_id):
                found.append(FeedRow(row.title_kind, seed, mine))
        return found

    def _look_up(self, places: np.ndarray, more: Sequence[int] = ()) -> None:
        wanted = {*places["item"].tolist(), *places["seed"].tolist(), *more} - self._looked - {0}
        if wanted:
            self._items |= items_now(wanted)
            self._looked |= wanted

    def _present(self, places: np.ndarray, *, later: bool = False) -> list[Place]:
        """Those that may be shown now; on a ``later`` page without what was met since it was ranked."""
        away = set(self._profile.seen.tolist()) if later else self._profile.refused
        return [
            place
            for place in places.tolist()
            if (item := self._items.get(place[0])) is not None and is_available(item) and place[0] not in away
        ]

    def _cards(self, shown: list[tuple[str, int, Place]]) -> list[Card]:
        """Cards of surface, rank and place, each with its impression."""
        reasons = [self._answer.reason(place) for _surface, _rank, place in shown]
        impressions = self._impressions(shown, reasons)
        return [
            make_card(
                self._items[place[0]],
                self._profile,
                impression=impression,
                explanation=explanation,
                seeds=self._items,
                parts=parts,
            )
            for (_surface, _rank, place), (explanation, parts), impression in zip(
                shown, reasons, impressions, strict=True
            )
        ]

    def _impressions(
        self, shown: list[tuple[str, int, Place]], reasons: list[answers.Reason]
    ) -> list[uuid.UUID]:
        """The impression of each card; one noted before belongs to the same showing, but for strangers."""
        noted = {} if self._actor.is_nobody else self._answer.noted
        new = [
            Shown(
                place[0],
                surface,
                rank,
                sum(parts.values()),
                explanation.source if explanation else "",
                explanation.seed_id if explanation else None,
            )
            for (surface, rank, place), (explanation, parts) in zip(shown, reasons, strict=True)
            if (surface, place[0]) not in noted
        ]
        given = note_shown(self._actor, new, model=self._answer.model)
        noted.update({(one.surface, one.item_id): pk for one, pk in zip(new, given, strict=True)})
        return [noted[surface, place[0]] for surface, _rank, place in shown]
