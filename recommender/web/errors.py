"""Pages for what goes wrong, in the site's own look; JSON for programs."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from recommender.services.tracing import request_id


def _page(request: HttpRequest, code: int, title: str, text: str) -> HttpResponse:
    if _is_programs(request):
        return JsonResponse({"error": title, "remedy": text}, status=code)
    if request.headers.get("HX-Request"):
        return HttpResponse(title, status=code, content_type="text/plain; charset=utf-8")
    context = {"code": code, "error_title": title, "error_text": text}
    return render(request, "error.html", context, status=code)


def _is_programs(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(
        request, 400, _("This request makes no sense"), _("Go back, load the page anew and try again.")
    )


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(
        request,
        403,
        _("This part is not open to you"),
        _("Your account has no role that may see it. Ask an administrator of the site for one."),
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(
        request,
        404,
        _("There is nothing at this address"),
        _("It may have been retired, or the link has a slip in it."),
    )


def storage_unavailable(request: HttpRequest) -> HttpResponse:
    """Pictures and sounds are elsewhere, and that place does not answer."""
    return _page(
        request,
        503,
        _("The media storage cannot be used now"),
        _("Nothing is lost. Try again soon; what was being sent has to be sent once more."),
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _page(
        request,
        403,
        _("The form was open for too long"),
        _("For your safety it was not sent. Load the page anew and try once more."),
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """Without the usual frame: whatever broke may break that too."""
    if _is_programs(request):
        remedy = "Try again; tell the operator of the site if it happens again."
        return JsonResponse({"error": "Something broke.", "remedy": remedy}, status=500)
    from django.template.loader import render_to_string

    return HttpResponse(render_to_string("500.html", {"request_id": request_id()}), status=500)
