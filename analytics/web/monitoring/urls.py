"""Addresses of monitoring, below /analytics/monitoring/."""

from django.urls import URLPattern, path

from analytics.web.monitoring import overview

urlpatterns: list[URLPattern] = [
    path("", overview.overview, name="monitoring"),
]
