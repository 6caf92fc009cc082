"""Lines of what was measured: what the reader chose to see of them, and the numbers."""

from __future__ import annotations

import hashlib
import json
import time
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from analytics.services.monitoring.drawing import COMPARISONS, RANGES, Kept, Span, draw, groups
from analytics.services.monitoring.measures import Measure
from analytics.web.monitoring.frame import operators_only

DEFAULT = "1h"
#: Groups whose lines are drawn unless ``?open=`` names others.
OPEN = ("web", "tasks")
#: Seconds since 1970; beyond it no calendar of ours goes.
_LAST_MOMENT = 4_102_444_800
_KEPT, _KEPT_SECONDS = "monitoring:kept:", 3600
RANGE_WORDS = {
    "15m": _("15 minutes"),
    "1h": _("1 hour"),
    "6h": _("6 hours"),
    "1d": _("1 day"),
    "7d": _("7 days"),
    "30d": _("30 days"),
    "90d": _("90 days"),
}
COMPARE_WORDS = {
    "": _("nothing"),
    "previous": _("the time before"),
    "day": _("a day before"),
    "week": _("a week before"),
}


@require_safe
@operators_only
@never_cache
def lines(request: HttpRequest) -> HttpResponse:
    """The numbers as JSON; what cannot be understood is refused with 400.

    ``group`` limits them to some groups. ``since`` (seconds since 1970) asks only for the steps from there
    on, with the ``told`` of the first answer, so that they are of the lines that are drawn; 409 says that
    nobody remembers which those were.
    """
    asked = request.GET
    told = asked.get("told", "")
    try:
        span = span_of(asked)
        if asked.get("since"):
            span = span.since(float(asked["since"]))
    except (ValueError, OverflowError) as error:
        return JsonResponse({"error": str(error)}, status=400)
    kept = _remembered(told) if told else None
    if told and kept is None:
        return JsonResponse({"error": "It is not known any more which lines were drawn."}, status=409)
    drawn = draw(_measures(asked.getlist("group")), span, kept)
    body = drawn.as_json() | {"told": told or _remember(drawn.kept)}
    return JsonResponse(body, json_dumps_params={"separators": (",", ":")})


def _measures(names: list[str]) -> list[Measure]:
    return [one for group in groups() if not names or group.name in names for one in group.kept]


# -- which lines a page draws, for its updates ---------------------------------------------------------------


def _remember(kept: Kept) -> str:
    """A name for what is told apart, under which every process finds it for as long as it is asked for."""
    listed = {key: sorted(kept[key]) for key in sorted(kept)}
    name = hashlib.sha256(json.dumps(listed).encode()).hexdigest()[:16]
    cache.set(_KEPT + name, listed, _KEPT_SECONDS)
    return name


def _remembered(name: str) -> Kept | None:
    listed = cache.get(_KEPT + name)
    if listed is None:
        return None
    cache.touch(_KEPT + name, _KEPT_SECONDS)
    return {key: frozenset(map(tuple, some)) for key, some in listed.items()}


# -- what is asked for ---------------------------------------------------------------------------------------


def span_of(asked: QueryDict) -> Span:
    """The time that is asked for: ``from`` and ``to``, or ``range`` up to now.

    Raises:
        ValueError: it cannot be understood.
    """
    comparison = asked.get("compare", "")
    if asked.get("from"):
        end = moment(asked["to"]) if asked.get("to") else time.time()
        return Span.chosen(moment(asked["from"]), end, comparison)
    now = time.time()
    return Span.chosen(now - RANGES.get(asked.get("range", ""), RANGES[DEFAULT]), now, comparison)


def moment(text: str) -> float:
    """Seconds since 1970, given as such or as date and time of the site.

    Raises:
        ValueError: it is neither.
    """
    try:
        seconds = float(text)
    except ValueError:
        told = datetime.fromisoformat(text)
    else:
        if not 0 <= seconds <= _LAST_MOMENT:
            raise ValueError("That is no time between 1970 and 2100.")
        return seconds
    return (told if told.tzinfo else timezone.make_aware(told)).timestamp()


def controls(request: HttpRequest) -> dict[str, Any]:
    """What the page offers to choose, and what is chosen."""
    asked = request.GET
    try:
        own = span_of(asked) if asked.get("from") else None
    except (ValueError, OverflowError):
        own = None
    span_name = asked.get("range", DEFAULT)
    name = "" if own else span_name if span_name in RANGES else DEFAULT
    compare = asked.get("compare", "")
    compare = compare if compare in COMPARISONS else ""
    opened = asked["open"].split(",") if "open" in asked else OPEN
    found = groups()
    return {
        "groups": found,
        "ranges": [
            {"name": one, "words": words, "on": one == name, "seconds": RANGES[one]}
            for one, words in RANGE_WORDS.items()
        ],
        "comparisons": [
            {"name": one, "words": words, "on": one == compare} for one, words in COMPARE_WORDS.items()
        ],
        "compare": compare,
        "opened": opened,
        "usual": ",".join(OPEN),
        "range_name": name,
        "own_from": _local(own.start) if own else "",
        "own_to": _local(own.end) if own and asked.get("to") else "",
        "lines_url": reverse("monitoring_lines"),
        "first_numbers": _first_numbers(
            asked if own else QueryDict(), name, compare, [one.name for one in found if one.name in opened]
        ),
        "zone": timezone.get_current_timezone_name(),
    }


def _first_numbers(asked: QueryDict, range_name: str, compare: str, opened: list[str]) -> str:
    """The address that the page's script reads first, asked for before that script has loaded.

    Args:
        asked: with ``from`` and ``to``, where the reader chose them.
    """
    wanted = [("from", asked.get("from")), ("to", asked.get("to"))] if asked.get("from") else []
    wanted = wanted or [("range", range_name)]
    wanted += [("compare", compare), *(("group", one) for one in opened)]
    named = [(key, value) for key, value in wanted if value] + ([] if opened else [("group", "")])
    return f"{reverse('monitoring_lines')}?{urlencode(named)}"


def _local(seconds: float) -> str:
    """As a field for date and time holds it."""
    told = datetime.fromtimestamp(seconds, timezone.get_current_timezone())
    return told.isoformat(timespec="seconds")[:19]
