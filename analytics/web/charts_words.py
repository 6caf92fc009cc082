"""Charts of words: where each stands by how often two kinds of reviews use it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from analytics.services.report import Filters, Term
from analytics.templatetags.feeling import grouped, signed
from analytics.web.charts import Cell, Chart, likelihood
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
    return Chart("emerging", _("Coming up"), data, columns, rows, note)


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
    return {
        "term": term.term,
        "before": across,
        "recent": up,
        "before_text": grouped(across),
        "recent_text": grouped(up),
        "score": round(score, 3),
        "growth_text": signed(score, 1),
        "net": round(term.net or 0.0, 4),
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
