"""Signs of life: each worker writes every few seconds into one Redis hash who and how large it is."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from redis.exceptions import RedisError

from recommender.services.redis_link import shared_redis

log = logging.getLogger(__name__)

KEY = "mmsite:heartbeats"
BEAT_SECONDS = 5.0
SILENT_SECONDS = 15.0
FORGOTTEN_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """What a worker last said of itself; ``memory`` is resident bytes, ``time`` seconds since 1970."""

    node: str
    pid: int
    queues: tuple[str, ...]
    concurrency: int
    memory: int
    time: float

    def is_silent(self, now: float) -> bool:
        return now - self.time > SILENT_SECONDS


class Pulse:
    """The thread that writes one worker's heartbeats, from ``start`` to ``stop``."""

    def __init__(self, node: str, queues: tuple[str, ...], concurrency: int) -> None:
        self._node, self._queues, self._concurrency = node, queues, concurrency
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """No more of it; a worker that ends in good order leaves no trace that would look like a fault."""
        self._over.set()
        self._thread.join(2 * BEAT_SECONDS)
        try:
            shared_redis().hdel(KEY, self._node)
        except RedisError as error:
            log.debug("The last heartbeat could not be removed: %s", error)

    def beat(self) -> None:
        """One sign of life; a Redis that does not answer is no harm."""
        now = Heartbeat(
            self._node, os.getpid(), self._queues, self._concurrency, resident_bytes(), time.time()
        )
        try:
            shared_redis().hset(KEY, now.node, json.dumps(asdict(now)))
        except RedisError as error:
            log.debug("A heartbeat was lost: %s", error)

    def _run(self) -> None:
        self.beat()
        while not self._over.wait(BEAT_SECONDS):
            self.beat()


_pulse: Pulse | None = None


def on_worker_ready(sender: Any = None, **_: Any) -> None:
    """Celery's ``worker_ready``; ``sender`` is the consumer, in the worker's main process."""
    global _pulse
    if _pulse is not None:
        return
    queues = tuple(sorted(sender.app.amqp.queues.consume_from))
    _pulse = Pulse(sender.hostname, queues, sender.controller.concurrency)
    _pulse.start()


def on_worker_shutdown(**_: Any) -> None:
    """Celery's ``worker_shutdown``."""
    global _pulse
    if _pulse is not None:
        _pulse.stop()
        _pulse = None


def heard_from(now: float) -> list[Heartbeat]:
    """The last sign of life of each worker in the past hour, by name, silent ones among them.

    Args:
        now: seconds since 1970.

    Raises:
        RedisError: Redis does not answer.
    """
    link = shared_redis()
    known = [_read(raw) for raw in link.hvals(KEY)]
    heard = [one for one in known if one is not None]
    if gone := [one.node for one in heard if now - one.time > FORGOTTEN_SECONDS]:
        link.hdel(KEY, *gone)
    return sorted((one for one in heard if one.node not in gone), key=lambda one: one.node)


def _read(raw: bytes) -> Heartbeat | None:
    """None for what another version of the site wrote."""
    try:
        said = json.loads(raw)
        return Heartbeat(**said | {"queues": tuple(said["queues"])})
    except (ValueError, TypeError, KeyError):
        return None


def resident_bytes() -> int:
    """Memory of this process, without that of its children; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
