"""How this person mixes their feed: kept in the profile, beside it in the session, or in a guest's cookie."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponseBase

from recommender.contracts import SOURCES
from recommender.models import Profile

KEY = "mixture"
_A_YEAR = 365 * 86_400
Mixture = dict[str, float]


def from_percentages(values: Mapping[str, str]) -> Mixture:
    """Weights in [0, 1] from the sliders' whole percentages; what is missing or no number counts as full."""
    mixture: Mixture = {}
    for source in SOURCES:
        mixture[source] = share_of(values.get(source, ""))
    return mixture


def share_of(raw: str) -> float:
    """A weight in [0, 1] from a whole percentage; in full where it is no number, or longer than any."""
    return min(100, int(raw)) / 100 if raw.isdecimal() and len(raw) < 10 else 1.0


def mixture_of(request: HttpRequest) -> Mixture:
    """The reader's mixture, without a query once a session knows it."""
    if not request.user.is_authenticated:
        numbers = request.COOKIES.get(KEY, "").split("-")
        return from_percentages(dict(zip(SOURCES, numbers, strict=False)))
    if KEY not in request.session:
        stored = Profile.objects.filter(user=request.user).values_list("mixture", flat=True).first() or {}
        request.session[KEY] = {source: float(stored.get(source, 1.0)) for source in SOURCES}
    return dict(request.session[KEY])


def keep_mixture(request: HttpRequest, response: HttpResponseBase, mixture: Mixture) -> None:
    """Remember ``mixture`` for the next visit."""
    if request.user.is_authenticated:
        request.session[KEY] = mixture
        Profile.objects.update_or_create(user=request.user, defaults={"mixture": mixture})
    else:
        text = "-".join(str(round(100 * mixture[source])) for source in SOURCES)
        response.set_cookie(KEY, text, max_age=_A_YEAR, samesite="Lax", httponly=True)
