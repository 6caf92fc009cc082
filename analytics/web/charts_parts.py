"""Charts of parts: breakdowns, the impact of aspects, what drove a difference."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from analytics.services.names import BY_NAMES, name_of
from analytics.services.numbers import likelihood
from analytics.services.report import Comparison, Driver, Filters, Impact, Slice
from analytics.templatetags.feeling import grouped, share, signed
from analytics.web.charts import Cell, Chart, Pages, interval
from analytics.web.frame import address

#: rows a chart draws; its table has all that it is given, and the note says so
DRAWN = 12


def breakdown_chart(
    slices: Iterable[Slice], by: str, filters: Filters, *, pages: Pages | None = None
) -> Chart:
    """Net sentiment of each part with its interval; a click limits the report to it.

    Args:
        pages: what ``slices`` are a page of; by itself they are all.
    """
    drawn, rows = [], []
    for one in slices:
        label = name_of(by, one.key, one.label)
        part = filters.replace(**{by: one.key})
        href, to_reviews = address("sentiment", part), address("sentiment_reviews", part)
        if one.net is not None:
            drawn.append(
                {
                    "label": label,
                    "value": round(one.net, 4),
                    "low": round(one.low or 0, 4),
                    "high": round(one.high or 0, 4),
                    "reviews": one.reviews,
                    "href": href,
                }
            )
        rows.append(
            (
                Cell(label, href),
                Cell(signed(one.net)),
                Cell(interval(one.low, one.high)),
                Cell(share(one.share)),
                Cell(grouped(one.reviews), to_reviews),
            )
        )
    columns = (str(BY_NAMES[by]), _("Net sentiment"), _("Interval (95 %)"), _("Share"), _("Reviews"))
    title = _("By {what}").format(what=str(BY_NAMES[by]).lower())
    data = _bars(drawn, _("Net sentiment"), title) | {"reach": 1}
    return Chart(f"by-{by}", title, data, columns, tuple(rows), _first_of(len(drawn)), pages)


def _first_of(drawn: int) -> str:
    """That the table has more than is drawn; "" where it has not."""
    return _("The first {n} are drawn; the table has all of these.").format(n=DRAWN) if drawn > DRAWN else ""


def impact_chart(impacts: list[Impact], filters: Filters) -> Chart:
    """How far each aspect lifts or lowers the score of the whole.

    Feeling and certainty are left aside, as ``report.impact`` does: a link with them would open fewer.
    """
    drawn, rows = [], []
    for one in impacts:
        label = name_of("aspect", one.aspect, one.label)
        part = filters.replace(aspect=one.aspect, label="", abstained=None)
        href, to_reviews = address("sentiment", part), address("sentiment_reviews", part)
        more = [[_("About it"), signed(one.net)], [_("Reviews that mention it"), signed(one.overall)]]
        mark = {"label": label, "value": round(one.impact, 4), "reviews": one.reviews}
        drawn.append(mark | {"href": href, "more": more})
        cells = (label, signed(one.impact, 3), signed(one.net), signed(one.overall), grouped(one.reviews))
        rows.append(
            tuple(Cell(text, link) for text, link in zip(cells, (href, "", "", "", to_reviews), strict=True))
        )
    columns = (_("Aspect"), _("Impact"), _("About it"), _("Reviews that mention it"), _("Reviews"))
    data = _bars(drawn, _("Impact"), _("Impact of aspects")) | {"digits": 3}
    note = _("How far the overall score would fall (right) or rise (left) without reviews that mention it.")
    return Chart("impact", _("What moves the score"), data, columns, tuple(rows), note)


def drivers_chart(found: Comparison, a: Filters, b: Filters) -> Chart:
    """What the difference between two selections is made of, the largest parts first."""
    drawn, rows = [], []
    for one in found.drivers:
        label, (before_href, href) = _driver_label(one), _driver_addresses(one, a, b)
        more = [
            [_("another opinion"), signed(one.rate, 3)],
            [_("more or fewer of them"), signed(one.mix, 3)],
            [_("Reviews before and after"), f"{one.before} / {one.after}"],
        ]
        drawn.append({"label": label, "value": round(one.change, 4), "href": href, "more": more})
        texts = (signed(one.rate, 3), signed(one.mix, 3), grouped(one.before), grouped(one.after))
        links = ("", "", before_href, href)
        parts = [Cell(text, link) for text, link in zip(texts, links, strict=True)]
        rows.append((Cell(label, href), Cell(signed(one.change, 3)), *parts, Cell(likelihood(one.p_value))))
    columns = (
        _("What"),
        _("Part of the change"),
        _("another opinion"),
        _("more or fewer of them"),
        _("Reviews in A"),
        _("Reviews in B"),
        _("p-value"),
    )
    data = _bars(drawn, _("Part of the change"), _("What drove it")) | {"digits": 3}
    return Chart("drivers", _("What drove it"), data, columns, tuple(rows))


def _driver_label(one: Driver) -> str:
    return f"{BY_NAMES[one.by]}: {name_of(one.by, one.key, one.label)}"


def _driver_addresses(one: Driver, a: Filters, b: Filters) -> tuple[str, str]:
    """The reviews that its numbers count on either side: those that commit themselves."""
    parts = (side.replace(**{one.by: one.key}, abstained=False) for side in (a, b))
    before, after = (address("sentiment_reviews", part) for part in parts)
    return before, after


def _bars(drawn: list[dict[str, Any]], value: str, title: str) -> dict[str, Any]:
    shown = drawn[:DRAWN]
    told = "; ".join(f"{row['label']} {signed(row['value'])}" for row in shown)
    return {
        "kind": "bars",
        "rows": shown,
        "words": {"value": value, "reviews": _("Reviews")},
        "description": f"{title}. {told}" if told else title,
    }
