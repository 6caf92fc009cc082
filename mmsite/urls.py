"""Every address of the site."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from analytics.api import routers
from analytics.web import health
from analytics.web.metrics import metrics
from recommender.api.v1 import api

# Before the addresses of the interface are built, just below.
for router in routers:
    api.add_router("/analytics", router)

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("recommender.web.urls")),
    path("api/", include("recommender.api.urls")),
    path("accounts/", include("recommender.web.account_urls")),
    path("analytics/", include("analytics.web.urls")),
    path("analytics/monitoring/", include("analytics.web.monitoring.urls")),
    path("admin/", admin.site.urls),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
]

handler400 = "recommender.web.errors.bad_request"
handler403 = "recommender.web.errors.forbidden"
handler404 = "recommender.web.errors.not_found"
handler500 = "recommender.web.errors.server_error"
