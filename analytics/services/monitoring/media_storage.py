"""Whether the bucket that media are kept in answers."""

from __future__ import annotations

import threading

from django.utils.translation import gettext_noop as _

from analytics.services.monitoring.lights import Level, Light
from recommender.said import say
from recommender.services import stored

#: The page asks every two seconds; a bucket that is away lets each question wait.
KEPT_SECONDS = 15.0


class _Asked:
    """What was answered last, and when (seconds since 1970)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        self._at, self._problem = float("-inf"), ""

    def problem(self, now: float) -> str:
        with self._lock:
            if not 0 <= now - self._at < KEPT_SECONDS:
                self._at, self._problem = now, stored.problem_now()
            return self._problem


_asked = _Asked()


def forget_storage() -> None:
    """Ask anew at the next call."""
    _asked.forget()


def storage_trouble(now: float) -> Light | None:
    """A red light where media can neither be read nor kept; None where they can."""
    problem = _asked.problem(now)
    if not problem:
        return None
    return Light(
        Level.RED,
        say(_("Media can neither be read nor kept: {problem}."), problem=problem),
        say(
            _(
                "See whether the bucket of MEDIA_STORAGE is there and lets the site's credentials in. "
                "What waits for it goes on by itself."
            )
        ),
    )
