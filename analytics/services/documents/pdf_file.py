"""PDF: the report as it is read and printed, with charts, and with its letters embedded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

from django.template.loader import render_to_string
from django.utils import formats
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from analytics.engine.reporting import svg
from analytics.engine.reporting.excerpts import Passage, passage
from analytics.models import SentimentScore
from analytics.services import report
from analytics.services.documents.contents import Contents, period
from analytics.services.documents.fonts import folder, typeface
from analytics.services.documents.tables import Tables
from analytics.services.names import BY_NAMES, LABEL_NAMES, name_of
from analytics.services.numbers import share
from recommender.errors import RecommenderError
from recommender.said import gettext_noop, say

TEMPLATE, LOOKS = "analytics/pdf.html", "analytics/pdf.css"
TABLES_TEMPLATE = "analytics/pdf_tables.html"
_BARS_MOST = 12
_TERMS_MOST = 20
_REVIEWS_MOST = 20
_EXCERPT = 260
_LIBRARIES = "sudo apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"


def pdf_bytes(contents: Contents) -> bytes:
    """The document, in the language that is active.

    Raises:
        RecommenderError: Pango or the font is missing; the remedy names the command.
    """
    return _printed(TEMPLATE, lambda face: _context(contents, face))


def pdf_bytes_of_tables(tables: Tables) -> bytes:
    """A page that is tables, in the language that is active.

    Raises:
        RecommenderError: as ``pdf_bytes``.
    """
    return _printed(TABLES_TEMPLATE, lambda face: _context_of_tables(tables, face))


def _printed(template: str, context_of: Callable[[str], dict[str, Any]]) -> bytes:
    weasyprint = load_weasyprint()
    # Which pieces of the font are needed is known once the page is there; until then a name stands for them.
    stand_in = f"face-{uuid4().hex}"
    context = context_of(stand_in)
    page, looks = render_to_string(template, context), render_to_string(LOOKS, context)
    face = typeface(page + looks)
    fonts, fetch = weasyprint.text.fonts.FontConfiguration(), _only_fonts(weasyprint)
    given = {"base_url": folder().as_uri(), "url_fetcher": fetch}
    looks = face.rules + looks.replace(stand_in, face.family)
    sheet = weasyprint.CSS(string=looks, font_config=fonts, **given)
    document = weasyprint.HTML(string=page.replace(stand_in, face.family), **given)
    data: bytes = document.write_pdf(stylesheets=[sheet], font_config=fonts, uncompressed_pdf=False)
    return data


def load_weasyprint() -> Any:
    """The package, which loads Pango; only where a document is made, because it costs a second."""
    from PIL import ImageFile

    strict = ImageFile.LOAD_TRUNCATED_IMAGES
    try:
        import weasyprint
    except OSError as error:
        told = say(gettext_noop("PDF needs system libraries that are not here ({error})."), error=str(error))
        raise RecommenderError(told, say(gettext_noop("Run: {command}"), command=_LIBRARIES)) from error
    finally:
        # It lets Pillow pass pictures that are cut off, in the whole process; catalogues must not get those.
        ImageFile.LOAD_TRUNCATED_IMAGES = strict
    return weasyprint


def _only_fonts(weasyprint: Any) -> Callable[[str], Any]:
    """Reads the font's own files and nothing else, whatever a review may have smuggled in."""
    fetch = weasyprint.urls.URLFetcher(allowed_protocols={"file"})
    allowed = f"{folder().as_uri()}/"

    def guarded(url: str) -> Any:
        if not url.startswith(allowed) or ".." in url:
            raise ValueError(f"A report reads no address such as {url}.")
        return fetch(url)

    return guarded


def _context(contents: Contents, face: str) -> dict[str, Any]:
    look = svg.Look(font=face)
    return {
        "contents": contents,
        "face": face,
        "language": get_language(),
        "period": period(contents.filters),
        "now": contents.overview,
        "charts": {"trend": _trend(contents, look), "shares": _shares(contents.overview, look)},
        "breakdowns": [part for by in report.BYS if (part := _breakdown(contents, by, look))],
        "impact": _impact(contents.impact, look),
        "terms": contents.terms[:_TERMS_MOST],
        "aspects": [(name_of("aspect", one.aspect, one.label), one) for one in contents.aspects],
        "reviews": _reviews(contents.filters),
    }


def _context_of_tables(tables: Tables, face: str) -> dict[str, Any]:
    look = svg.Look(font=face)
    parts = []
    for table in tables.tables:
        bars = [svg.Bar(name, value) for name, value in table.bars]
        chart = _drawn(svg.bars(bars, title=table.title, look=look)) if bars else None
        parts.append({"table": table, "chart": chart})
    language = get_language()
    return {"page": tables, "face": face, "language": language, "period": tables.period, "parts": parts}


def _reviews(filters: report.Filters) -> list[tuple[SentimentScore, Passage, Passage]]:
    """The newest, each with what is written and what was heard in it."""
    return [
        (one, *(passage(text, filters.words, _EXCERPT) for text in (one.review.text, one.heard)))
        for one in report.reviews_page(filters, size=_REVIEWS_MOST)
    ]


def _drawn(chart: str) -> SafeString:
    """Our own markup; the chart escaped every text in it."""
    return mark_safe(chart)  # noqa: S308


def _trend(contents: Contents, look: svg.Look) -> SafeString | None:
    if not contents.trend:
        return None
    points = [
        svg.Point(
            formats.date_format(one.start, "SHORT_DATE_FORMAT"), one.net, one.low, one.high, one.reviews
        )
        for one in contents.trend
    ]
    return _drawn(svg.trend(points, title=_("Net sentiment over time"), look=look))


def _shares(now: report.Overview, look: svg.Look) -> SafeString:
    parts = [
        svg.Part(f"{LABEL_NAMES[name]} {share(getattr(now, name))}", getattr(now, name), getattr(look, name))
        for name in LABEL_NAMES
    ]
    return _drawn(svg.shares(parts, title=_("Shares of negative, neutral and positive"), look=look))


def _breakdown(contents: Contents, by: report.By, look: svg.Look) -> dict[str, Any] | None:
    """Heading, chart and slices of one dimension; None where it has none."""
    parts = contents.breakdowns.get(by)
    slices = parts.page(0, _BARS_MOST) if parts else []
    if not parts or not slices:
        return None
    rows = [(name_of(by, one.key, one.label), one) for one in slices]
    bars = [
        svg.Bar(name, one.net, one.low, one.high, note=f"{one.reviews:,}")
        for name, one in rows
        if one.net is not None
    ]
    heading = str(BY_NAMES[by])
    chart = _drawn(svg.bars(bars, title=heading, look=look)) if bars else None
    return {"heading": heading, "chart": chart, "rows": rows, "note": _shown(len(rows), len(parts))}


def _shown(shown: int, there: int) -> str:
    """That there are more; "" where all are shown."""
    if shown == there:
        return ""
    numbers = {"shown": shown, "count": formats.number_format(there, force_grouping=True)}
    return _("Those with the most reviews, %(shown)s of %(count)s; the workbook (XLSX) has all.") % numbers


def _impact(found: Sequence[report.Impact], look: svg.Look) -> SafeString | None:
    bars = [
        svg.Bar(name_of("aspect", one.aspect, one.label), one.impact, note=f"{one.reviews:,}")
        for one in found[:_BARS_MOST]
    ]
    return _drawn(svg.bars(bars, title=_("Impact of aspects"), look=look)) if bars else None
