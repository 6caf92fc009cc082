"""Addresses of monitoring, below /analytics/monitoring/."""

from django.urls import URLPattern, path

from analytics.web.monitoring import (
    drift,
    inspect,
    lines,
    overview,
    rules,
    task_buttons,
    tasks,
)

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
    path("drift/", drift.drift, name="monitoring_drift"),
    path("drift/look/", drift.look_now, name="monitoring_drift_look"),
    path("map/", atlas.embedding, name="monitoring_map"),
    path("map/points/", atlas.points, name="monitoring_map_points"),
    path("map/items/", atlas.chosen_items, name="monitoring_map_items"),
    path("map/draw/", atlas.draw_now, name="monitoring_map_draw"),
    path("inspect/", inspect.inspect, name="monitoring_inspect"),
    path("tasks/", tasks.tasks, name="monitoring_tasks"),
    path("tasks/again/", task_buttons.again_all, name="monitoring_tasks_again"),
    path("tasks/queues/<str:queue>/pause/", task_buttons.pause, name="monitoring_queue_pause"),
    path("tasks/queues/<str:queue>/resume/", task_buttons.resume, name="monitoring_queue_resume"),
    path("tasks/<str:task_id>/", tasks.task, name="monitoring_task"),
    path("tasks/<str:task_id>/again/", task_buttons.again, name="monitoring_task_again"),
    path("tasks/<str:task_id>/revoke/", task_buttons.revoke, name="monitoring_task_revoke"),
    path("trace/<str:request_id>/", tasks.trace, name="monitoring_trace"),
    path("lights/", overview.live_lights, name="monitoring_lights"),
    path("lines.json", lines.lines, name="monitoring_lines"),
    path("do/<slug:name>/", actions.do, name="monitoring_do"),
    path("audit/", audit.audit, name="monitoring_audit"),
]
