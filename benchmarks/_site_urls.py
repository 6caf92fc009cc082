"""Every address of the site, and an empty view behind the same middleware."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from mmsite.urls import handler400, handler403, handler404, handler500
from mmsite.urls import urlpatterns as site_patterns

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


def empty(request: HttpRequest) -> HttpResponse:
    """Nothing but what Django does for any request."""
    return HttpResponse()


urlpatterns = [path("benchmark/empty/", empty), *site_patterns]
