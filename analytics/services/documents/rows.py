"""The reviews behind a report, one row each, read while they are written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from analytics.models import AspectScore
from analytics.services import report

#: Reviews that are read, and held, at a time.
CHUNK = 2_000

#: Column of a file for programs, what people call it, and the field it is read from.
COLUMNS: tuple[tuple[str, Any, str], ...] = (
    ("review", _("review"), "review_id"),
    ("time", _("time"), "reviewed_at"),
    ("item", _("item number"), "item__external_id"),
    ("title", _("item"), "item__title"),
    ("category", _("category"), "category__path"),
    ("language", _("language"), "language"),
    ("channels", _("channels"), "channels"),
    ("rating", _("stars"), "rating"),
    ("label", _("label"), "label"),
    ("polarity", _("polarity"), "polarity"),
    ("confidence", _("confidence"), "confidence"),
    ("abstained", _("abstained"), "abstained"),
    ("corrected", _("corrected"), "corrected"),
    ("disagreement", _("disagreement"), "disagreement"),
    ("text_polarity", _("polarity of the text"), "text_polarity"),
    ("image_polarity", _("polarity of the photos"), "image_polarity"),
    ("speech_polarity", _("polarity of the voice"), "speech_polarity"),
    ("model", _("model"), "model"),
    ("text", _("text"), "review__text"),
    ("heard", _("words heard"), "heard"),
    ("aspects", _("aspects"), ""),
)
NAMES = tuple(name for name, _title, _field in COLUMNS)
_FIELDS = tuple(field for _name, _title, field in COLUMNS if field)
#: Where a line that begins with its number has its time.
_TIME = 1 + _FIELDS.index("reviewed_at")


def review_rows(filters: report.Filters) -> Iterator[tuple[Any, ...]]:
    """Values in the order of ``COLUMNS`` for each review, newest first; a few thousand are held at a time.

    Aspects read ``battery -0.82; price +0.40``.
    """
    for portion in _portions(report.reviews(filters).select_related(None).prefetch_related(None)):
        aspects = _aspects([line[0] for line in portion])
        for line in portion:
            yield (*line[1:], aspects.get(line[0], ""))


def _portions(found: Any) -> Iterator[list[tuple[Any, ...]]]:
    """All of ``found``, the newest first; each portion is read to its end before any of it is given.

    While a query is being read, SQLite shows its connection the database of when it began, and refuses to
    write after anybody else has: an export could not have noted how far it is.
    """
    rest = found
    while portion := list(rest.values_list("pk", *_FIELDS)[:CHUNK]):
        yield portion
        if len(portion) < CHUNK:
            return
        last, at = portion[-1][0], portion[-1][_TIME]
        rest = found.filter(reviewed_at__lte=at).exclude(reviewed_at=at, pk__gte=last)


def _aspects(scores: Sequence[int]) -> dict[int, str]:
    """``battery -0.82; price +0.40`` by score; scores without aspects are left out."""
    found: dict[int, list[str]] = defaultdict(list)
    told = AspectScore.objects.filter(score_id__in=scores).order_by("pk")
    for score, aspect, polarity in told.values_list("score_id", "aspect", "polarity"):
        found[score].append(f"{aspect} {polarity:+.2f}")
    return {score: "; ".join(parts) for score, parts in found.items()}
