"""What people do with items: noted, looked at, taken back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field, model_validator

from recommender.api.access import MEMBERS, actor_of
from recommender.api.cards import ItemRef, ref_out
from recommender.api.errors import missing
from recommender.api.finding import find_item
from recommender.api.paging import PAGE, Limit, Offset, Page, piece
from recommender.models import Interaction
from recommender.services import events

router = Router(tags=["events"])
Kind = Literal["view", "click", "like", "dislike", "save", "hide", "purchase", "rating"]


class EventIn(Schema):
    """Something a person did with an item."""

    kind: Kind
    on: bool = Field(True, description="like, dislike, save and hide are switches: false takes them back")
    value: int | None = Field(None, ge=1, le=5, description="stars of a rating")
    impression: UUID | None = Field(None, description="the card that is answered by this")

    @model_validator(mode="after")
    def _value_fits_kind(self) -> Self:
        if (self.kind == "rating") != (self.value is not None):
            raise ValueError("a rating has a value from 1 to 5, and nothing else has one")
        if not self.on and self.kind not in Interaction.TOGGLES:
            raise ValueError(f"a {self.kind} is no switch; take it back with DELETE /me/events/ID")
        return self


class EventOut(Schema):
    """How things stand after it."""

    id: int | None = Field(description="to take it back by; null where a switch is off")
    kind: str
    on: bool
    states: dict[str, bool] = Field(description="every switch of this person and item that is on")


class Done(Schema):
    """An event of one's own."""

    id: int
    kind: str
    value: float | None
    item: ItemRef
    created_at: datetime


class DoneOut(Page):
    """One's own events, newest first."""

    events: list[Done]


@router.post("/items/{path:external_id}/events", response=EventOut, auth=MEMBERS, url_name="events")
def act(request: HttpRequest, external_id: str, asked: EventIn) -> EventOut:
    """Note what you did with an item; the next feed follows it. Switches may be sent twice."""
    found = find_item(request, external_id)
    actor = actor_of(request)
    if asked.on:
        made = events.record(actor, found, asked.kind, value=asked.value, impression=asked.impression)
        number = made.pk if made else None
    else:
        number = None
        own = Interaction.objects.of(actor.user, actor.visitor).filter(item=found, kind=asked.kind)
        for pk in own.values_list("pk", flat=True):
            events.undo(actor, pk)
    states = events.states(actor, [found.pk]).get(found.pk, {})
    return EventOut(id=number, kind=asked.kind, on=asked.on, states=states)


@router.get("/me/events", response=DoneOut, auth=MEMBERS, url_name="my_events")
def my_events(
    request: HttpRequest,
    kind: Annotated[list[Kind], Query(description="only these")] = [],  # noqa: B006 (ninja copies it)
    offset: Offset = 0,
    limit: Limit = PAGE,
) -> DoneOut:
    """What you did, newest first."""
    actor = actor_of(request)
    done = Interaction.objects.of(actor.user, actor.visitor).select_related("item")
    done = done.of_kind(*kind) if kind else done
    shown, total, after = piece(done.newest_first(), offset, limit)
    rows = [
        Done(id=one.pk, kind=one.kind, value=one.value, item=ref_out(one.item), created_at=one.created_at)
        for one in shown
    ]
    return DoneOut(events=rows, total=total, next_offset=after)


@router.delete("/me/events/{int:event_id}", response={204: None}, auth=MEMBERS, url_name="my_event")
def undo(request: HttpRequest, event_id: int) -> HttpResponse:
    """Take back something you did; the next feed forgets it."""
    actor = actor_of(request)
    if not Interaction.objects.of(actor.user, actor.visitor).filter(pk=event_id).exists():
        raise missing(f"event {event_id} of yours")
    events.undo(actor, event_id)
    return HttpResponse(status=204)
