"""The filter bar: everything a report can be limited to, and what it is limited to now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from analytics.contracts import ASPECTS, CHANNELS, LABELS, NONE
from analytics.services import report
from analytics.services.names import (
    BY_NAMES,
    LABEL_NAMES,
    LANGUAGE_NAMES,
    name_of,
)
from analytics.services.report import Filters, period_of
from analytics.services.site_aspects import site_aspects
from analytics.web.frame import address
from recommender.models import Category, Item

PERIODS: tuple[tuple[int, Any], ...] = (
    (7, gettext_lazy("7 days")),
    (30, gettext_lazy("30 days")),
    (90, gettext_lazy("90 days")),
    (365, gettext_lazy("1 year")),
)
_TREE_SECONDS = 60
Link = Callable[[Filters], str]
#: filters that are None where not given; the others are ""
NUMBERS = {"item", "category", "rating", "abstained"}


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str
    on: bool


@dataclass(frozen=True, slots=True)
class Field:
    """One choice of the bar; ``name`` is the filter's, the first option lifts it."""

    name: str
    label: str
    options: tuple[Option, ...]

    @property
    def is_set(self) -> bool:
        return not self.options[0].on


def filter_bar(
    page: str,
    filters: Filters,
    *,
    prefix: str = "",
    keep: dict[str, Any] | None = None,
    link: Link | None = None,
) -> dict[str, Any]:
    """For templates/analytics/filters.html: periods, choices, and a chip for each limit in force.

    Args:
        page: name of the address.
        prefix: of every name of the forms, where a page has two selections.
        keep: what the address says beside the selection, which stays as it is.
        link: the address with another selection; by itself that of ``page`` with ``keep``.
    """
    kept = {name: value for name, value in (keep or {}).items() if value not in ("", None)}
    to = link or (lambda other: address(page, other, **kept))
    period = period_of(filters)
    limits = filters.given()
    unseen = {name: limits[name] for name in ("item", "words") if name in limits}
    return {
        "action": reverse(page),
        "prefix": prefix,
        "periods": [
            {"label": label, "url": to(last(filters, days)), "on": filters.days == days}
            for days, label in PERIODS
        ],
        "fields": _fields(filters),
        "limits": _limits(to, filters),
        "clear_url": to(bare(filters)),
        "period_words": period_words(filters),
        "start": filters.start.isoformat(),
        "end": filters.end.isoformat(),
        "reach": reach_of(filters),
        "hidden": [*_prefixed(prefix, period | unseen), *kept.items()],
        "find": {
            "action": reverse("sentiment_items"),
            "hidden": [("on", page), ("side", prefix), *_prefixed(prefix, period | limits), *kept.items()],
        },
        "date_hidden": [*_prefixed(prefix, limits), *kept.items()],
    }


def reach_of(filters: Filters) -> dict[str, Any] | None:
    """How far back words were looked for; None where that is over the whole period."""
    since = report.searched_since(filters)
    return {"most": report.SEARCHED_AMONG, "since": since} if since else None


def _prefixed(prefix: str, pairs: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(prefix + name, value) for name, value in pairs.items()]


def last(filters: Filters, days: int) -> Filters:
    """The same limits over the latest so many days."""
    latest = Filters.latest(days)
    return filters.replace(start=latest.start, end=latest.end, days=days)


def period_words(filters: Filters) -> str:
    """The period as a person would write it."""
    start, end = (date_format(day, "DATE_FORMAT") for day in (filters.start, filters.end))
    return start if filters.start == filters.end else f"{start} – {end}"


def _fields(filters: Filters) -> list[Field]:
    languages = {one: name_of("language", one) for one in (*LANGUAGE_NAMES, filters.language, NONE) if one}
    known = dict.fromkeys((*ASPECTS, *site_aspects(), filters.aspect))
    aspects = {one: name_of("aspect", one) for one in known if one}
    channels = {one: name_of("channel", one) for one in (*CHANNELS, NONE)}
    feelings = {one: LABEL_NAMES[one] for one in LABELS}
    marks = {str(stars): name_of("rating", stars) for stars in (5, 4, 3, 2, 1, NONE)}
    sure = {"0": _("sure ones only"), "1": _("unsure ones only")}
    abstained = "" if filters.abstained is None else str(int(filters.abstained))
    return [
        _field("category", _("Category"), _("All"), _categories(filters), str(filters.category or "")),
        _field("aspect", _("Aspect"), _("Any"), aspects, filters.aspect),
        _field("channel", _("Channel"), _("Any"), channels, filters.channel),
        _field("language", _("Language"), _("Any"), languages, filters.language),
        _field("rating", _("Stars"), _("Any"), marks, str(filters.rating or "")),
        _field("label", _("Feeling"), _("Any"), feelings, filters.label),
        _field("abstained", _("Certainty"), _("All"), sure, abstained),
    ]


def _field(name: str, label: str, any_label: str, choices: dict[str, Any], chosen: str) -> Field:
    options = [Option("", any_label, not chosen)]
    options += [Option(value, str(text), value == chosen) for value, text in choices.items()]
    return Field(name, label, tuple(options))


def _categories(filters: Filters) -> dict[str, str]:
    """Every category; what is directly in one stands below it where it is chosen."""
    chosen, choices = filters.category, {}
    for key, label in category_tree():
        choices[key] = label
        if isinstance(chosen, str) and chosen == report.directly_in(int(key)):
            choices[chosen] = "\u2003" + _limit_value("category", chosen)
    return choices | {NONE: name_of("category", NONE)}


def category_tree() -> list[tuple[str, str]]:
    """(key, name) of every category in the order of the tree, indented by its depth."""
    key = f"report-categories-{get_language()}"
    known: list[tuple[str, str]] | None = cache.get(key)
    if known is None:
        known = [
            (str(one.pk), "\u2003" * one.depth + one.local_name) for one in Category.objects.order_by("path")
        ]
        cache.set(key, known, _TREE_SECONDS)
    return known


def _limits(to: Link, filters: Filters) -> list[dict[str, str]]:
    """What the report is limited to beside its period, each with the address that lifts it."""
    limits = []
    for name, value in filters.given().items():
        lifted = filters.replace(**{name: None if name in NUMBERS else ""})
        limits.append({"name": str(_limit_name(name)), "value": _limit_value(name, value), "url": to(lifted)})
    return limits


def _limit_name(name: str) -> Any:
    others = {"label": _("Feeling"), "abstained": _("Certainty"), "words": _("Words in the review")}
    return others.get(name) or BY_NAMES[name]


def _limit_value(name: str, value: Any) -> str:
    if name == "abstained":
        return _("unsure ones only") if value else _("sure ones only")
    if name == "words":
        return _("“%(words)s”") % {"words": value}
    if name == "label":
        return str(LABEL_NAMES[value])
    if name == "item":
        return item_name(value)
    if name == "category":
        return report.labelled("category", [str(value)])[str(value)]
    return name_of(name, value)


def item_name(key: int) -> str:
    """Title of an item; its number where there is none."""
    found = Item.objects.filter(pk=key).only("title", "title_zh").first()
    return found.local_title if found else str(key)


def bare(filters: Filters) -> Filters:
    """Its period alone."""
    return Filters(start=filters.start, end=filters.end, days=filters.days)


def title_of(filters: Filters) -> str:
    """What a selection is, in a line: its limits, or everything."""
    limits = [_limit_value(name, value) for name, value in filters.given().items()]
    return " · ".join(limits) or _("All reviews")
