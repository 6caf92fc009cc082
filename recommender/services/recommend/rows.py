"""The rows above the grid: what goes with the last things somebody liked, what is popular, what is new."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from recommender.contracts import SOURCES
from recommender.models import Interaction
from recommender.services.measured import staged
from recommender.services.recommend.answers import Row
from recommender.services.recommend.neighbours import neighbours
from recommender.services.recommend.profile import Profile
from recommender.services.recommend.scoring import PARTS, PLACE
from recommender.services.recommend.world import World

Kind = Interaction.Kind
#: Cards of a row, at most and at least, and how many rows are about single things.
MOST, LEAST = 10, 4
_ABOUT_THINGS = 2
_LOOKED_AT = 100
_STRONG = frozenset({Kind.PURCHASE, Kind.LIKE, Kind.SAVE, Kind.RATING})


@staged("rank")
def rows_above(
    world: World, profile: Profile, mixture: Mapping[str, float], places: np.ndarray, *, first: int
) -> tuple[Row, ...]:
    """Rows of items that are neither met, nor in the ``first`` places of the grid, nor in another row.

    A small catalogue has no rows, or fewer: the grid's first page is filled before them.
    """
    taken = {*places["item"][:first].tolist(), *profile.seen.tolist()}
    spare = len(places) - first
    tail = set(places["item"][first:].tolist())
    rows: list[Row] = []
    for kind, seed, ids, parts in _drafts(world, profile, mixture):
        chosen: list[int] = []
        for number, item in enumerate(ids.tolist()):
            if len(chosen) == MOST:
                break
            from_grid = item in tail
            if item in taken or (from_grid and spare <= 0):
                continue
            spare -= from_grid
            taken.add(item)
            chosen.append(number)
        if len(chosen) < LEAST:
            taken -= set(ids[chosen].tolist())
            spare += sum(item in tail for item in ids[chosen].tolist())
            continue
        row = np.zeros(len(chosen), PLACE)
        row["item"], row["seed"], row["parts"] = ids[chosen], seed, parts[:, chosen].T
        rows.append(Row(kind, seed, row))
    return tuple(rows)


_Draft = tuple[str, int, np.ndarray, np.ndarray]  # kind of title, seed, ids (n,), parts (6, n)


def _drafts(world: World, profile: Profile, mixture: Mapping[str, float]) -> list[_Draft]:
    drafts: list[_Draft] = []
    for seed in _seeds(profile):
        ids, found = neighbours(world, seed, mixture, _LOOKED_AT)
        parts = np.zeros((len(PARTS), len(ids)), np.float32)
        parts[: len(SOURCES)] = found
        drafts.append((profile.kinds[seed], seed, ids, parts))
    for name, (ids, values) in world.leaders.items():
        parts = np.zeros((len(PARTS), len(ids)), np.float32)
        parts[PARTS.index(name)] = values
        drafts.append((name, 0, ids, parts))
    return drafts


def _seeds(profile: Profile) -> list[int]:
    """The last thing somebody clearly liked, and the last thing that caught their eye besides."""
    strong = [item for item in profile.latest if profile.kinds[item] in _STRONG]
    return list(dict.fromkeys([*strong[:1], *profile.latest[:_ABOUT_THINGS], *strong]))[:_ABOUT_THINGS]
