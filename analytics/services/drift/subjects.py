"""What is watched for drift, and how each is judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.db.models.functions import Coalesce

from analytics.models import DriftReport, SentimentScore
from analytics.services.drift.gauges import CONFIDENCE
from analytics.services.drift.window import Stream, Window, values_of
from recommender.contracts import MODALITIES
from recommender.models import Embedding, EncoderSpace, Item, Review
from recommender.services.spaces import current_space

Verdict = DriftReport.Verdict
#: A difference that chance gives less often than this is one.
P = 0.01
#: Vectors: the low end of the interval of the classifier's area.
SHIFTING_AUC, DRIFTED_AUC = 0.6, 0.75
#: Shares: the Jensen-Shannon distance that is left when what chance gives is taken off.
SHIFTING_DISTANCE, DRIFTED_DISTANCE = 0.1, 0.3
#: Confidence: the difference of the means.
SHIFTING_CONFIDENCE, DRIFTED_CONFIDENCE = 0.03, 0.1
#: Farther from all that was there than this share of it; and from which score on items are named.
_NOVEL, _UNLIKE = 0.95, 0.9
_LEAST_ITEMS = 20
#: Items that are named, and values whose shares are kept; the others are counted together as ``REST``.
MOST_ITEMS, MOST_VALUES = 60, 30
REST = "(rest)"
#: What a review is counted as that the model did not dare to judge.
UNSURE = "unsure"


@dataclass(frozen=True)
class Judged:
    """What was found out.

    Attributes:
        figures: as ``DriftReport.figures``.
        items: (item, score), the most unlike the reference first.
    """

    verdict: str
    figures: dict[str, Any] = field(default_factory=dict)
    items: list[tuple[int, float]] = field(default_factory=list)


@dataclass(frozen=True)
class Subject:
    """Something that may drift: where it comes from, and how a window of it is judged."""

    name: str
    stream: Callable[[], Stream | None]
    judge: Callable[[Stream, Window], Judged]


def subjects() -> list[Subject]:
    """All of them, in the order of pages."""
    return [
        *(Subject(name, lambda name=name: _vectors(name), judge_vectors) for name in MODALITIES),  # type: ignore[misc]
        Subject("language", lambda: Stream(Item.objects.available(), "created_at"), _judge_items("language")),
        Subject(
            "category", lambda: Stream(Item.objects.available(), "created_at"), _judge_items("category__path")
        ),
        Subject("sentiment", _scores, _judge_sentiment),
        Subject("rating", _ratings, _judge_rating),
        Subject(CONFIDENCE, _scores, judge_confidence),
    ]


def graded(size: float, p: float, shifting: float, drifted: float) -> str:
    if p >= P or size <= shifting:
        return Verdict.STEADY
    return Verdict.DRIFTED if size > drifted else Verdict.SHIFTING


# -- vectors ------------------------------------------------------------------------------------------------


def _vectors(modality: str) -> Stream | None:
    """Vectors of the serving space by when their medium, or item, came: another encoder is no drift."""
    space: EncoderSpace | None = current_space()
    if space is None:
        return None
    rows = Embedding.objects.ready().filter(
        space=space, modality=modality, item__availability=Item.Availability.AVAILABLE
    )
    return Stream(rows.annotate(came=Coalesce("media__created_at", "item__created_at")), "came")


def judge_vectors(stream: Stream, window: Window) -> Judged:
    """By a classifier and by the kernel test, of one vector an item: pictures of one thing are alike."""
    from analytics.engine.drift import kernel_test, tell_apart

    new_ids, new = _by_item(stream, window.new)
    old_ids, old = _by_item(stream, window.old)
    old = old[~np.isin(old_ids, new_ids)]
    if min(len(new), len(old)) < _LEAST_ITEMS:
        return Judged(Verdict.UNKNOWN)
    told, kernel = tell_apart(new, old), kernel_test(new, old)
    novel, order, scores = _most_unlike(new, old, told.scores)
    figures = {
        "auc": told.auc,
        "low": told.low,
        "high": told.high,
        "mmd2": kernel.mmd2,
        "p": kernel.p,
        "novel": novel,
    }
    named = [(int(new_ids[place]), float(scores[place])) for place in order[:MOST_ITEMS].tolist()]
    return Judged(
        graded(told.low, kernel.p, SHIFTING_AUC, DRIFTED_AUC),
        {name: round(float(value), 6) for name, value in figures.items()},
        [one for one in named if one[1] >= _UNLIKE],
    )


def _most_unlike(
    new: np.ndarray, old: np.ndarray, by_classifier: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray]:
    """The share of novel vectors, the order (n,) of all, the most unlike first, and their scores (n,).

    By novelty where more is novel than by chance, else (the same kinds of things in another mix) as the
    classifier says.
    """
    from analytics.engine.drift import nearness, novelty

    scores = novelty(new, old)
    novel = float((scores >= _NOVEL).mean())
    if novel > 2 * (1 - _NOVEL):
        return novel, np.lexsort((nearness(new, old), -scores)), scores
    return novel, np.argsort(-by_classifier, kind="stable"), by_classifier


def _by_item(stream: Stream, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Items (n,) ascending and their mean vectors (n, dim), made unit."""
    rows = list(values_of(stream.rows, ids, "item_id", "vector"))
    if not rows:
        return np.empty(0, np.int64), np.empty((0, 1), np.float32)
    items, places = np.unique(np.array([row[0] for row in rows], np.int64), return_inverse=True)
    vectors = np.stack([np.frombuffer(bytes(row[1]), "<f2").astype(np.float32) for row in rows])
    sums = np.zeros((len(items), vectors.shape[1]), np.float32)
    np.add.at(sums, places, vectors)
    return items, sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-6)


