"""What is known of whoever reads: the items their taste is read off, and those that stay away."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field, replace

import numpy as np

from recommender.models import Interaction
from recommender.services import events
from recommender.services.events import Actor
from recommender.services.measured import staged

Kind = Interaction.Kind

#: Events that are read for one ranking, and items whose rows are summed.
MOST_EVENTS, MOST_SEEDS = 1_000, 100
#: What one does now counts up to this many times more; half of that is gone after half an hour. So a feed
#: follows the present visit, whatever years came before it.
_NOW_FACTOR, _NOW_HALF_LIFE = 2.0, 1_800.0
#: How long a history is remembered: its version tells of every event, but not that events grow older, nor of
#: a value that an import corrects.
_SECONDS = 300.0
_MOST = 4_000
#: Kinds by how much they say, for "because you ...".
_TELLING = (Kind.PURCHASE, Kind.LIKE, Kind.SAVE, Kind.RATING, Kind.CLICK, Kind.VIEW)
_NEUTRAL_RATING = 3.0
_LOOKS = frozenset({str(Kind.VIEW), str(Kind.CLICK)})


@dataclass(frozen=True, slots=True)
class Profile:
    """A person's history, ready to be ranked with.

    Attributes:
        version: name of the state of the history; "" for nobody's.
        seeds: items (m,) of the recent history, the weightiest first, and ``weights`` (m,) float32: by kind
            and age, negative for what was turned down.
        evidence: what everything that speaks for an item is worth together, in likes.
        kinds: item to the most telling thing done with it, for those that speak for an item.
        latest: items that speak for themselves, newest first.
        seen: all items (k,) ascending that the person has met.
        refused: those they hid or disliked.
        welcome: items (j,) ascending that they met and want to see all the same; None where nobody asked.
        on: item to the switches that are on.
    """

    version: str = ""
    seeds: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    weights: np.ndarray = field(default_factory=lambda: np.empty(0, np.float32))
    evidence: float = 0.0
    kinds: dict[int, str] = field(default_factory=dict)
    latest: tuple[int, ...] = ()
    seen: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    refused: frozenset[int] = frozenset()
    welcome: np.ndarray | None = None
    on: dict[int, frozenset[str]] = field(default_factory=dict)

    @property
    def is_cold(self) -> bool:
        """Nothing is known that they like."""
        return not self.kinds

    def welcoming(self) -> Profile:
        """The profile of somebody who wants to see what they have met as well, but for what they refused."""
        refused = np.array(sorted(self.refused), np.int64)
        return replace(self, seen=refused, welcome=np.setdiff1d(self.seen, refused))


NOBODY = Profile()
_kept: OrderedDict[str, tuple[float, Profile]] = OrderedDict()
_lock = threading.Lock()


@staged("history")
def profile_of(actor: Actor) -> Profile:
    """The profile as of the last event; read from the database unless this process has it already."""
    if actor.is_nobody:
        return NOBODY
    version = events.history_version(actor)  # before the rows: what comes in between has another version
    now = time.monotonic()
    known = _kept.get(actor.key)
    if known and known[1].version == version and now - known[0] < _SECONDS:
        return known[1]
    profile = read_profile(actor, version)
    with _lock:
        _kept[actor.key] = (now, profile)
        _kept.move_to_end(actor.key)
        while len(_kept) > _MOST:
            _kept.popitem(last=False)
    return profile


def forget_profiles() -> None:
    """Read every history anew at its next use."""
    _kept.clear()


def read_profile(actor: Actor, version: str) -> Profile:
    """The profile, from the database."""
    rows = events.newest(actor, MOST_EVENTS)
    felt = events.feelings(actor, MOST_EVENTS) if events.has_feelings(version) else {}
    if not rows and not felt:
        return Profile(version)
    seen = {row[0] for row in rows}
    on: dict[int, set[str]] = {}
    for item_id, kind, _moment, _value in rows:
        if kind in Interaction.TOGGLES:
            on.setdefault(item_id, set()).add(kind)
    if len(rows) == MOST_EVENTS:
        seen |= events.all_items(actor)
        on = {item_id: set(kinds) for item_id, kinds in events.states(actor).items()}
    seen |= felt.keys()
    rows = _once(_with_reviews(rows, felt))
    worth = _worth(rows, felt)
    seeds, weights = _seeds(rows, worth)
    kinds = _kinds(rows, dict(zip(seeds.tolist(), weights.tolist(), strict=True)))
    return Profile(
        version=version,
        seeds=seeds,
        weights=weights,
        evidence=float(worth[worth > 0].sum()),
        kinds=kinds,
        latest=tuple(dict.fromkeys(row[0] for row in rows if row[0] in kinds)),
        seen=np.array(sorted(seen), np.int64),
        refused=frozenset(item_id for item_id, kinds_ in on.items() if {Kind.HIDE, Kind.DISLIKE} & kinds_),
        on={item_id: frozenset(kinds_) for item_id, kinds_ in on.items()},
    )


_Row = tuple[int, str, float, float | None]  # item, kind, seconds since 1970, value


def _once(rows: list[_Row]) -> list[_Row]:
    """Of what was done again and again with one item, the last time: a page reloaded is no new taste."""
    last: dict[tuple[int, str], _Row] = {}
    for row in rows:
        last.setdefault((row[0], row[1]), row)
    return list(last.values())


def _with_reviews(rows: list[_Row], felt: dict[int, tuple[float, float]]) -> list[_Row]:
    """``rows``, newest first, with each review as a rating of as many stars as it feels like."""
    from recommender.engine.ranking import stars_of

    said = [
        (item, str(Kind.RATING), moment, float(stars_of(np.array(polarity))))
        for item, (moment, polarity) in felt.items()
    ]
    return sorted([*rows, *said], key=lambda row: -row[2]) if said else rows


def _worth(rows: list[_Row], felt: dict[int, tuple[float, float]]) -> np.ndarray:
    """What each event (n,) is worth, in likes: by kind, age, and what was said of the item after it."""
    from recommender.engine.ranking import event_weights

    now = time.time()
    ages = np.array([max(0.0, now - row[2]) for row in rows])
    values = np.array([np.nan if row[3] is None else row[3] for row in rows])
    present = 1.0 + _NOW_FACTOR * 0.5 ** (ages / _NOW_HALF_LIFE)
    polarities = np.array([_polarity_of(row, felt) for row in rows], np.float64)
    return event_weights([row[1] for row in rows], ages, values, polarities) * present


def _polarity_of(row: _Row, felt: dict[int, tuple[float, float]]) -> float:
    """What the review of the row's item says of it; nan where there is none, or the deed came after it."""
    moment, polarity = felt.get(row[0], (0.0, np.nan))
    # To look at a thing again says nothing that the review did not.
    return polarity if row[2] <= moment or row[1] in _LOOKS else np.nan


def _seeds(rows: list[_Row], worth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Items (m,) and weights (m,), the weightiest first."""
    from recommender.engine.ranking import saturated

    items, total = saturated(np.array([row[0] for row in rows], np.int64), worth)
    weights = total.astype(np.float32)
    order = np.argsort(-np.abs(weights), kind="stable")[:MOST_SEEDS]
    order = order[weights[order] != 0]
    return items[order], weights[order]


def _kinds(rows: list[_Row], weights: dict[int, float]) -> dict[int, str]:
    """Item to the most telling kind, for seeds that speak for themselves."""
    kinds: dict[int, str] = {}
    for item_id, kind, _moment, value in rows:
        if weights.get(item_id, 0.0) <= 0 or kind not in _TELLING:
            continue
        if kind == Kind.RATING and (value or 0.0) <= _NEUTRAL_RATING:
            continue
        known = kinds.get(item_id)
        if known is None or _TELLING.index(Kind(kind)) < _TELLING.index(Kind(known)):
            kinds[item_id] = kind
    return kinds
