"""Addresses of monitoring, below /analytics/monitoring/."""

from django.urls import URLPattern, path

from analytics.web.monitoring import alerts, overview, rules

urlpatterns: list[URLPattern] = [
    path("", overview.overview, name="monitoring"),
    path("alerts/", alerts.alerts, name="monitoring_alerts"),
    path("alerts/live/", alerts.live, name="monitoring_alerts_live"),
    path("alerts/silence/", alerts.silence, name="monitoring_silence"),
    path("alerts/silence/<int:pk>/lift/", alerts.lift, name="monitoring_silence_lift"),
    path("alerts/rules/", rules.rules, name="monitoring_rules"),
    path("alerts/rules/new/", rules.new, name="monitoring_rule_new"),
    path("alerts/rules/preview/", rules.preview, name="monitoring_rule_preview"),
    path("alerts/rules/<int:pk>/", rules.edit, name="monitoring_rule"),
    path("alerts/rules/<int:pk>/switch/", rules.switch, name="monitoring_rule_switch"),
    path("alerts/rules/<int:pk>/delete/", rules.delete, name="monitoring_rule_delete"),
]
