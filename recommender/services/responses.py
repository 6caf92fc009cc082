"""Which cards people clicked and saved: counted by row and rank, so that rates can be made of them.

What was done waits in Redis by the number of its row until impressions are written, and is counted then.
Mostly it names the card it answers. Where it does not, as of a program that keeps no card, the card is the
last one that showed this item to this person within ``REMEMBERED`` before; where there is none, it is counted
as unplaced. A card counts once for each kind, however often it is clicked.
"""

from __future__ import annotations

import logging
import time
from datetime import timedelta

from django.db.models import Q
from redis.exceptions import RedisError

from recommender.models import Impression, Interaction
from recommender.services.later import later
from recommender.services.measured import CLICKS, SAVES, UNTOLD, rank_group
from recommender.services.redis_link import shared_redis

log = logging.getLogger(__name__)

KEY = "mmsite:responses"
REMEMBERED = timedelta(hours=6)
_COUNTED = {Interaction.Kind.CLICK.value: CLICKS, Interaction.Kind.SAVE.value: SAVES}
#: That may wait, the newest of them, and that are taken at once.
_MOST_WAITING, _AT_ONCE = 10_000, 50
#: Of the time between two flushes.
_SECONDS = 0.5


def note_response(done: Interaction | None) -> None:
    """Something was done; to be asked once its row is there for everybody."""
    if done is not None and done.kind in _COUNTED:
        later(_keep, done.pk)


def _keep(pk: int) -> None:
    try:
        with shared_redis().pipeline(transaction=False) as pipe:
            pipe.rpush(KEY, pk).ltrim(KEY, -_MOST_WAITING, -1).execute()
    except RedisError as error:
        log.warning("Redis does not answer (%s); a click is missing in the rates.", error)


def count_responses() -> int:
    """Count what waits, for some time at most, whoever else counts; says how many cards were answered."""
    answered, end = 0, time.monotonic() + _SECONDS
    while time.monotonic() < end and (waiting := _taken()):
        # What was taken back meanwhile is gone.
        done = Interaction.objects.filter(pk__in=waiting).select_related("impression")
        answered += sum(_count(one) for one in done.order_by("pk"))
    return answered


def _taken() -> list[int]:
    try:
        return [int(pk) for pk in shared_redis().lpop(KEY, _AT_ONCE) or []]
    except RedisError as error:
        log.warning("Redis does not answer (%s); clicks wait to be counted.", error)
        return []


def _count(done: Interaction) -> bool:
    card = done.impression or _last_card(done)
    if card is None:
        UNTOLD.add(1, done.kind)
        return False
    if _is_repeated(done, card):
        return False
    _COUNTED[done.kind].add(1, card.surface, rank_group(card.rank))
    return True


def _last_card(done: Interaction) -> Impression | None:
    since = (done.created_at - REMEMBERED, done.created_at)
    cards = Impression.objects.filter(item_id=done.item_id, created_at__range=since)
    return cards.filter(user_id=done.user_id, visitor=done.visitor).order_by("-created_at").first()


def _is_repeated(done: Interaction, card: Impression) -> bool:
    """Whether the same was done before of this card, or of none that was named since it was shown."""
    same = Interaction.objects.filter(item_id=done.item_id, kind=done.kind, pk__lt=done.pk)
    same = same.filter(user_id=done.user_id, visitor=done.visitor)
    unnamed = Q(impression=None, created_at__gte=card.created_at)
    return same.filter(Q(impression=card) | unnamed).exists()
