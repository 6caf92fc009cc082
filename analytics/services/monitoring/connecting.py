"""What every process of the site does for monitoring when it starts: know what is measured, and listen."""

from __future__ import annotations

from celery.signals import worker_ready, worker_shutdown
from django.apps import AppConfig
from django.db.models.signals import post_migrate

# A metric, measure or light is there for whoever reads it once its module has been imported.
from analytics.services.drift import gauges
from analytics.services.monitoring import all_levels, lit, measures_recommender, paused, rules_seen, taste
from analytics.services.monitoring.heartbeat import on_worker_ready, on_worker_shutdown
from analytics.services.monitoring.shipped_rules import on_migrated
from analytics.services.monitoring.task_events import record_tasks
from analytics.services.monitoring.tasks_seen import watch_tasks

DECLARING = (gauges, all_levels, lit, measures_recommender, rules_seen, taste)


def connect(app: AppConfig) -> None:
    """Listen to Celery and to migrations in this process; asking again changes nothing."""
    worker_ready.connect(on_worker_ready, dispatch_uid="analytics.heartbeat")
    worker_shutdown.connect(on_worker_shutdown, dispatch_uid="analytics.heartbeat")
    # After the heartbeat, which notes what the worker was started for.
    worker_ready.connect(paused.on_worker_ready, dispatch_uid="analytics.paused")
    watch_tasks()
    record_tasks()
    all_levels.watch_all()
    post_migrate.connect(on_migrated, sender=app, dispatch_uid="analytics.shipped_rules")
