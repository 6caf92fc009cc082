"""The report's figures and alerts, as the pages show them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, TypeVar

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from analytics.api.exports import VIEW_ANALYTICS, SearchedSince, Selection
from analytics.models import Alert
from analytics.services import alerts as service
from analytics.services import alerts_delivery as delivery
from analytics.services import report
from recommender.api.access import holders
from recommender.api.errors import missing
from recommender.api.paging import PAGE, Limit, Offset, Page, next_offset, piece

router = Router(tags=["report"], auth=holders(VIEW_ANALYTICS))
Shape = TypeVar("Shape", bound=Schema)
_ORDER = (
    "most: reviews (stars in their own order); worst: whose interval of net ends lowest, so that a few bad "
    "reviews do not go before many; best: whose interval begins highest"
)
Net = Annotated[float | None, Field(description="share of positive less share of negative, from -1 to 1")]


class FiguresOut(Schema):
    """The figures of a selection; ``low`` and ``high`` bound ``net`` with 95 % confidence."""

    reviews: int
    net: Net
    low: float | None
    high: float | None
    positive: float
    neutral: float
    negative: float
    abstained: float
    disagreement: float


class ModelShareOut(Schema):
    """A model, and its share of all scored reviews."""

    model: str
    share: float


class OverviewOut(FiguresOut):
    """The figures, those of the period before, and the models that scored."""

    previous: FiguresOut | None
    model: str = Field(description="the one that scored last")
    models: list[ModelShareOut] = Field(description="several while reviews are being scored anew")
    searched_since: SearchedSince


class PointOut(Schema):
    """One step of a trend."""

    start: datetime
    reviews: int
    net: Net
    low: float | None
    high: float | None
    negative: float | None


class TrendOut(Schema):
    """How the figures went."""

    points: list[PointOut]
    searched_since: SearchedSince


class SliceOut(Schema):
    """One value of a dimension; ``key`` is what a filter of that name takes."""

    key: str
    label: str
    reviews: int
    net: Net
    low: float | None
    high: float | None
    share: float


class BreakdownOut(Page):
    """A selection by one dimension."""

    slices: list[SliceOut]
    searched_since: SearchedSince


class ImpactOut(Schema):
    """What an aspect does to the overall score."""

    aspect: str
    reviews: int
    net: Net
    overall: Net
    impact: float


class ImpactsOut(Schema):
    """Aspects, those that pull most first."""

    aspects: list[ImpactOut]
    searched_since: SearchedSince


class DeliveryOut(Schema):
    """How telling of an alert went by one way."""

    way: Literal["email", "webhook"]
    state: Literal["sending", "sent", "failed", "given up"]
    tries: int
    at: datetime | None = Field(description="when it went out")
    error: str = Field(description="why it did not go out")
    next_at: datetime | None = Field(description="when it is tried again by itself")


class AlertOut(Schema):
    """A sudden change, with the reviews behind it."""

    id: int
    item: str | None = Field(description="its external id")
    category: str | None
    aspect: str
    starts_at: datetime
    ends_at: datetime
    reviews: int
    negative_share: float
    usual_share: float
    p_value: float
    without: list[tuple[int, date, date]] = Field(
        description="of a category: numbers of items, and days of theirs, that have an alert of their own"
    )
    evidence: list[int] = Field(description="ids of the negative reviews behind it, the newest 100")
    state: str
    deliveries: list[DeliveryOut] = Field(description="by each way that was tried")


class AlertsOut(Page):
    """Alerts, newest first."""

    alerts: list[AlertOut]


class AlertIn(Schema):
    """What becomes of an alert."""

    state: Literal["seen", "closed"]


@router.get("/overview", response=OverviewOut, url_name="report_overview")
def overview(request: HttpRequest, asked: Annotated[Selection, Query()]) -> OverviewOut:
    """Net sentiment, volume, abstentions and disagreement, beside those of the period before."""
    filters = asked.filters()
    found = report.overview(filters)
    return OverviewOut(
        **same(FiguresOut, found).dict(),
        previous=same(FiguresOut, found.previous) if found.previous else None,
        model=report.model_in_service(),
        models=[same(ModelShareOut, one) for one in report.scored_by()],
        searched_since=report.searched_since(filters),
    )


@router.get("/trend", response=TrendOut, url_name="report_trend")
def trend(
    request: HttpRequest,
    asked: Annotated[Selection, Query()],
    grain: Annotated[
        Literal["", "hour", "day", "week", "month"], Query(description="chosen by the period, if left out")
    ] = "",
) -> TrendOut:
    """Net sentiment and volume over time."""
    filters = asked.filters()
    points = [same(PointOut, one) for one in report.trend(filters, grain)]
    return TrendOut(points=points, searched_since=report.searched_since(filters))


@router.get("/breakdown/{by}", response=BreakdownOut, url_name="report_breakdown")
def breakdown(
    request: HttpRequest,
    by: Literal["item", "category", "aspect", "channel", "language", "rating"],
    asked: Annotated[Selection, Query()],
    order: Annotated[Literal["most", "worst", "best"], Query(description=_ORDER)] = "most",
    offset: Offset = 0,
    limit: Limit = 50,
) -> BreakdownOut:
    """A selection by item, category, aspect, channel, language or rating."""
    filters = asked.filters()
    parts = report.breakdown(filters, by, order)
    slices = [same(SliceOut, one) for one in parts.page(offset, limit)]
    return BreakdownOut(
        slices=slices,
        total=len(parts),
        next_offset=next_offset(offset, len(slices), len(parts)),
        searched_since=report.searched_since(filters),
    )


@router.get("/impact", response=ImpactsOut, url_name="report_impact")
def impact(request: HttpRequest, asked: Annotated[Selection, Query()]) -> ImpactsOut:
    """What each aspect does to the overall score."""
    filters = asked.filters()
    aspects = [same(ImpactOut, one) for one in report.impact(filters)]
    return ImpactsOut(aspects=aspects, searched_since=report.searched_since(filters))


@router.get("/alerts", response=AlertsOut, url_name="alerts")
def alerts(
    request: HttpRequest,
    state: Annotated[list[Literal["open", "seen", "closed"]], Query(description="only these")] = [],  # noqa: B006
    offset: Offset = 0,
    limit: Limit = PAGE,
) -> AlertsOut:
    """Sudden changes, newest first."""
    found = Alert.objects.select_related("item", "category")
    found = found.filter(state__in=state) if state else found
    shown, total, after = piece(found, offset, limit)
    return AlertsOut(alerts=[_alert_out(one) for one in shown], total=total, next_offset=after)


@router.put("/alerts/{int:alert_id}", response=AlertOut, url_name="alert")
def set_alert(request: HttpRequest, alert_id: int, given: AlertIn) -> AlertOut:
    """Note that an alert was seen, or close it."""
    found = Alert.objects.select_related("item", "category").filter(pk=alert_id).first()
    if found is None:
        raise missing(f"alert {alert_id}")
    (service.close if given.state == "closed" else service.mark_seen)(request.user, found)
    found.refresh_from_db()
    return _alert_out(found)


@router.post("/alerts/{int:alert_id}/tell", response=AlertOut, url_name="alert_tell")
def tell_again(request: HttpRequest, alert_id: int) -> AlertOut:
    """Try again at once to tell of an alert by every way that failed, and for another day."""
    found = Alert.objects.select_related("item", "category").filter(pk=alert_id).first()
    if found is None:
        raise missing(f"alert {alert_id}")
    delivery.try_again(found)
    return _alert_out(found)


def _alert_out(alert: Alert) -> AlertOut:
    alike = "aspect starts_at ends_at reviews negative_share usual_share p_value without evidence state"
    return AlertOut(
        id=alert.pk,
        item=alert.item.external_id if alert.item else None,
        category=alert.category.path if alert.category else None,
        deliveries=[same(DeliveryOut, one) for one in delivery.deliveries(alert)],
        **{name: getattr(alert, name) for name in alike.split()},
    )


def same(shape: type[Shape], value: object) -> Shape:
    """The fields of ``shape`` read off a value of the report."""
    return shape(**{name: getattr(value, name) for name in shape.model_fields})
