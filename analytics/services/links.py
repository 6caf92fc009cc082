"""Addresses for mails and webhooks, which need the whole of them."""

from __future__ import annotations

from django.conf import settings
from django.urls import NoReverseMatch, reverse


def absolute(page: str, query: str = "") -> str:
    """The page called ``page``; "" while the settings do not say where the site is."""
    if not settings.SITE_URL:
        return ""
    try:
        path = reverse(page)
    except NoReverseMatch:  # a site without the pages
        return ""
    return f"{settings.SITE_URL.rstrip('/')}{path}{'?' if query else ''}{query}"
