"""Everything a report says besides its reviews, gathered once, in the language that is active."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from analytics.services import report
from analytics.services.names import LABEL_NAMES, name_of
from analytics.services.numbers import share
from recommender.models import Item


@dataclass(frozen=True, slots=True)
class Contents:
    """One report.

    Attributes:
        facts: what was asked, of when, by which model it was scored and when it was made: name and value.
        breakdowns: all slices by what they are broken down by, in the order of ``report.BYS``.
    """

    filters: report.Filters
    made_at: datetime
    facts: Sequence[tuple[str, str]]
    overview: report.Overview
    trend: Sequence[report.Point]
    breakdowns: Mapping[report.By, report.Parts]
    impact: Sequence[report.Impact]
    terms: Sequence[report.Term]
    aspects: Sequence[report.AspectChange]


def gather(filters: report.Filters) -> Contents:
    """Ask for every figure once."""
    made_at = timezone.localtime()
    return Contents(
        filters=filters,
        made_at=made_at,
        facts=[*asked(filters), *made(made_at)],
        overview=report.overview(filters),
        trend=report.trend(filters),
        breakdowns={by: report.breakdown(filters, by) for by in report.BYS},
        impact=report.impact(filters),
        terms=report.emerging(filters),
        aspects=report.emerging_aspects(filters).aspects,
    )


def period(filters: report.Filters) -> str:
    """``1 May 2026 – 31 May 2026``, as the language writes dates."""
    start, end = (formats.date_format(day, "DATE_FORMAT") for day in (filters.start, filters.end))
    return f"{start} – {end}"


def asked(filters: report.Filters) -> list[tuple[str, str]]:
    """Period and filters; a filter that is not set is told as well, because that is what it means."""
    told = [
        (_("Period"), period(filters)),
        (_("Compared with"), _before(filters)),
        (_("Item"), _item(filters.item)),
        (_("Category"), _category(filters.category)),
        (_("Language"), _named("language", filters.language)),
        (_("Channel"), _named("channel", filters.channel)),
        (_("Aspect"), _named("aspect", filters.aspect)),
        (_("Stars"), _named("rating", filters.rating)),
        (_("Label"), str(LABEL_NAMES.get(filters.label, ""))),
        (_("Abstained"), _yes_or_no(filters.abstained)),
        (_("Words in the review"), _words(filters)),
    ]
    return [(name, value or _("all")) for name, value in told]


def _before(filters: report.Filters) -> str:
    if report.compares_with_before(filters):
        return period(filters.previous())
    return _("nothing: words were not looked for in the whole of both periods")


def made(made_at: datetime) -> list[tuple[str, str]]:
    """The model that scored, and when the report was made."""
    zone = timezone.get_current_timezone_name()
    made = f"{formats.date_format(made_at, 'DATETIME_FORMAT')} ({zone})"
    return [(_("Model"), models_told() or _("none")), (_("Made"), made)]


def models_told() -> str:
    """Keys of the models that scored the reviews, with shares while there are several; "" for none."""
    models = report.scored_by()
    if len(models) < 2:
        return "".join(one.model for one in models)
    told = ", ".join(f"{one.model} ({share(one.share)})" for one in models)
    return _("%(models)s of all reviews, which are being scored anew") % {"models": told}


def _item(pk: int | None) -> str:
    found = Item.objects.filter(pk=pk).first() if pk is not None else None
    return found.local_title if found else (f"#{pk}" if pk is not None else "")


def _category(chosen: int | str | None) -> str:
    return "" if chosen is None else report.labelled("category", [str(chosen)])[str(chosen)]


def _words(filters: report.Filters) -> str:
    """``“zip”``, and how far back it was looked for where that is not the whole period."""
    if not filters.words:
        return ""
    since, quoted = report.searched_since(filters), _("“%(words)s”") % {"words": filters.words}
    if since is None:
        return quoted
    told = _("searched among the newest %(most)s reviews of the period, back to %(day)s") % {
        "most": formats.number_format(report.SEARCHED_AMONG, force_grouping=True),
        "day": formats.date_format(timezone.localtime(since), "DATETIME_FORMAT"),
    }
    return f"{quoted} ({told})"


def _named(by: str, key: Any) -> str:
    return name_of(by, key) if key else ""


def _yes_or_no(value: bool | None) -> str:
    return "" if value is None else (_("yes") if value else _("no"))