# -- mixes of values ----------------------------------------------------------------------------------------


def _scores() -> Stream:
    return Stream(SentimentScore.objects.ready().exclude(model=""), "reviewed_at")


def _ratings() -> Stream:
    return Stream(Review.objects.filter(rating__isnull=False), "created_at")


def _judge_items(value: str) -> Callable[[Stream, Window], Judged]:
    def judge(stream: Stream, window: Window) -> Judged:
        return judge_shares(*(list(_pairs(stream, ids, "pk", value)) for ids in (window.new, window.old)))

    return judge


def _judge_rating(stream: Stream, window: Window) -> Judged:
    return judge_shares(*(list(_pairs(stream, ids, "item_id", "rating")) for ids in (window.new, window.old)))


def _judge_sentiment(stream: Stream, window: Window) -> Judged:
    def labelled(ids: np.ndarray) -> list[tuple[int, str]]:
        rows = values_of(stream.rows, ids, "item_id", "label", "abstained", "corrected")
        return [
            (item, UNSURE if abstained and not corrected else label)
            for item, label, abstained, corrected in rows
        ]

    return judge_shares(labelled(window.new), labelled(window.old))


def _pairs(stream: Stream, ids: np.ndarray, item: str, value: str) -> Iterable[tuple[int, str]]:
    for pk, said in values_of(stream.rows, ids, item, value):
        yield pk, "" if said is None else str(said)


def judge_shares(new: list[tuple[int, str]], old: list[tuple[int, str]]) -> Judged:
    """Of (item, value) against (item, value): by distance of their shares; named are items of what grew."""
    from analytics.engine.drift import share_shift

    new_counts, old_counts = Counter(value for _, value in new), Counter(value for _, value in old)
    named = [value for value, _ in (new_counts + old_counts).most_common(MOST_VALUES)]
    rest = [
        sum(counts.values()) - sum(counts[value] for value in named) for counts in (new_counts, old_counts)
    ]
    mine, theirs = [new_counts[value] for value in named], [old_counts[value] for value in named]
    if any(rest):
        named, mine, theirs = [*named, REST], [*mine, rest[0]], [*theirs, rest[1]]
    shift = share_shift(np.array(mine), np.array(theirs))
    shares = {
        value: (ours / max(1, len(new)), before / max(1, len(old)))
        for value, ours, before in zip(named, mine, theirs, strict=True)
    }
    figures = {
        "distance": round(shift.distance, 6),
        "excess": round(shift.excess, 6),
        "p": shift.p,
        "shares": [[value, round(ours, 6), round(before, 6)] for value, (ours, before) in shares.items()],
    }
    verdict = graded(shift.excess, shift.p, SHIFTING_DISTANCE, DRIFTED_DISTANCE)
    return Judged(verdict, figures, _grown(new, shares))


def _grown(new: list[tuple[int, str]], shares: Mapping[str, tuple[float, float]]) -> list[tuple[int, float]]:
    """Items of the values whose share grew, with how much of the new rows that is, the newest first."""
    growth = {value: ours - before for value, (ours, before) in shares.items() if ours > before}
    found: dict[int, float] = {}
    for item, value in reversed(new):
        if value in growth:
            found.setdefault(item, growth[value])
    ordered = sorted(found.items(), key=lambda pair: -pair[1])
    return [(item, round(grown, 4)) for item, grown in ordered[:MOST_ITEMS]]


# -- how sure the model is ----------------------------------------------------------------------------------


def judge_confidence(stream: Stream, window: Window) -> Judged:
    """The mean probability of what the model said; items are those of the reviews it was least sure of."""
    from analytics.engine.drift import mean_shift

    new = list(values_of(stream.rows, window.new, "item_id", "confidence", "reviewed_at"))
    old = list(values_of(stream.rows, window.old, "item_id", "confidence", "reviewed_at"))
    now, before = np.array([row[1] for row in new]), np.array([row[1] for row in old])
    shift = mean_shift(now, before)
    days: dict[str, list[float]] = {}
    for _item, confidence, moment in [*old, *new]:
        days.setdefault(moment.date().isoformat(), []).append(confidence)
    figures = {
        "mean": round(float(now.mean()), 6),
        "before": round(float(before.mean()), 6),
        "distance": round(shift.distance, 6),
        "low": round(shift.low, 6),
        "high": round(shift.high, 6),
        "p": round(shift.p, 6),
        "days": [
            [day, round(float(np.mean(some)), 6), len(some)] for day, some in sorted(days.items())[-30:]
        ],
    }
    verdict = graded(shift.distance, shift.p, SHIFTING_CONFIDENCE, DRIFTED_CONFIDENCE)
    least: dict[int, float] = {}
    for item, confidence, _moment in sorted(new, key=lambda row: row[1]):
        least.setdefault(item, round(confidence, 4))
    return Judged(verdict, figures, list(least.items())[:MOST_ITEMS])
