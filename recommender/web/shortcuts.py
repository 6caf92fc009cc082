"""How the site is used without a mouse."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def shortcuts(request: HttpRequest) -> HttpResponse:
    """The page of keys."""
    return render(request, "recommender/shortcuts.html")
