"""Charts of words and aspects: where each stands by how often two kinds of reviews speak of it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from analytics.services.numbers import likelihood
from analytics.services.report import AspectChange, AspectChanges, Filters, Term
from analytics.templatetags.feeling import grouped, signed
from analytics.web.charts import Cell, Chart
from analytics.web.frame import address

#: words told to a screen reader; the table has them all
TOLD = 12


def emerging_chart(terms: list[Term], filters: Filters, ratio: float) -> Chart:
    """How often words are used now against before; above the line, reviews now per review before, more."""
    drawn = [_spot(term, term.before, term.recent, term.score, _reviews(filters, term)) for term in terms]
    data = _terms(drawn, _("Reviews before"), _("Reviews now"), _("Growth (z)")) | {"ratio": ratio}
    columns = (_("Word"), _("Now"), _("Before"), _("Growth (z)"), _("p-value"), _("Net sentiment"))
    rows = tuple(
        (
            Cell(term.term, spot["href"]),
            Cell(grouped(term.recent), spot["href"]),
            Cell(grouped(term.before), _reviews(filters.previous(), term)),
            Cell(signed(term.score, 1)),
            Cell(likelihood(term.p_value)),
            Cell(signed(term.net)),
        )
        for term, spot in zip(terms, drawn, strict=True)
    )
    note = _("Above the dashed line: used more than before. Click a word to read it in its reviews.")
    none = _("No word has become more frequent beyond what chance explains.")
    return Chart("emerging", _("Coming up"), data, columns, rows, note if terms else "", none=none)


def aspects_chart(found: AspectChanges, filters: Filters) -> Chart:
    """How often aspects are spoken of now against before, and how the feeling about them changed."""
    drawn = [_aspect_spot(one, filters) for one in found.aspects]
    ratio = found.reviews / found.before if found.reviews and found.before else 1.0
    data = _terms(drawn, _("Reviews before"), _("Reviews now"), _("Growth (z)")) | {"ratio": ratio}
    columns = (
        _("Aspect"),
        _("Now"),
        _("Before"),
        _("Growth (z)"),
        _("p-value"),
        _("Net sentiment"),
        _("Net sentiment before"),
        _("Change"),
        _("p-value of the change"),
    )
    rows = tuple(
        (
            Cell(one.label, spot["href"]),
            Cell(grouped(one.recent), spot["href"]),
            Cell(grouped(one.before), _about(filters.previous(), one)),
            Cell(signed(one.score, 1)),
            Cell(likelihood(one.p_value)),
            Cell(signed(one.net)),
            Cell(signed(one.net_before)),
            Cell(signed(one.change)),
            Cell(likelihood(one.change_p_value)),
        )
        for one, spot in zip(found.aspects, drawn, strict=True)
    )
    note = _("Above the dashed line: a larger share of the reviews than before. Click an aspect to read on.")
    return Chart("aspects", _("Emerging aspects"), data, columns, rows, note)


def _aspect_spot(one: AspectChange, filters: Filters) -> dict[str, Any]:
    """Those that are not spoken of any more open their reviews of before."""
    href = _about(filters if one.recent else filters.previous(), one)
    spot = _mark(one.label, one.before, one.recent, one.score, one.net, href)
    spot["score"] = abs(spot["score"])
    return spot | {"more": [[_("Net sentiment before"), signed(one.net_before)]]}


def _about(filters: Filters, one: AspectChange) -> str:
    return address("sentiment_reviews", filters.replace(aspect=one.aspect))


def telling_chart(terms: list[Term], filters: Filters, ratio: float) -> Chart:
    """How often words are used by the pleased against the displeased; ``ratio`` of those is the line."""
    drawn = [
        _spot(
            term,
            term.negative,
            term.positive,
            abs(term.association),
            _reviews(filters, term),
        )
        for term in terms
    ]
    data = _terms(drawn, _("Negative reviews"), _("Positive reviews"), _("Association (z)"))
    data["ratio"] = ratio
    columns = (_("Word"), _("Positive"), _("Negative"), _("Association (z)"), _("Net sentiment"))
    rows = tuple(
        (
            Cell(term.term, spot["href"]),
            Cell(grouped(term.positive), _felt(filters, "positive", term)),
            Cell(grouped(term.negative), _felt(filters, "negative", term)),
            Cell(signed(term.association, 1)),
            Cell(signed(term.net)),
        )
        for term, spot in zip(terms, drawn, strict=True)
    )
    note = _("Upper left: words of the pleased. Lower right: words of the displeased.")
    return Chart("telling", _("Words of the pleased and the displeased"), data, columns, rows, note)


def _reviews(filters: Filters, term: Term) -> str:
    """Those that have the term as it was counted; as a search for words "fit" would find every outfit."""
    return address("sentiment_reviews", filters, term=term.term)


def _felt(filters: Filters, label: str, term: Term) -> str:
    """Those that have it and feel so; "" where another feeling is filtered by: none of them does."""
    return _reviews(filters.replace(label=label), term) if filters.label in ("", label) else ""


def _spot(term: Term, across: int, up: int, score: float, href: str) -> dict[str, Any]:
    return _mark(term.term, across, up, score, term.net, href)


def _mark(name: str, across: int, up: int, score: float, net: float | None, href: str) -> dict[str, Any]:
    return {
        "term": name,
        "before": across,
        "recent": up,
        "before_text": grouped(across),
        "recent_text": grouped(up),
        "score": round(score, 3),
        "growth_text": signed(score, 1),
        "net": round(net or 0.0, 4),
        "href": href,
    }


def _terms(drawn: list[dict[str, Any]], across: str, up: str, growth: str) -> dict[str, Any]:
    told = ", ".join(spot["term"] for spot in drawn[:TOLD])
    return {
        "kind": "terms",
        "rows": drawn,
        "strongest": max((spot["score"] for spot in drawn), default=1.0),
        "words": {"before": across, "recent": up, "net": _("Net sentiment"), "growth": growth},
        "description": f"{up} / {across}: {told}",
    }
