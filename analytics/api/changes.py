"""What has changed: two selections side by side, and what people have begun to speak of."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from analytics.api.exports import VIEW_ANALYTICS, OtherSelection, SearchedSince, Selection
from analytics.api.report import FiguresOut, Net, same
from analytics.services import report
from analytics.services.report import Filters, Overview
from recommender.api.access import holders

router = Router(tags=["report"], auth=holders(VIEW_ANALYTICS))
PValue = Annotated[float, Field(description="two-sided")]
Growth = Annotated[float, Field(description="z-score of how much more it is said than before")]


class SideOut(FiguresOut):
    """The figures of one side, and its days."""

    start: date
    end: date
    searched_since: SearchedSince


class DriverOut(Schema):
    """A part of the difference: ``mix`` for more or fewer reviews of it, ``rate`` for another opinion."""

    by: str
    key: str
    label: str
    change: float
    mix: float
    rate: float
    before: int = Field(description="reviews in a that commit themselves")
    after: int = Field(description="the same in b")
    p_value: float | None = Field(description="of its own change of opinion")


class ComparisonOut(Schema):
    """``difference`` is the net of b less that of a, within 95 % between ``low`` and ``high``."""

    a: SideOut
    b: SideOut
    difference: float | None
    low: float | None
    high: float | None
    p_value: float | None
    is_noise: bool = Field(description="no more than chance would do in one of twenty")
    drivers: list[DriverOut]


class TermOut(Schema):
    """A word or phrase."""

    term: str
    recent: int = Field(description="reviews that have it")
    before: int = Field(description="the same in the period before")
    score: Growth
    p_value: PValue
    positive: int
    negative: int
    net: Net


class TermsOut(Schema):
    """Words, the most surprising first."""

    terms: list[TermOut]
    among: int | None = Field(description="words are counted in so many reviews of a period at most")
    searched_since: SearchedSince


class AspectOut(Schema):
    """An aspect now and in the period before."""

    aspect: str
    recent: int = Field(description="reviews that mention it")
    before: int = Field(description="the same in the period before")
    score: Growth
    p_value: PValue
    net: Net
    net_before: Net
    change: float | None = Field(description="of net since before, within 95 % between low and high")
    low: float | None
    high: float | None
    change_p_value: float | None


class AspectsOut(Schema):
    """Aspects, those that came up most first."""

    reviews: int = Field(description="all reviews, whatever they mention")
    before: int = Field(description="the same of the period before")
    aspects: list[AspectOut]
    searched_since: SearchedSince


@router.get("/comparison", response=ComparisonOut, url_name="report_comparison")
def comparison(
    request: HttpRequest,
    asked: Annotated[Selection, Query()],
    other: Annotated[OtherSelection, Query()],
) -> ComparisonOut:
    """A selection (b) beside another (a): how far apart, more than chance or not, and because of what."""
    sides = other.beside(asked.filters())
    found = report.compare(sides.a, sides.b)
    told = "difference low high p_value is_noise"
    return ComparisonOut(
        a=_side(found.a, sides.a),
        b=_side(found.b, sides.b),
        drivers=[same(DriverOut, one) for one in found.drivers],
        **{name: getattr(found, name) for name in told.split()},
    )


@router.get("/emerging/terms", response=TermsOut, url_name="report_emerging_terms")
def emerging_terms(request: HttpRequest, asked: Annotated[Selection, Query()]) -> TermsOut:
    """Words that are used more than in the period before, beyond chance."""
    filters = asked.filters()
    return TermsOut(
        terms=[same(TermOut, one) for one in report.emerging(filters)],
        among=report.counted_among(filters),
        searched_since=report.searched_since(filters),
    )


@router.get("/emerging/aspects", response=AspectsOut, url_name="report_emerging_aspects")
def emerging_aspects(request: HttpRequest, asked: Annotated[Selection, Query()]) -> AspectsOut:
    """How much more or less each aspect is spoken of than in the period before, and how it is felt."""
    filters = asked.filters()
    found = report.emerging_aspects(filters)
    return AspectsOut(
        reviews=found.reviews,
        before=found.before,
        aspects=[same(AspectOut, one) for one in found.aspects],
        searched_since=report.searched_since(filters),
    )


def _side(figures: Overview, filters: Filters) -> SideOut:
    return SideOut(
        **same(FiguresOut, figures).dict(),
        start=filters.start,
        end=filters.end,
        searched_since=report.searched_since(filters),
    )
