"""Ranked answers: kept by their process while nothing changes, and in Redis for their next pages."""

from __future__ import annotations

import json
import logging
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from redis.exceptions import RedisError

from recommender.contracts import Explanation
from recommender.services.events import Actor
from recommender.services.later import later
from recommender.services.recommend.scoring import PARTS, PLACE
from recommender.services.redis_link import shared_redis

if TYPE_CHECKING:
    from recommender.services.recommend.showing import LastShown

log = logging.getLogger(__name__)

#: An answer is shown again for this long, while neither history nor graph nor mixture changes.
_FRESH_SECONDS = 300.0
_MOST = 1_000
#: How long somebody may take to scroll on.
_KEPT_SECONDS = 900

GRID = "feed"


class Spot(NamedTuple):
    """One place of an answer, in words: where it stands, why, and the seed that its row or reason names."""

    item_id: int
    seed_id: int
    surface: str
    rank: int
    explanation: Explanation | None
    parts: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Row:
    """A row above the grid: ``title_kind`` is a source or what was done with ``seed_id`` (0: no seed)."""

    title_kind: str
    seed_id: int
    places: np.ndarray


@dataclass
class Answer:
    """What one reader is shown, ranked once.

    Attributes:
        token: its name, by which a later page asks for more of the same.
        places: (n,) of dtype ``PLACE``: the grid, best first.
        cold: nothing personal went into it.
        model: what ranked it.
        noted: impressions given already, by surface and item, so that a page shown again is the same showing.
        last_shown: its first page as it was put together last.
    """

    token: str
    places: np.ndarray
    rows: tuple[Row, ...] = ()
    cold: bool = False
    model: str = ""
    noted: dict[tuple[str, int], uuid.UUID] = field(default_factory=dict)
    last_shown: LastShown | None = None
    _spots: dict[tuple[int, int], tuple[Spot, ...]] = field(default_factory=dict)

    def spots(self, start: int, stop: int) -> tuple[Spot, ...]:
        """A part of the grid; put into words once."""
        known = self._spots.get((start, stop))
        if known is None:
            known = self._spots[start, stop] = _in_words(self.places[start:stop], GRID, start)
        return known

    @cached_property
    def row_spots(self) -> tuple[tuple[Spot, ...], ...]:
        """The spots of each row."""
        return tuple(_in_words(row.places, f"row {row.title_kind}") for row in self.rows)


def _in_words(places: np.ndarray, surface: str, first: int = 0) -> tuple[Spot, ...]:
    """Places (n,) with their largest part as explanation, None where no part is positive."""
    parts = places["parts"].astype(np.float32)  # (n, 6)
    largest = parts.argmax(axis=1)
    shares = parts.max(axis=1, initial=0.0) / np.maximum(np.maximum(parts, 0.0).sum(axis=1), 1e-12)
    found = []
    columns = (places["item"], places["seed"], largest, shares, parts)
    for rank, (item, seed, top, share, own) in enumerate(
        zip(*(column.tolist() for column in columns), strict=True), first
    ):
        told = Explanation(PARTS[top], share, seed or None) if share > 0 else None
        named = {name: part for name, part in zip(PARTS, own, strict=True) if part}
        found.append(Spot(item, seed, surface, rank, told, named))
    return tuple(found)


# -- in this process ----------------------------------------------------------------------------------------

_Key = tuple[str | float, ...]
#: everything that an answer depends on beside its key; another state means ranking anew
_State = tuple[str | int | bool, ...]
_kept: OrderedDict[_Key, tuple[float, _State, Answer]] = OrderedDict()
_lock = threading.Lock()


def kept_answer(key: _Key, state: _State, make: Callable[[], Answer]) -> Answer:
    """The answer made for ``key`` in the same ``state`` a moment ago, or a new one."""
    now = time.monotonic()
    known = _kept.get(key)
    if known is not None and known[1] == state and now - known[0] < _FRESH_SECONDS:
        return known[2]
    answer = make()
    with _lock:
        _kept[key] = (now, state, answer)
        _kept.move_to_end(key)
        while len(_kept) > _MOST:
            _kept.popitem(last=False)
    return answer


