"""Showing an answer: which of its items are still there, as cards with their impressions."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from recommender.models import Item
from recommender.services.events import Actor
from recommender.services.impressions import Shown, note_shown
from recommender.services.measured import staged
from recommender.services.recommend.answers import Answer, Spot
from recommender.services.recommend.cards import Card, make_card
from recommender.services.recommend.profile import Profile
from recommender.services.recommend.shelf import (
    Stamps,
    is_available,
    items_and_stamps,
    listed,
    state_from,
    state_now,
)


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


@dataclass(frozen=True, slots=True)
class LastShown:
    """A first page as it was shown, and what it was made of.

    Attributes:
        items: as ``listed``; ``state`` is what ``state_now`` said of them.
    """

    limit: int
    profile: Profile
    items: str
    state: str
    page: FeedPage
    rows: list[FeedRow]

    def is_still_so(self, limit: int, profile: Profile) -> bool:
        """Whether it would be the same page now, as far as its reader and its items go."""
        return self.limit == limit and self.profile is profile and state_now(self.items) == self.state


class Showing:
    """One page of an answer, put together for its reader."""

    def __init__(self, actor: Actor, profile: Profile, answer: Answer) -> None:
        self._actor, self._profile, self._answer = actor, profile, answer
        self._items: dict[int, Item] = {}
        self._stamps: Stamps = {}
        self._looked: set[int] = set()

    @staged("hydrate")
    def grid(self, offset: int, limit: int) -> FeedPage:
        """Up to ``limit`` cards from place ``offset`` on; items that went away are passed over."""
        spots, more = self._spots(offset, limit)
        return FeedPage(self._cards(spots), self._answer.cold, more, self._answer.token)

    @staged("hydrate")
    def rows(self) -> list[FeedRow]:
        """The rows above the grid, those with nothing left to show left out."""
        spots = self._row_spots()
        return self._as_rows(spots, self._cards([spot for row in spots for spot in row]))

    @staged("hydrate")
    def first_page(self, limit: int) -> tuple[FeedPage, list[FeedRow]]:
        """Grid and rows together: one look at the database, one answer in the impressions.

        Where nothing has changed since the last time, the very page that was shown then.
        """
        answer, profile = self._answer, self._profile
        last = answer.last_shown
        if last and last.is_still_so(limit, profile):
            return last.page, last.rows
        self._fetch(self._first_ids(limit))
        grid, more = self._spots(0, limit)
        rows = self._row_spots()
        cards = self._cards([*grid, *(spot for row in rows for spot in row)])
        page = FeedPage(cards[: len(grid)], answer.cold, more, answer.token)
        found = self._as_rows(rows, cards[len(grid) :])
        if not self._actor.is_nobody:
            state = state_from(self._stamps)
            answer.last_shown = LastShown(limit, profile, listed(self._looked), state, page, found)
        return page, found

    def _first_ids(self, limit: int) -> set[int]:
        spots = (spot for row in (self._answer.spots(0, limit), *self._answer.row_spots) for spot in row)
        return {pk for spot in spots for pk in (spot.item_id, spot.seed_id) if pk}

    # -- what can be shown ----------------------------------------------------------------------------------

    def _spots(self, offset: int, limit: int) -> tuple[list[Spot], int | None]:
        """Up to ``limit`` spots of the grid that can be shown now, and where the next page begins."""
        answer, position = self._answer, offset
        # A later page leaves out what was met since it was ranked.
        away = set(self._profile.seen.tolist()) if offset else self._profile.refused
        chosen: list[Spot] = []
        while len(chosen) < limit and position < len(answer.places):
            part = answer.spots(position, position + limit - len(chosen))
            position += len(part)
            self._look_up(part)
            chosen += [spot for spot in part if self._is_there(spot) and spot.item_id not in away]
        return chosen, position if position < len(answer.places) else None

    def _row_spots(self) -> list[list[Spot]]:
        rows, refused = self._answer.row_spots, self._profile.refused
        self._look_up(spot for row in rows for spot in row)
        return [
            [spot for spot in row if self._is_there(spot) and spot.item_id not in refused] for row in rows
        ]

    def _as_rows(self, spots: Sequence[Sequence[Spot]], cards: Sequence[Card]) -> list[FeedRow]:
        found, start = [], 0
        for row, shown in zip(self._answer.rows, spots, strict=True):
            mine = list(cards[start : start + len(shown)])
            start += len(shown)
            seed = self._items.get(row.seed_id)
            if mine and (seed is not None or not row.seed_id):
                found.append(FeedRow(row.title_kind, seed, mine))
        return found

    def _is_there(self, spot: Spot) -> bool:
        item = self._items.get(spot.item_id)
        return item is not None and is_available(item)

    def _look_up(self, spots: Iterable[Spot]) -> None:
        """The items of spots and of the seeds that they name."""
        self._fetch({pk for spot in spots for pk in (spot.item_id, spot.seed_id) if pk})

    def _fetch(self, ids: Iterable[int]) -> None:
        wanted = set(ids) - self._looked
        if wanted:
            items, stamps = items_and_stamps(wanted)
            self._items |= items
            self._stamps |= stamps
            self._looked |= wanted

    # -- cards ----------------------------------------------------------------------------------------------

    def _cards(self, spots: Sequence[Spot]) -> list[Card]:
        items, profile = self._items, self._profile
        return [
            make_card(items[spot.item_id], profile, impression, spot.explanation, items, spot.parts)
            for spot, impression in zip(spots, self._impressions(spots), strict=True)
        ]

    def _impressions(self, spots: Sequence[Spot]) -> Sequence[uuid.UUID | None]:
        """The impression of each spot; one noted before belongs to the same showing, but for strangers."""
        noted = {} if self._actor.is_nobody else self._answer.noted
        new = [spot for spot in spots if (spot.surface, spot.item_id) not in noted]
        if new:
            given = note_shown(self._actor, [_shown(spot) for spot in new], model=self._answer.model)
            noted.update(((spot.surface, spot.item_id), pk) for spot, pk in zip(new, given, strict=True))
        return [noted[spot.surface, spot.item_id] for spot in spots]


def _shown(spot: Spot) -> Shown:
    told = spot.explanation
    score = sum(spot.parts.values())
    if told is None:
        return Shown(spot.item_id, spot.surface, spot.rank, score)
    return Shown(spot.item_id, spot.surface, spot.rank, score, told.source, told.seed_id)
