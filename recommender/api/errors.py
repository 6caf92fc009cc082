"""What goes wrong, as JSON: ``error`` says what, ``remedy`` what to do about it."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError

from recommender.errors import RecommenderError
from recommender.models.telling import translated

_CONTRACT = "The parameters are described in /api/v1/openapi.json."


class Problem(Schema):
    """The body of every answer from 400 on."""

    error: str
    remedy: str


class Refused(Exception):
    """An answer other than 2xx, with the words that go with it."""

    def __init__(self, status: int, error: str, remedy: str = "") -> None:
        super().__init__(error)
        self.status, self.error, self.remedy = status, error, remedy


def missing(what: str, remedy: str = "Check its id.") -> Refused:
    """404: ``what`` does not exist, or not for whoever is asking."""
    return Refused(404, f"There is no {what}.", remedy)


def problem(status: int, error: str, remedy: str = "") -> HttpResponse:
    """The answer itself."""
    response = JsonResponse(
        {"error": error, "remedy": remedy}, status=status, json_dumps_params={"ensure_ascii": False}
    )
    if status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response


def handle_problems(api: NinjaAPI) -> None:
    """Answer what the operations of ``api`` raise; anything unexpected goes on to Django."""

    @api.exception_handler(Refused)
    def refused(request: HttpRequest, error: Refused) -> HttpResponse:
        return problem(error.status, error.error, error.remedy)

    @api.exception_handler(RecommenderError)
    def told(request: HttpRequest, error: RecommenderError) -> HttpResponse:
        return problem(422 if error.permanent else 503, translated(error.message), translated(error.remedy))

    @api.exception_handler(AuthenticationError)
    def unknown(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
        return problem(
            401, "This is for people with an account.", "Send a token: 'Authorization: Bearer TOKEN'."
        )

    @api.exception_handler(PermissionDenied)
    def forbidden(request: HttpRequest, error: PermissionDenied) -> HttpResponse:
        return problem(
            403, "Your account has no role that may do this.", "Ask an administrator of the site for one."
        )

    @api.exception_handler(Http404)
    def not_found(request: HttpRequest, error: Http404) -> HttpResponse:
        return problem(404, "There is nothing at this address.", "Check the ids in it.")

    @api.exception_handler(ValidationError)
    def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
        return problem(422, "; ".join(_fault(one) for one in error.errors), _CONTRACT)

    @api.exception_handler(HttpError)
    def other(request: HttpRequest, error: HttpError) -> HttpResponse:
        return problem(error.status_code, str(error), _CONTRACT)


def _fault(one: dict[str, Any]) -> str:
    """``limit: Input should be less than or equal to 100``."""
    # The first part says where it stands (query, body), the second may be the name of the argument.
    place = [str(part) for part in one["loc"][1:] if part not in {"given", "asked"}]
    return f"{'.'.join(place)}: {one['msg']}" if place else str(one["msg"])
