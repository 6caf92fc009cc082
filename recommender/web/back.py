"""Where a form leads once it is done: the page it stood on."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def asked_back(request: HttpRequest, otherwise: str) -> str:
    """The address that the form sent as ``next``, if it is one of this site; else ``otherwise``."""
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if safe else otherwise
