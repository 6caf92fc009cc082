"""A scored review written down: the row, its aspects, and what the recommender should know of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from analytics.contracts import CHANNELS, Channel, Sentiment, Word
from analytics.models import AspectScore, SentimentScore
from analytics.services.scoring.content import Content, as_said, joined
from analytics.services.scoring.heard import language_heard, words_heard, written_down
from analytics.services.scoring.waiting import facts_of
from recommender.models import Review
from recommender.services.reviews import set_polarities

State = SentimentScore.State
_LANGUAGE_MOST = 10  # characters of its column


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one claimed row: a sentiment with the content behind it, or an error."""

    row: SentimentScore
    review: Review | None = None
    content: Content | None = None
    sentiment: Sentiment | None = None
    error: str = ""


def settle(key: str, mark: datetime, outcomes: Sequence[Outcome]) -> int:
    """Write outcomes of rows claimed at ``mark``; those whose claim is gone stay as they are.

    Args:
        key: of the scorer.

    Returns:
        how many were written.
    """
    now = timezone.now()
    with transaction.atomic():
        mine = SentimentScore.objects.select_for_update().filter(
            pk__in=[one.row.pk for one in outcomes], claimed_at=mark
        )
        rows = {row.pk: row for row in mine}
        kept = [one for one in outcomes if one.row.pk in rows]
        touched = {(row.reviewed_at, row.item_id) for row in rows.values()}
        for one in kept:
            _fill(rows[one.row.pk], one, key, now)
        _write(rows.values())
        _write_aspects([(rows[one.row.pk], one.sentiment, one.content) for one in kept])
        set_polarities({row.review_id: felt(row) for row in rows.values()})
        touch(touched | {(row.reviewed_at, row.item_id) for row in rows.values()})
    return len(kept)


def felt(row: SentimentScore) -> float | None:
    """What the recommender should take the review to feel; None where nobody commits themselves."""
    if row.corrected:
        return row.polarity
    return None if row.abstained or not row.label else row.polarity


def touch(keys: Iterable[tuple[datetime, int]]) -> None:
    """Have the sums of these days and items made anew."""
    from analytics.services.report import rollups

    rollups.touch(keys)


# -- the row ------------------------------------------------------------------------------------------------


def _fill(row: SentimentScore, outcome: Outcome, key: str, now: datetime) -> None:
    row.model, row.attempts, row.error = key, 0, outcome.error[:1000]
    row.scored_at = max(now, row.claimed_at)  # the claim's mark may lie a moment ahead
    row.state = State.FAILED if outcome.error else State.READY
    if outcome.review is not None:
        row.seen_at = outcome.review.updated_at
        for name, value in facts_of(outcome.review).items():
            setattr(row, name, value)
    if outcome.sentiment is None or outcome.content is None:
        return
    sentiment, content = outcome.sentiment, outcome.content
    overall = sentiment.overall
    row.model_label = overall.label if overall else ""
    row.model_polarity = overall.polarity if overall else 0.0
    row.confidence = overall.confidence if overall else 0.0
    row.abstained, row.reason = sentiment.abstained, sentiment.reason[:200]
    row.disagreement = sentiment.disagreement
    for name in CHANNELS:
        reading = sentiment.channels.get(name)
        setattr(row, f"{name}_polarity", reading.polarity if reading else None)
    row.channels = "+".join(name for name in CHANNELS if name in sentiment.channels)
    row.details, row.heard = _details(sentiment, content), words_heard(sentiment.heard)
    if outcome.review is not None and not outcome.review.text:
        row.language = row.language or language_heard(sentiment.heard)[:_LANGUAGE_MOST]
    if not row.corrected:
        row.label, row.polarity = row.model_label, row.model_polarity


def _details(sentiment: Sentiment, content: Content) -> dict[str, Any]:
    missing: dict[Channel, list[str]] = {name: [told] for name, told in sentiment.missing.items()}
    for name, reasons in content.missing.items():
        missing[name] = [*missing.get(name, []), *reasons]
    return {
        "channels": {name: _rounded(one.probabilities) for name, one in sentiment.channels.items()},
        "words": _words(sentiment.words),
        "moments": [
            [content.clips[one.clip], *_rounded((one.start, one.end, one.weight))]
            for one in sentiment.moments
        ],
        "missing": joined(missing.items()),
        **({"missing_said": said} if (said := as_said(missing)) else {}),
        **({"heard": written_down(sentiment.heard, content.clips)} if sentiment.heard else {}),
    }


def _words(words: Sequence[Word]) -> list[list[Any]]:
    return [[one.text, one.start, one.end, round(one.weight, 4)] for one in words]


def _rounded(values: Iterable[float]) -> list[float]:
    return [round(float(value), 4) for value in values]


#: Everything but what only corrections and claims write.
_FIELDS = [
    SentimentScore._meta.get_field(name)
    for name in (
        "state", "attempts", "error", "model", "seen_at", "scored_at", "label", "polarity", "model_label",
        "model_polarity", "confidence", "abstained", "reason", "disagreement", "text_polarity",
        "image_polarity", "speech_polarity", "details", "heard", "item", "category", "language", "rating",
        "channels", "reviewed_at",
    )
]  # fmt: skip


def _write(rows: Iterable[SentimentScore]) -> None:
    """One statement a row, sent in one go: far faster than ``bulk_update``'s one statement for all."""
    quote = connection.ops.quote_name
    columns = ", ".join(f"{quote(field.column)} = %s" for field in _FIELDS)
    table = quote(SentimentScore._meta.db_table)
    values = [
        [*(field.get_db_prep_save(getattr(row, field.attname), connection) for field in _FIELDS), row.pk]
        for row in rows
    ]
    if values:
        with connection.cursor() as cursor:
            cursor.executemany(f"UPDATE {table} SET {columns} WHERE id = %s", values)  # noqa: S608


def _write_aspects(outcomes: Sequence[tuple[SentimentScore, Sentiment | None, Content | None]]) -> None:
    scored = [(row, told, content) for row, told, content in outcomes if told and content]
    AspectScore.objects.filter(score__in=[row.pk for row, _, _ in scored]).delete()
    AspectScore.objects.bulk_create(
        AspectScore(
            score=row,
            aspect=one.aspect[:30],
            polarity=one.polarity,
            words=_words(one.words),
            medium=None if one.clip is None else content.clips[one.clip],
        )
        for row, sentiment, content in scored
        for one in {opinion.aspect[:30]: opinion for opinion in reversed(sentiment.aspects)}.values()
    )
