"""How much of what is most similar the live index finds, by a sample of items."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from django.db.models import Max, Min

from recommender.contracts import MODALITIES
from recommender.models import Embedding, EncoderSpace, IndexSnapshot, Item
from recommender.services import index
from recommender.services.redis_link import shared_redis

KEY = "mmsite:recall"
SAMPLE, K = 50, 10
#: How much each modality counts in the questions; one mixture, so that the figures of two days compare.
MIXTURE = {"text": 0.5, "image": 0.4, "audio": 0.1}
_AT_ONCE = 2_000  # items


@dataclass(frozen=True, slots=True)
class Recall:
    """A measured recall.

    Attributes:
        space: key of the encoder space.
        snapshot: directory of the snapshot that served, "" where there was none.
        recall: mean share of the ``K`` most similar items that the index found.
        asked: questions it is the mean of.
        time: when it was measured, seconds since 1970.
        seconds: how long that took.
    """

    space: str
    snapshot: str
    recall: float
    asked: int
    time: float
    seconds: float


def sample_recall(seed: int | None = None) -> Recall | None:
    """Ask the index for the neighbours of some items, the database for the true ones; remember the result.

    The index is opened anew, as by a process that starts now.

    Returns:
        What was measured; None where there is no index or nothing to compare, or it stopped answering.

    Raises:
        RedisError: it was measured but cannot be remembered.
    """
    space = EncoderSpace.objects.active()
    if space is None:
        return None
    began = time.time()
    index.forget_index()
    try:
        shares = _shares(space, _sample(space, random.Random(seed)))
    finally:
        index.forget_index()  # its memory is worth more than the next opening
    known = shares[~np.isnan(shares)]
    if not len(known) or index.index_is_away():
        return None
    serving = IndexSnapshot.objects.serving(space)
    measured = Recall(
        space=space.key,
        snapshot=serving.path if serving else "",
        recall=float(known.mean()),
        asked=len(known),
        time=began,
        seconds=round(time.time() - began, 3),
    )
    shared_redis().set(KEY, json.dumps(asdict(measured)))
    return measured


def last_recall() -> Recall | None:
    """What was measured last; None if nothing was since Redis was empty.

    Raises:
        RedisError: Redis does not answer.
    """
    said = shared_redis().get(KEY)
    try:
        return Recall(**json.loads(said)) if said else None
    except (ValueError, TypeError):  # of another release
        return None


def _sample(space: EncoderSpace, chance: random.Random) -> list[int]:
    """Items that have vectors, by chance: those next to random numbers of rows, which asks few rows."""
    ready = Embedding.objects.ready().filter(
        space=space, item__isnull=False, item__availability=Item.Availability.AVAILABLE
    )
    ends = ready.aggregate(least=Min("pk"), most=Max("pk"))
    found: set[int] = set()
    for _attempt in range(2 * SAMPLE if ends["most"] else 0):
        rows = ready.filter(pk__gte=chance.randint(ends["least"], ends["most"])).order_by("pk")
        found.update(rows.values_list("item_id", flat=True)[:1])
        if len(found) == SAMPLE:
            break
    return sorted(found)


def _shares(space: EncoderSpace, chosen: Sequence[int]) -> np.ndarray:
    """(q,) recall of each chosen item's question; none without an index."""
    from recommender.engine.index.recall import Truth

    live = index.live_index()
    if live is None or not chosen:
        return np.zeros(0)
    ids, matrix = index.item_vectors(space, chosen)
    queries = matrix * np.repeat([MIXTURE[name] for name in MODALITIES], space.dim).astype(np.float32)
    owners = ids.tolist()
    hits = [
        live.nearest(query, K, exclude=[owner]).tolist() for owner, query in zip(owners, queries, strict=True)
    ]
    truth = Truth(queries, space.dim, K, owners)
    everything = list(Item.objects.available().order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(everything), _AT_ONCE):
        truth.look_at(*index.item_vectors(space, everything[start : start + _AT_ONCE]), hits)
    return truth.recall()
