"""Whether the bucket that media are kept in answers, and takes what is to be kept."""

from __future__ import annotations

import threading
from collections.abc import Callable

from django.utils.translation import gettext_noop as _

from analytics.services.monitoring.lights import Level, Light
from recommender.said import say
from recommender.services import stored

#: The page asks every two seconds; a bucket that is away lets each question wait.
KEPT_SECONDS = 15.0


#: Writing is tried more seldom: some servers are paid by the request.
TRIED_SECONDS = 60.0


class _Asked:
    """What a question was answered last, and when (seconds since 1970)."""

    def __init__(self, question: Callable[[], str], seconds: float) -> None:
        self._question, self._seconds = question, seconds
        self._lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        self._at, self._problem = float("-inf"), ""

    def problem(self, now: float) -> str:
        with self._lock:
            if not 0 <= now - self._at < self._seconds:
                self._at, self._problem = now, self._question()
            return self._problem


_reading = _Asked(lambda: stored.problem_now(), KEPT_SECONDS)
_keeping = _Asked(lambda: stored.keeping_problem_now(), TRIED_SECONDS)


def forget_storage() -> None:
    """Ask anew at the next call."""
    _reading.forget()
    _keeping.forget()


def storage_trouble(now: float) -> Light | None:
    """A red light where media cannot be read or kept; None where they can."""
    if problem := _reading.problem(now):
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
    if problem := _keeping.problem(now):
        return Light(
            Level.RED,
            say(_("Media can be read, but nothing can be kept: {problem}."), problem=problem),
            say(
                _(
                    "See whether the site's credentials may write into the bucket of MEDIA_STORAGE, and "
                    "whether it has room. What waits for it goes on by itself."
                )
            ),
        )
    return None
