"""Who may open the database pages: the same answers as everywhere on the site."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse


class DatabasePages(AdminSite):
    """Django's admin, but that a guest logs in on the site's own page, and the wrong role is refused."""

    def has_permission(self, request: HttpRequest) -> bool:
        if super().has_permission(request):
            return True
        if request.user.is_authenticated:  # a form to log in would not say what is wrong
            raise PermissionDenied
        return False

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Where the admin sends guests; its own form would know nothing of what they did before."""
        index = reverse("admin:index")
        if self.has_permission(request):
            return HttpResponseRedirect(index)
        return redirect_to_login(request.GET.get("next", index))
