"""Saved views: kept under a name, opened again, and mailed by a timetable."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from analytics.models import SavedView
from analytics.services import exports, mailing
from analytics.services import views as saved
from analytics.services.asked import Asked
from analytics.services.documents import period
from analytics.services.names import ORDER_NAMES
from analytics.web.filtering import title_of
from analytics.web.frame import analysts_only, answer
from recommender.errors import RecommenderError
from recommender.models.telling import translated_error
from recommender.web.back import asked_back

_EXPORTS_SHOWN = 10
#: Characters of an address that are read; none with filters is longer.
_QUERY_MOST = 8000


class ScheduleForm(forms.ModelForm):
    """Whom a view is mailed to, how often, as what and in which language."""

    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)

    class Meta:
        model = SavedView
        fields = ("schedule", "format", "language", "recipients")
        labels = {
            "schedule": gettext_lazy("Mailed"),
            "format": gettext_lazy("As"),
            "recipients": gettext_lazy("Recipients"),
        }
        help_texts = {"recipients": gettext_lazy("Addresses, one a line. They do not see each other.")}
        widgets = {
            "recipients": forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"})
        }


@require_safe
@analysts_only
def views(request: HttpRequest) -> HttpResponseBase:
    """One's own views and newest exports."""
    made = exports.exports_of(request.user)[:_EXPORTS_SHOWN]
    context = {
        "views": [_described(view) for view in saved.views_of(request.user)],
        "exports": [{"job": job, "file": exports.file_of(job)} for job in made],
        "keep_days": exports.KEEP_DAYS,
    }
    return answer(request, "sentiment_views", "analytics/saved_views.html", context)


@require_POST
@analysts_only
def save(request: HttpRequest) -> HttpResponseBase:
    """Keep the page of the report whose query is sent under the name that is sent."""
    query, name = request.POST.get("query", "")[:_QUERY_MOST], request.POST.get("name", "")
    page = request.POST.get("page", "")
    try:
        view = saved.save_view(request.user, name, query, page=page, language=get_language() or "")
    except RecommenderError as error:
        messages.error(request, translated_error(error))
        return _to(asked_back(request, Asked.from_query(QueryDict(query), page).address))
    messages.success(request, _("“%(name)s” is saved.") % {"name": view.name})
    return _to(reverse("sentiment_view", args=[view.pk]))


@require_http_methods(["GET", "HEAD", "POST"])
@analysts_only
def view(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One's own view and its timetable."""
    found = _own(request, pk)
    form = ScheduleForm(request.POST or None, instance=found, initial=_initial(found))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            saved.schedule_view(
                _own(request, pk),
                schedule=given["schedule"],
                kind=given["format"],
                recipients=given["recipients"],
                language=given["language"],
            )
        except RecommenderError as error:
            form.add_error("recipients", translated_error(error))
        else:
            messages.success(request, _("The timetable is saved."))
            return _to(request.path)
    context = {"view": _described(_own(request, pk)), "form": form}
    return answer(request, "sentiment_views", "analytics/saved_view.html", context)


@require_POST
@analysts_only
def rename(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Give one's own view another name."""
    try:
        saved.rename_view(_own(request, pk), request.POST.get("name", ""))
    except RecommenderError as error:
        messages.error(request, translated_error(error))
    else:
        messages.success(request, _("The name is changed."))
    return _to(reverse("sentiment_view", args=[pk]))


@require_POST
@analysts_only
def send(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Mail one's own view now; a worker does it within the minute, and the page then says how it went."""
    try:
        mailing.ask_to_send(_own(request, pk))
    except RecommenderError as error:
        messages.error(request, translated_error(error))
    else:
        messages.success(
            request, _("It is on its way. This page says when it was mailed, or why it was not.")
        )
    return _to(reverse("sentiment_view", args=[pk]))


@require_POST
@analysts_only
def delete(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Forget one's own view."""
    found = _own(request, pk)
    found.delete()
    messages.success(request, _("“%(name)s” is deleted.") % {"name": found.name})
    return _to(reverse("sentiment_views"))


def _initial(found: SavedView) -> dict[str, Any]:
    return {"language": found.language or settings.LANGUAGE_CODE}


def _described(found: SavedView) -> dict[str, Any]:
    asked = saved.asked_of(found)
    return {
        "row": found,
        "period": period(asked.filters),
        "limits": " · ".join(_limits(asked)),
        "url": asked.address,
        "recipients": found.recipients.splitlines(),
    }


def _limits(asked: Asked) -> Iterator[str]:
    """What a view is limited to, beside what, and in which order."""
    if asked.filters.given():
        yield title_of(asked.filters)
    if asked.own:
        beside = _("compared with {period}").format(period=period(asked.own))
        yield f"{beside} ({title_of(asked.own)})" if asked.own.given() else beside
    if asked.order:
        yield str(ORDER_NAMES[asked.order])


def _own(request: HttpRequest, pk: int) -> SavedView:
    return get_object_or_404(saved.views_of(request.user), pk=pk)


def _to(address: str) -> HttpResponse:
    return HttpResponse(status=303, headers={"Location": address})
