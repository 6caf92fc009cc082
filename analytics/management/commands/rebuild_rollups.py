"""``manage.py rebuild_rollups``: sum everything that the report shows anew from the scores."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from analytics.services.report.rollups import rebuild_rollups


class Command(BaseCommand):
    help = "Sums the report's figures anew from the scored reviews. Safe at any time."

    def handle(self, **options: Any) -> None:
        days = rebuild_rollups(say=self.stdout.write)
        self.stdout.write(self.style.SUCCESS(f"{days} days summed."))
