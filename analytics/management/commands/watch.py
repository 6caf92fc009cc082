"""``manage.py watch``: keep the history of what is measured, look after the site, and warn."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from analytics.services.monitoring import duties  # noqa: F401 (declares what is done)
from analytics.services.monitoring.watch import Watch


class Command(BaseCommand):
    help = "Keep the history of what is measured, look at the lights, and send alerts, until stopped."

    def handle(self, *args: Any, **options: Any) -> None:
        over = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: over.set())
        Watch().run(over)
