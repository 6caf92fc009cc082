"""Second opinions: on which reviews an analyst is asked for one, and on which two analysts disagree."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.cache import cache
from django.db.models import Exists, F, OuterRef, QuerySet
from redis.exceptions import RedisError

from analytics.models import Correction, SentimentScore

log = logging.getLogger(__name__)

#: Disagreements that are listed, the newest.
MOST_OPEN = 1_000
_ASKED_SECONDS = 7 * 86_400


# -- asked for ----------------------------------------------------------------------------------------------


def ask(analyst: Any, review_ids: Sequence[int]) -> bool:
    """Remember for whom which reviews are second opinions; False where that cannot be remembered."""
    try:
        cache.set_many({_key(analyst, pk): 1 for pk in review_ids}, _ASKED_SECONDS)
    except RedisError as error:
        log.warning("Redis does not answer (%s); no second opinions are asked for.", error)
        return False
    return True


def asked_for(analyst: Any, review_ids: Iterable[int]) -> set[int]:
    """Those of the reviews on which ``analyst`` was asked for a second opinion."""
    keys = {_key(analyst, pk): pk for pk in review_ids}
    try:
        return {keys[key] for key in cache.get_many(keys)} if keys else set()
    except RedisError as error:
        log.warning("Redis does not answer (%s); nobody was asked for a second opinion.", error)
        return set()


def forget(analyst: Any, review_ids: Iterable[int]) -> None:
    """The second opinion was given."""
    try:
        cache.delete_many([_key(analyst, pk) for pk in review_ids])
    except RedisError as error:
        log.warning("Redis does not answer (%s); a second opinion was given before.", error)


def awaiting(analyst: Any, review_ids: Iterable[int]) -> set[int]:
    """Those on which ``analyst`` was asked for a second opinion that is still to be given.

    Until then what others say of them is not shown to ``analyst``.
    """
    asked = asked_for(analyst, review_ids)
    if not asked:
        return set()
    said = set(Correction.objects.standing().filter(review__in=asked).values_list("review_id", "analyst_id"))
    return {pk for pk, _by in said} - {pk for pk, by in said if by == analyst.pk}


def mark(analyst: Any, scores: Sequence[SentimentScore]) -> Sequence[SentimentScore]:
    """The same, those that await a second opinion of ``analyst`` with ``second_opinion``, as in the queue."""
    waiting = awaiting(analyst, [one.review_id for one in scores])
    for one in scores:
        one.second_opinion = one.review_id in waiting  # type: ignore[attr-defined]
    return scores


def _key(analyst: Any, review_id: int) -> str:
    return f"second-opinion:{analyst.pk}:{review_id}"


# -- disagreements ------------------------------------------------------------------------------------------


def differing() -> QuerySet[Correction]:
    """Second opinions that differ from what counts, where nothing was said to override or settle it since."""
    since = Correction.objects.standing().filter(
        review=OuterRef("review"), second_opinion=False, pk__gt=OuterRef("pk")
    )
    standing = Correction.objects.standing().filter(second_opinion=True, review__sentiment__corrected=True)
    return standing.exclude(label=F("review__sentiment__label")).filter(~Exists(since))


def disagreements(analyst: Any) -> list[int]:
    """Reviews on which analysts disagree, the newest first, none that ``analyst`` is to judge unawares."""
    found = list(dict.fromkeys(differing().order_by("-pk").values_list("review_id", flat=True)[:MOST_OPEN]))
    unaware = awaiting(analyst, found)
    return [pk for pk in found if pk not in unaware]


def labels_of(review_ids: Iterable[int]) -> dict[int, list[Correction]]:
    """What each analyst says of each review now, in the order in which it was said."""
    standing = Correction.objects.standing().filter(review__in=list(review_ids)).select_related("analyst")
    newest: dict[int, dict[int | None, Correction]] = {}
    for one in standing.order_by("created_at", "pk"):
        said = newest.setdefault(one.review_id, {})
        said.pop(one.analyst_id, None)
        said[one.analyst_id] = one
    return {pk: list(said.values()) for pk, said in newest.items()}


def scores_of(review_ids: Sequence[int]) -> list[SentimentScore]:
    """Their scores as lists show them, in the same order."""
    found = {one.review_id: one for one in SentimentScore.objects.for_list().filter(review__in=review_ids)}
    return [found[pk] for pk in review_ids if pk in found]
