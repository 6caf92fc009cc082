"""What everybody did and wrote, as columns to fit the item graph from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.utils import timezone

from recommender.models import Interaction, Review

_LOOKS = ("view", "click")


@dataclass(frozen=True, slots=True)
class Events:
    """What people did, as columns: person, row of the item, weight by kind, weight by kind and age."""

    people: np.ndarray
    items: np.ndarray
    weights: np.ndarray
    aged: np.ndarray


@dataclass(frozen=True, slots=True)
class _Feelings:
    """What reviews are known to feel: the newest of each person and item, in order of ``keys``."""

    keys: np.ndarray  # (r,) int64 ascending
    moments: np.ndarray  # (r,) seconds since 1970
    polarities: np.ndarray  # (r,) from -1 to 1

    def about(self, keys: np.ndarray, moments: np.ndarray, looks: np.ndarray) -> np.ndarray:
        """Polarity (n,) of what was said of each event's item, nan where nothing was, or only before it."""
        found = np.full(len(keys), np.nan)
        if len(self.keys):
            places = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
            said = (self.keys[places] == keys) & (looks | (moments <= self.moments[places]))
            found[said] = self.polarities[places[said]]
        return found


def read_events(ids: np.ndarray) -> Events:
    """All interactions with the items ``ids`` (n,) ascending, and reviews as the ratings that they amount to.

    A person is numbered from 0.
    """
    from recommender.engine.ranking import event_weights, stars_of

    felt = _read_feelings()
    people: dict[Any, int] = {}
    who: list[int] = []
    users: list[int] = []
    what: list[int] = []
    kinds: list[str] = []
    moments: list[float] = []
    values: list[float] = []
    rows = Interaction.objects.values_list("user_id", "visitor", "item_id", "kind", "created_at", "value")
    for user, visitor, item, kind, moment, value in rows.iterator(chunk_size=10_000):
        who.append(people.setdefault(user or visitor, len(people)))
        users.append(user or 0)
        what.append(item)
        kinds.append(kind)
        moments.append(moment.timestamp())
        values.append(np.nan if value is None else value)
    looks = np.array([kind in _LOOKS for kind in kinds], bool)
    about = felt.about(_key(np.array(users, np.int64), np.array(what, np.int64)), np.array(moments), looks)
    authors, subjects = felt.keys >> 32, felt.keys & 0xFFFFFFFF
    who += [people.setdefault(author, len(people)) for author in authors.tolist()]
    kinds += ["rating"] * len(authors)
    items = np.concatenate([np.array(what, np.int64), subjects])
    value_ = np.concatenate([np.array(values), stars_of(felt.polarities)])
    about = np.concatenate([about, np.full(len(authors), np.nan)])
    age = np.maximum(0.0, timezone.now().timestamp() - np.concatenate([np.array(moments), felt.moments]))
    known = np.isin(items, ids)
    return Events(
        np.array(who, np.int64)[known],
        np.searchsorted(ids, items)[known],
        event_weights(kinds, np.zeros_like(age), value_, about)[known],
        event_weights(kinds, age, value_, about)[known],
    )


def _key(users: np.ndarray, items: np.ndarray) -> np.ndarray:
    """One number for person and item; 0 in its upper half for visitors, who write no reviews."""
    return (users << 32) | items


def _read_feelings() -> _Feelings:
    rows = Review.objects.filter(polarity__isnull=False).order_by("created_at", "pk")
    columns = rows.values_list("user_id", "item_id", "created_at", "polarity")
    read = [
        (user, item, at.timestamp(), felt) for user, item, at, felt in columns.iterator(chunk_size=10_000)
    ]
    table = np.array(read, np.float64).reshape(-1, 4)
    keys = _key(table[:, 0].astype(np.int64), table[:, 1].astype(np.int64))
    # Of the reversed rows ``unique`` takes the first of each key: the newest.
    newest, first = np.unique(keys[::-1], return_index=True)
    return _Feelings(newest, table[::-1, 2][first], table[::-1, 3][first])
