"""``manage.py load_demo``: fill the site with the demo world, unless it is there already."""

from __future__ import annotations

import os
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from recommender.errors import RecommenderError
from recommender.services.demo import load_demo

_EVERY = 1.0  # seconds between two progress lines of one stage


class Command(BaseCommand):
    help = "Makes the demo world (once), imports it, and waits until everything is encoded."

    _stage = ""
    _said = 0.0

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            load_demo(self._report)
        except RecommenderError as error:
            raise CommandError(str(error)) from error
        self.stdout.write("The demo world is complete.")

    def _report(self, stage: str, done: int, total: int, rate: float) -> None:
        """One line of progress: at once for a new stage, then at most every second."""
        now = time.monotonic()
        if stage == self._stage and now - self._said < _EVERY and done < total:
            return
        self._stage, self._said = stage, now
        text = f"{stage}: {done:,} of {total:,}" if total else f"{stage}: {done:,}" if done else stage
        if rate > 0 and total:
            text += f", {rate:,.0f} a second, {max(0.0, (total - done) / rate):.0f} s left"
        # The supervisor shows lines that begin so in one place (mmsite/supervisor.py).
        prefix = "progress: " if os.environ.get("MMSITE_SUPERVISED") else ""
        self.stdout.write(prefix + text)
        self.stdout.flush()
