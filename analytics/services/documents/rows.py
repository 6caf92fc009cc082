"""The reviews behind a report, one row each, read while they are written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from analytics.models import AspectScore
from analytics.services import report
from analytics.services.names import LABEL_NAMES, name_of
from recommender.models import Category

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
    ("mismatch", _("mismatch"), "mismatch"),
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
    for portion in _portions(_found(filters), _FIELDS):
        aspects = _aspects([line[0] for line in portion], str)
        for line in portion:
            yield (*line[1:], aspects.get(line[0], ""))


def rows_for_people(filters: report.Filters) -> Iterator[tuple[Any, ...]]:
    """As ``review_rows``, but in the reader's words: of items, categories, languages, labels and aspects."""
    titles = "item__title_zh" if (get_language() or "").startswith("zh") else "item__title"
    worded = {NAMES.index(name): way for name, way in _ways().items()}
    title = NAMES.index("title")
    for portion in _portions(_found(filters), (*_FIELDS, titles)):
        aspects = _aspects([line[0] for line in portion], cache(lambda key: name_of("aspect", key)))
        for number, *line, local_title in portion:
            line[title] = local_title or line[title]
            for place, way in worded.items():
                line[place] = way(line[place]) if line[place] else line[place]
            yield (*line, aspects.get(number, ""))


def _ways() -> dict[str, Callable[[Any], str]]:
    """How a column's values are worded for people; each value is looked up once."""
    categories = _category_paths()
    return {
        "category": lambda path: categories.get(path, path),
        "language": cache(lambda key: name_of("language", key)),
        "channels": cache(lambda key: name_of("channel", key)),
        "label": cache(lambda key: str(LABEL_NAMES.get(key, key))),
    }


def _category_paths() -> dict[str, str]:
    """The path of each category in the reader's language, by the stored one."""
    every = {one.pk: one for one in Category.objects.all()}
    found: dict[str, str] = {}
    for category in sorted(every.values(), key=lambda one: one.depth):
        above = every[category.parent_id].path if category.parent_id in every else ""
        found[category.path] = Category.SEPARATOR.join(filter(None, (found.get(above), category.local_name)))
    return found


def _found(filters: report.Filters) -> Any:
    return report.reviews(filters).select_related(None).prefetch_related(None)


def _portions(found: Any, fields: Sequence[str]) -> Iterator[list[tuple[Any, ...]]]:
    """All of ``found``, the newest first; each portion is read to its end before any of it is given.

    While a query is being read, SQLite shows its connection the database of when it began, and refuses to
    write after anybody else has: an export could not have noted how far it is.
    """
    rest = found
    while portion := list(rest.values_list("pk", *fields)[:CHUNK]):
        yield portion
        if len(portion) < CHUNK:
            return
        last, at = portion[-1][0], portion[-1][_TIME]
        rest = found.filter(reviewed_at__lte=at).exclude(reviewed_at=at, pk__gte=last)


def _aspects(scores: Sequence[int], named: Callable[[str], str]) -> dict[int, str]:
    """``battery -0.82; price +0.40`` by score; scores without aspects are left out."""
    found: dict[int, list[str]] = defaultdict(list)
    told = AspectScore.objects.filter(score_id__in=scores).order_by("pk")
    for score, aspect, polarity in told.values_list("score_id", "aspect", "polarity"):
        found[score].append(f"{named(aspect)} {polarity:+.2f}")
    return {score: "; ".join(parts) for score, parts in found.items()}
