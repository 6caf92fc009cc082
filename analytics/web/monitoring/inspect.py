"""What one person would see and why; what the site knows of one item."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from analytics.services import inspection
from analytics.services.inspection import ItemSeen, PersonSeen
from analytics.services.names import LABEL_NAMES
from analytics.web.monitoring.frame import answer, operators_only
from analytics.web.monitoring.tiles import Tile, tile
from recommender.services.recommend import Card
from recommender.web import explain
from recommender.web.cards import title_of
from recommender.web.history import ICONS

#: Parts of a score below this are not drawn.
_NAMED_PART = 0.0005
_INDEX: dict[str, Any] = {
    "snapshot": gettext_lazy("in the snapshot"),
    "delta": gettext_lazy("in the delta: newer than the snapshot"),
    "": gettext_lazy("not in the index"),
}


@require_safe
@operators_only
@never_cache
def inspect(request: HttpRequest) -> HttpResponseBase:
    """Of ``?person=`` or ``?item=``; that a person was looked at is noted."""
    person, item = request.GET.get("person", "").strip(), request.GET.get("item", "").strip()
    context: dict[str, Any] = {"asked_person": person, "asked_item": item}
    if person:
        found = inspection.find_person(person)
        context["missing"] = "" if found else _("Nobody is called “{name}”.").format(name=person)
        context["person"] = _person(inspection.inspect_person(found, request.user)) if found else None
    elif item:
        thing = inspection.find_item(item)
        context["missing"] = "" if thing else _("No item has the number or key “{name}”.").format(name=item)
        context["item"] = _item(inspection.inspect_item(thing)) if thing else None
    styles = ("css/monitoring-data.css",)
    return answer(request, "monitoring_inspect", "monitoring/inspect.html", context, styles=styles)


# -- a person -----------------------------------------------------------------------------------------------


def _person(seen: PersonSeen) -> dict[str, Any]:
    widest = (
        max((sum(abs(part) for part in card.parts.values()) for card in seen.page.cards), default=1.0) or 1.0
    )
    return {
        "seen": seen,
        "mixture": explain.mixer(seen.mixture),
        "rows": [_row(row) for row in seen.rows],
        "grid": [_ranked(rank, card, widest) for rank, card in enumerate(seen.page.cards, 1)],
        "seeds": [(tile(item), weight) for item, weight in seen.seeds if item is not None],
        "events": [
            (tile(one.item), ICONS.get(one.kind, "eye"), one.get_kind_display(), one) for one in seen.events
        ],
    }


def _row(row: Any) -> dict[str, Any]:
    title = explain.row_title(row.title_kind, title_of(row.seed) if row.seed else "")
    return {"title": title, "tiles": [tile(card.item, f"{_score(card):.2f}") for card in row.cards]}


def _score(card: Card) -> float:
    return sum(card.parts.values())


def _ranked(rank: int, card: Card, widest: float) -> dict[str, Any]:
    told = card.explanation
    seed = title_of(card.seed) if card.seed else ""
    return {
        "rank": rank,
        "tile": tile(card.item),
        "why": explain.sentence(told.source, seed, card.seed_kind) if told else "",
        "score": _score(card),
        "parts": [
            {"source": name, "name": explain.PART_NAMES.get(name, name), "value": value,
             "share": max(0, round(100 * value / widest))}
            for name, value in sorted(card.parts.items(), key=lambda pair: -pair[1])
            if abs(value) >= _NAMED_PART
        ],
    }  # fmt: skip


# -- an item ------------------------------------------------------------------------------------------------


def _item(seen: ItemSeen) -> dict[str, Any]:
    feelings = seen.feelings
    return {
        "seen": seen,
        "tile": tile(seen.item),
        "title": title_of(seen.item),
        "media": list(seen.item.media.all()),
        "index": _INDEX[seen.index],
        "is_indexed": bool(seen.index),
        "neighbours": [_near(one.source, one.through_graph, one.items) for one in seen.neighbours],
        "labels": [(name, feelings[f"{label}_count"]) for label, name in LABEL_NAMES.items()],
    }


def _near(source: str, through_graph: bool, items: Any) -> dict[str, Any]:
    name = explain.PART_NAMES.get(source, source)
    pattern = _("Item graph: {source}") if through_graph else _("Index: {source}")
    tiles: list[Tile] = [tile(item, f"{value:.3f}") for item, value in items]
    return {"title": pattern.format(source=name), "tiles": tiles}
