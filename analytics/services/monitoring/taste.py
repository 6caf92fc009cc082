"""Whether much of the catalogue is shown, or what everybody knows, or the same again and again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from analytics.engine.exposure import novelty
from analytics.services.monitoring.watch import duty
from recommender.models import Impression, Interaction, Item
from recommender.telemetry import gauge

WINDOW = timedelta(days=1)
#: The newest cards, which novelty and repetition are taken from, and those before them that are looked
#: through for the same: as many as take less than a second.
NOVELTY_CARDS, REPETITION_CARDS, BEFORE_CARDS = 10_000, 2_000, 1_000_000
_CARD = ("user_id", "visitor", "item_id", "created_at")

COVERAGE = gauge(
    "mmsite_recommender_coverage_ratio",
    "Share of the available items that were shown to anybody within a day.",
    unit="ratio",
)
NOVELTY = gauge(
    "mmsite_recommender_novelty_bits",
    "Mean self-information of the last cards shown: -log2 of the item's share of all interactions.",
)
REPETITION = gauge(
    "mmsite_recommender_repetition_ratio",
    "Share of the last cards shown whose item the same person had been shown within a day before.",
    unit="ratio",
)


@duty("taste", 300.0)
def measure_taste(now: float) -> None:
    """Where nothing was shown within a day there is nothing to say but that."""
    since = datetime.fromtimestamp(now, UTC) - WINDOW
    for metric, measured in ((COVERAGE, coverage), (NOVELTY, novelty_of), (REPETITION, repetition)):
        value = measured(since)
        if value is not None:
            metric.set(value)


def coverage(since: datetime) -> float | None:
    """None in an empty catalogue. One look into an index for each item, however much was shown."""
    available = Item.objects.available()
    whole = available.count()
    shown = Impression.objects.filter(item=OuterRef("pk"), created_at__gte=since)
    return available.filter(Exists(shown)).count() / whole if whole else None


def novelty_of(since: datetime) -> float | None:
    """None where nothing was shown."""
    items = _newest(Impression.objects.filter(created_at__gte=since), NOVELTY_CARDS)
    shown = np.fromiter(items.values_list("item_id", flat=True), np.int64)
    if not len(shown):
        return None
    by_item = Interaction.objects.order_by("item_id").values_list("item_id").annotate(n=Count("pk"))
    known = np.array(list(by_item), np.int64).reshape(-1, 2)  # (items, 2)
    return novelty(shown, known[:, 0], known[:, 1], Item.objects.available().count())


def repetition(since: datetime) -> float | None:
    """None where nothing was shown to anybody who would be known again.

    A page that is looked at again is no new showing, and neither are the cards of one answer to each other.
    The cards before are read in the order of time: those of one item may be as many as there are readers.
    """
    cards = Impression.objects.filter(created_at__gte=since).exclude(user_id=None, visitor="")
    newest = list(_newest(cards, REPETITION_CARDS).values_list(*_CARD))
    users = {user for user, *_ in newest if user is not None}
    visitors = {visitor for _, visitor, *_ in newest if visitor}
    theirs = Q(user_id__in=users) | Q(user_id=None, visitor__in=visitors)
    first: dict[tuple[int | None, str, int], datetime] = {}
    for user, visitor, item, moment in cards.filter(theirs, created_at__gte=_reach(cards, since)).values_list(
        *_CARD
    ):
        key = (user, visitor, item)
        first[key] = min(moment, first.get(key, moment))
    again = [first[user, visitor, item] < moment for user, visitor, item, moment in newest]
    return sum(again) / len(again) if again else None


def _reach(cards: QuerySet[Impression], since: datetime) -> datetime:
    """``since``, or a later moment after which there are ``BEFORE_CARDS``."""
    last = cards.order_by("-created_at").values_list("created_at", flat=True)[BEFORE_CARDS : BEFORE_CARDS + 1]
    return next(iter(last), since)


def _newest(cards: QuerySet[Impression], most: int) -> QuerySet[Impression]:
    return cards.order_by("-created_at")[:most]