def forget_answers() -> None:
    """Rank anew at the next request."""
    _kept.clear()


# -- for later pages and for other processes ---------------------------------------------------------------


def keep_for_others(actor: Actor, scope: str, key: _Key, state: _State, answer: Answer) -> None:
    """Let any process continue this answer, or show it again; without Redis each ranks for itself.

    Args:
        scope: what was asked for, so that a page asked for without a token continues the latest such answer.
        key, state: as for ``kept_answer``.
    """
    later(_keep_for_others, actor, scope, key, state, answer)


def _keep_for_others(actor: Actor, scope: str, key: _Key, state: _State, answer: Answer) -> None:
    try:
        with shared_redis().pipeline(transaction=False) as pipe:
            pipe.set(_name(actor, answer.token), _packed(answer), ex=_KEPT_SECONDS)
            if not actor.is_nobody:
                pipe.set(_name(actor, f"last:{scope}"), answer.token, ex=_KEPT_SECONDS)
                told = json.dumps([state, answer.token])
                pipe.set(_name(actor, f"now:{key}"), told, ex=int(_FRESH_SECONDS))
            pipe.execute()
    except RedisError as error:
        log.warning("Redis does not answer (%s); later pages are ranked anew.", error)


def answer_to_continue(actor: Actor, scope: str, token: str) -> Answer | None:
    """The answer called ``token``, or the latest of ``scope``; None where it is forgotten, or another's."""
    try:
        if not token and not actor.is_nobody:
            token = (shared_redis().get(_name(actor, f"last:{scope}")) or b"").decode()
        return _fetched(actor, token)
    except RedisError as error:
        log.warning("Redis does not answer (%s); this page is ranked anew.", error)
        return None


def answer_of_others(actor: Actor, key: _Key, state: _State) -> Answer | None:
    """What another process ranked for ``key`` in this very ``state``; reading it takes a tenth of ranking."""
    if actor.is_nobody:
        return None
    try:
        told = shared_redis().get(_name(actor, f"now:{key}"))
        if told is None:
            return None
        its_state, token = json.loads(told)
        return _fetched(actor, token) if its_state == list(state) else None
    except RedisError as error:
        log.warning("Redis does not answer (%s); this page is ranked here.", error)
        return None


def _fetched(actor: Actor, token: str) -> Answer | None:
    content = shared_redis().get(_name(actor, token)) if token else None
    return _unpacked(token, content) if content else None


def _packed(answer: Answer) -> bytes:
    """A line of JSON, then the places of the grid and of each row."""
    rows = [(row.title_kind, row.seed_id, len(row.places)) for row in answer.rows]
    head = json.dumps({"cold": answer.cold, "model": answer.model, "rows": rows}).encode()
    return b"\n".join([head, answer.places.tobytes() + b"".join(row.places.tobytes() for row in answer.rows)])


def _unpacked(token: str, content: bytes) -> Answer | None:
    """None where another version of the site wrote it."""
    head, _, body = content.partition(b"\n")
    told = json.loads(head)
    if len(body) % PLACE.itemsize or "rows" not in told:
        return None
    places = np.frombuffer(body, PLACE)
    counts = [count for _title, _seed, count in told["rows"]]
    ends = len(places) - sum(counts) + np.cumsum([0, *counts])
    rows = tuple(
        Row(title, seed, places[start : start + count])
        for (title, seed, count), start in zip(told["rows"], ends.tolist(), strict=False)
    )
    return Answer(token, places[: int(ends[0])], rows, told["cold"], told["model"])


def _name(actor: Actor, token: str) -> str:
    return f"mmsite:feed:{actor.key}:{token}"
