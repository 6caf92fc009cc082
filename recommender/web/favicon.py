"""The site's icon at the address that browsers ask by themselves."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.views.decorators.cache import cache_control


@cache_control(max_age=86400, public=True)
def favicon(_request: HttpRequest) -> HttpResponse:
    """Where the icon is; asked for by pages that name none, Django's admin among them."""
    return redirect(static("img/favicon.svg"))
