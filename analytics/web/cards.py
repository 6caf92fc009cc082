"""A scored review as lists show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from analytics.contracts import CHANNELS
from analytics.engine.reporting.excerpts import passage
from analytics.models import SentimentScore
from analytics.services import mismatch
from analytics.services.names import CHANNEL_NAMES, HEARD_NAMES, LABEL_NAMES, name_of
from analytics.services.scoring.heard import language_kept
from analytics.web.names import CHANNEL_COLOURS, CHANNEL_ICONS
from recommender.models import Media

ASPECTS_SHOWN = 5
#: Shares that add up to more than this are all there is; they are rounded.
_ALL = 0.999


@dataclass(frozen=True, slots=True)
class Bar:
    """What one channel says, as a bar from the middle: ``x`` and ``width`` in [0, 200]."""

    channel: str
    name: str
    icon: str
    colour: str
    value: float
    x: float
    width: float


def bars(score: SentimentScore) -> list[Bar]:
    """One bar for each channel that had something to say."""
    found = []
    for channel in CHANNELS:
        value = getattr(score, f"{channel}_polarity")
        if value is not None:
            icon, colour = CHANNEL_ICONS[channel], CHANNEL_COLOURS[channel]
            x, width = round(100 + min(0.0, 100 * value), 1), round(abs(100 * value), 1)
            found.append(Bar(channel, channel_name(score, channel), icon, colour, value, x, width))
    return found


def channel_name(score: SentimentScore, channel: str) -> str:
    """What a channel of this review is called: its words may be spoken ones."""
    shares = [told["share"] for told in score.details.get("heard", [])]
    if channel == "text" and any(shares):
        return str(HEARD_NAMES["heard" if sum(shares) > _ALL else "both"])
    return str(CHANNEL_NAMES.get(channel, channel))


def describe(score: SentimentScore, words: str = "", *, term: str = "") -> dict[str, Any]:
    """Everything templates/analytics/review_row.html shows; needs ``for_list`` on the query.

    Args:
        words: what was looked for; the passages are those in which it stands.
        term: a word that stands there by itself, instead.
    """
    review = score.review
    media = [one for one in review.media.all() if one.state == Media.State.READY]
    return {
        "pk": score.review_id,
        "score": score,
        "url": reverse("sentiment_review", args=[score.review_id]),
        "passages": _passages(score, term or words, is_term=bool(term)),
        "author": author_of(review),
        "item": score.item.local_title,
        "photos": [one.thumbnail(160) for one in media if one.has_picture],
        "voices": sum(one.kind == Media.Kind.AUDIO for one in media),
        "bars": bars(score),
        "second_opinion": getattr(score, "second_opinion", False),
        "label": str(LABEL_NAMES.get(score.label, "")),
        "reasons": reasons_of(score),
        "aspects": [
            {"name": name_of("aspect", one.aspect), "polarity": one.polarity}
            for one in list(score.aspects.all())[:ASPECTS_SHOWN]
        ],
    }


def reasons_of(score: SentimentScore) -> list[mismatch.Reason]:
    """Why it is likely sarcasm or a mismatch; nothing where it is neither."""
    return mismatch.reasons(score) if score.mismatch >= mismatch.LIKELY else []


def _passages(score: SentimentScore, words: str, *, is_term: bool) -> list[dict[str, Any]]:
    """What is written and what was heard; that first in which the words stand."""
    written, heard = (passage(text, words, term=is_term) for text in (score.review.text, score.heard))
    told = [
        {"passage": written, "language": score.review.language, "heard": False},
        {"passage": heard, "language": language_kept(score), "heard": True},
    ]
    return sorted((one for one in told if one["passage"].pieces), key=lambda one: not one["passage"].has_hit)


def author_of(review: Any) -> str:
    """The name a reviewer shows."""
    profile = getattr(review.user, "profile", None)
    return str((profile and profile.display_name) or review.user.get_username())
