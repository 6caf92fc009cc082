"""The process that keeps history and watches: moves what was recorded, takes levels, looks at the lights.

It is neither a worker nor the web server, so that it can tell of either; that it is alive itself is seen from
its heartbeat, which the page reads.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db import Error as DatabaseError
from django.db import close_old_connections
from redis.exceptions import RedisError

from recommender.services.redis_link import shared_redis
from recommender.telemetry import flush

log = logging.getLogger(__name__)

HEARTBEAT = "mmsite:watch"
ROUND_SECONDS = 2.0
SILENT_SECONDS = 30.0


@dataclass(frozen=True)
class Duty:
    """Something that is done every ``seconds``; ``work`` is given the time, seconds since 1970."""

    name: str
    seconds: float
    work: Callable[[float], object]


_DUTIES: dict[str, Duty] = {}


def duty(name: str, seconds: float) -> Callable[[Callable[[float], object]], Callable[[float], object]]:
    """Declare what follows as something the watch process does every ``seconds``, in this order."""

    def declare(work: Callable[[float], object]) -> Callable[[float], object]:
        if name in _DUTIES:
            raise ValueError(f"The duty {name} is declared twice.")
        _DUTIES[name] = Duty(name, seconds, work)
        return work

    return declare


def duties() -> list[Duty]:
    return list(_DUTIES.values())


class Watch:
    """Does what is due, over and over; a duty that fails is tried again when it is due next."""

    def __init__(self) -> None:
        self._done: dict[str, float] = {}

    def round(self, now: float, over: threading.Event | None = None) -> list[str]:
        """Do what is due at ``now``, until ``over`` is set; the names of the duties that were done."""
        done = []
        for one in duties():
            if over is not None and over.is_set():
                break
            if now - self._done.get(one.name, float("-inf")) >= one.seconds:
                self._done[one.name] = now
                if self._do(one, now):
                    done.append(one.name)
        flush()
        return done

    def _do(self, one: Duty, now: float) -> bool:
        try:
            one.work(now)
        except (RedisError, DatabaseError) as error:
            log.warning("%s has to wait: %s", one.name, error)
            return False
        except Exception:  # one broken duty must not end the others
            log.exception("%s failed", one.name)
            return False
        return True

    def run(self, over: threading.Event) -> None:
        """Until ``over`` is set."""
        while not over.is_set():
            self.round(time.time(), over)
            close_old_connections()
            over.wait(ROUND_SECONDS)


@duty("heartbeat", 5.0)
def beat(now: float) -> None:
    shared_redis().set(HEARTBEAT, repr(now))


def heard_at() -> float | None:
    """When the watch process was last heard from, seconds since 1970; None if never since Redis was empty.

    Raises:
        RedisError: Redis does not answer.
    """
    said = shared_redis().get(HEARTBEAT)
    return float(said) if said else None
