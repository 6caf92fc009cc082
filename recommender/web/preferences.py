"""What a person sets once: theme, language, and the mixture of their feed."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from recommender.models import Profile
from recommender.web.back import asked_back
from recommender.web.context import THEME_COOKIE
from recommender.web.feed import feed_fragment
from recommender.web.mixture import from_percentages, keep_mixture

_A_YEAR = 365 * 86_400


def _back(request: HttpRequest) -> HttpResponse:
    """A redirect to the page the form was on, if that is a page of this site."""
    return redirect(asked_back(request, reverse("feed")))


def remember_language(request: HttpRequest, response: HttpResponseBase, language: str) -> None:
    """From now on this browser is answered in ``language``."""
    response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, max_age=_A_YEAR, samesite="Lax")


def remember_theme(response: HttpResponseBase, theme: str) -> None:
    response.set_cookie(THEME_COOKIE, theme, max_age=_A_YEAR, samesite="Lax")


@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Light, dark, or as the device has it."""
    response = _back(request)
    theme = request.POST.get("theme", "")
    if theme in Profile.Theme.values:
        remember_theme(response, theme)
        if request.user.is_authenticated:
            Profile.objects.update_or_create(user=request.user, defaults={"theme": theme})
    return response


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """One of the site's languages, kept in the browser and, for a member, in the profile."""
    response = _back(request)
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES):
        remember_language(request, response, language)
        if request.user.is_authenticated:
            Profile.objects.update_or_create(user=request.user, defaults={"language": language})
    return response


@require_POST
def mixture(request: HttpRequest) -> HttpResponseBase:
    """Keep the sliders; a fragment's request gets the feed mixed anew."""
    chosen = from_percentages(request.POST)
    if request.headers.get("HX-Request"):
        response = feed_fragment(request, chosen)
    else:
        response = _back(request)
        messages.success(request, _("Your mixture is kept."))
    keep_mixture(request, response, chosen)
    return response
