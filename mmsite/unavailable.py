"""Whatever page needs a medium while the media storage is away says so, and when to come back."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from recommender.errors import StorageUnavailable
from recommender.web.errors import storage_unavailable

RETRY_SECONDS = 30


class UnavailableMiddleware:
    """503 instead of 500 for a ``StorageUnavailable`` that no view took care of."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, StorageUnavailable):
            return None
        response = storage_unavailable(request)
        response["Retry-After"] = str(RETRY_SECONDS)
        response["Cache-Control"] = "no-store"
        return response
