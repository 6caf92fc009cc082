"""When each periodic task last succeeded, and which have stopped."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any

from celery import signals
from django.conf import settings
from redis.exceptions import RedisError

from analytics.services.monitoring.levels import put
from analytics.services.monitoring.watch import duty
from recommender.services.redis_link import shared_redis
from recommender.telemetry import gauge

log = logging.getLogger(__name__)

#: By task, seconds since 1970; and when watching began.
KEY, BEGAN = "mmsite:periodic", "(watching since)"
#: A task is missed when it has not succeeded for so many of its periods, and for so many seconds.
MISSED_PERIODS, MISSED_SECONDS = 3, 45.0

SINCE = gauge(
    "mmsite_periodic_seconds_since_success",
    "Seconds since a periodic task last succeeded, or since it has been watched.",
    unit="seconds",
    name=100,
)
MISSED = gauge(
    "mmsite_periodic_missed_runs", "Runs of a periodic task since its last success that were due.", name=100
)
_watching_since: float | None = None


@dataclass(frozen=True, slots=True)
class Periodic:
    """A task that the settings say is to run every ``period`` seconds.

    Attributes:
        last: when it succeeded, seconds since 1970; None for never since Redis was empty.
        since: seconds for which it has not, as far as it has been watched.
    """

    name: str
    period: float
    last: float | None
    since: float

    @property
    def missed_runs(self) -> int:
        """Runs that were due and did not succeed; the one that may be under way is given a period's time."""
        return max(0, int(self.since / self.period) - 1)

    @property
    def is_missed(self) -> bool:
        return self.since > max(MISSED_PERIODS * self.period, MISSED_SECONDS)


@lru_cache(maxsize=1)
def periods() -> dict[str, float]:
    """Seconds between runs of each periodic task of the settings, by its full name."""
    return {
        str(entry["task"]): _seconds(entry["schedule"]) for entry in settings.CELERY_BEAT_SCHEDULE.values()
    }


def _seconds(schedule: Any) -> float:
    every = getattr(schedule, "run_every", schedule)
    return every.total_seconds() if isinstance(every, timedelta) else float(every)


def watch_periodic() -> None:
    """Note the successes of this process; asking again changes nothing."""
    signals.task_success.connect(_succeeded, dispatch_uid="analytics.periodic")


def _succeeded(sender: Any = None, **_: Any) -> None:
    name = str(getattr(sender, "name", sender))
    if name in periods():
        try:
            shared_redis().hset(KEY, name, repr(time.time()))
        except RedisError as error:
            log.debug("A success was not noted: %s", error)


def begin(now: float) -> None:
    """Somebody watches from now on, if nobody did before."""
    shared_redis().hsetnx(KEY, BEGAN, repr(now))


def standing(now: float) -> list[Periodic]:
    """Every periodic task as it stands; none before anybody watches.

    Raises:
        RedisError: Redis does not answer.
    """
    noted = {name.decode(): float(at) for name, at in shared_redis().hgetall(KEY).items()}
    began = noted.get(BEGAN)
    if began is None:
        return []
    return [
        Periodic(name, period, noted.get(name), max(0.0, now - max(began, noted.get(name, began))))
        for name, period in periods().items()
    ]


def missed(now: float) -> list[Periodic]:
    """Those that have not succeeded for three periods, and 45 s at least, since the site was started.

    Raises:
        RedisError: Redis does not answer.
    """
    return [one for one in standing(now) if one.is_missed]


@duty("levels of periodic tasks", 10.0)
def take_periodic(now: float) -> None:
    global _watching_since
    if _watching_since is None:
        # A site that was stopped over night has missed nothing, whatever its Redis still says.
        _watching_since = now
        shared_redis().hset(KEY, BEGAN, repr(now))
    else:
        begin(now)
    there = standing(now)
    put(SINCE, {(one.name,): one.since for one in there})
    put(MISSED, {(one.name,): float(one.missed_runs) for one in there})


def forget() -> None:
    """Begin to watch anew."""
    global _watching_since
    _watching_since = None
    periods.cache_clear()
