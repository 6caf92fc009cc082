"""Django application of sentiment, reports and monitoring."""

from django.apps import AppConfig
from django.db.models.signals import post_delete
from django.utils.translation import gettext_lazy as _


class AnalyticsConfig(AppConfig):
    name = "analytics"
    verbose_name = _("Analytics")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from analytics.services.monitoring.connecting import connect
        from analytics.services.report.rollups import watch_deletions
        from analytics.services.scoring.waiting import on_review_written
        from recommender.services.signals import review_written

        review_written.connect(on_review_written, dispatch_uid="analytics.scoring")
        score = self.get_model("SentimentScore")
        post_delete.connect(watch_deletions, sender=score, dispatch_uid="analytics.rollups")
        connect(self)
