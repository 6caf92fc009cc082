"""Where a form leads once it is done: the page it stood on."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.encoding import iri_to_uri
from django.utils.http import url_has_allowed_host_and_scheme


def asked_back(request: HttpRequest, otherwise: str) -> str:
    """The path that the form sent as ``next``, if it is one of this site; else ``otherwise``.

    Only a whole path will do: to a redirect anything else may be the name of a view.
    """
    target = request.POST.get("next", "")
    is_safe = url_has_allowed_host_and_scheme(target, None, require_https=request.is_secure())
    return iri_to_uri(target) if is_safe and target.startswith("/") and target.isprintable() else otherwise
