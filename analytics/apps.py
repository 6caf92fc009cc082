"""Django application of sentiment, reports and monitoring."""

from django.apps import AppConfig
from django.db.models.signals import post_delete, post_migrate
from django.utils.translation import gettext_lazy as _


class AnalyticsConfig(AppConfig):
    name = "analytics"
    verbose_name = _("Analytics")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from celery.signals import worker_ready, worker_shutdown

        import analytics.services.drift.gauges
        import analytics.services.monitoring.measures_recommender
        import analytics.services.monitoring.taste  # noqa: F401 (every process knows what is measured)
        from analytics.services.monitoring import (
            all_levels,  # noqa: F401 (declares what may be read)
            rules_seen,  # noqa: F401 (declares what it records)
        )
        from analytics.services.monitoring import lit  # noqa: F401 (declares the lights)
        from analytics.services.monitoring.heartbeat import on_worker_ready, on_worker_shutdown
        from analytics.services.monitoring.paused import on_worker_ready as leave_paused_alone
        from analytics.services.monitoring.shipped_rules import on_migrated
        from analytics.services.monitoring.task_events import record_tasks
        from analytics.services.monitoring.tasks_seen import watch_tasks
        from analytics.services.report.rollups import watch_deletions
        from analytics.services.scoring.waiting import on_review_written
        from recommender.services.signals import review_written

        review_written.connect(on_review_written, dispatch_uid="analytics.scoring")
        worker_ready.connect(on_worker_ready, dispatch_uid="analytics.heartbeat")
        worker_shutdown.connect(on_worker_shutdown, dispatch_uid="analytics.heartbeat")
        # After the heartbeat, which notes what the worker was started for.
        worker_ready.connect(leave_paused_alone, dispatch_uid="analytics.paused")
        watch_tasks()
        post_migrate.connect(on_migrated, sender=self, dispatch_uid="analytics.shipped_rules")
        record_tasks()
        score = self.get_model("SentimentScore")
        post_delete.connect(watch_deletions, sender=score, dispatch_uid="analytics.rollups")

        from analytics.services.monitoring.all_levels import watch_all

        watch_all()
