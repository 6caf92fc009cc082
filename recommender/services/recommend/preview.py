"""What somebody would be shown, without showing it: nothing is noted, kept for later or learned from."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

from recommender.contracts import SOURCES
from recommender.services.events import Actor
from recommender.services.recommend.answers import Spot
from recommender.services.recommend.feed import rank_now
from recommender.services.recommend.profile import Profile, profile_of
from recommender.services.recommend.showing import FeedPage, FeedRow, Showing


class _Unnoted(Showing):
    """The same cards with no impressions."""

    def _impressions(self, spots: Sequence[Spot]) -> list[uuid.UUID | None]:
        return [None] * len(spots)


def preview(
    actor: Actor, *, mixture: Mapping[str, float], limit: int
) -> tuple[FeedPage, list[FeedRow], Profile]:
    """The first page of ``actor``'s feed as it would be now, the rows above it, and their profile."""
    profile = profile_of(actor)
    weights = {source: float(mixture.get(source, 1.0)) for source in SOURCES}
    showing = _Unnoted(actor, profile, rank_now(profile, weights))
    return showing.grid(0, limit), showing.rows(), profile
