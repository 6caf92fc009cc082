"""Signs of life: each worker writes every few seconds into one Redis hash who and how large it is."""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Collection
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
    """What a worker last said of itself.

    Attributes:
        queues: those it was started for.
        memory: bytes of it and of the processes it has forked, without files that they map.
        time: seconds since 1970.
        active: tasks under way in it.
        processed: all that it has begun.
        paused: those of its queues that it leaves alone at the moment.
        prefetched: tasks that it has taken out of a queue and not begun.
        devices: where its encoders compute, such as "cpu" or "cuda:0"; empty where it has none.
    """

    node: str
    pid: int
    queues: tuple[str, ...]
    concurrency: int
    memory: int
    time: float
    pool: str = ""
    active: int = 0
    processed: int = 0
    paused: tuple[str, ...] = ()
    prefetched: int = 0
    devices: tuple[str, ...] = ()

    def is_silent(self, now: float) -> bool:
        return now - self.time > SILENT_SECONDS

    def consumes(self, queue: str) -> bool:
        return queue in self.queues and queue not in self.paused


class Pulse:
    """The thread that writes one worker's heartbeats, from ``start`` to ``stop``."""

    def __init__(
        self, node: str, queues: tuple[str, ...], concurrency: int, *, pool: str = "",
        consumed: Callable[[], Collection[str]] | None = None,
    ) -> None:  # fmt: skip
        """``consumed`` says which queues it takes messages from at the moment; without it, all of them."""
        self._node, self._queues, self._concurrency = node, queues, concurrency
        self._pool, self._consumed = pool, consumed or (lambda: queues)
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
        now = self._now()
        try:
            shared_redis().hset(KEY, now.node, json.dumps(asdict(now)))
        except RedisError as error:
            log.debug("A heartbeat was lost: %s", error)

    def _now(self) -> Heartbeat:
        from celery.worker import state

        consumed = frozenset(self._consumed())
        return Heartbeat(
            self._node, os.getpid(), self._queues, self._concurrency, family_bytes(), time.time(),
            self._pool, len(state.active_requests), sum(state.total_count.values()),
            tuple(name for name in self._queues if name not in consumed), _prefetched(), _devices(),
        )  # fmt: skip

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
    served = sender.app.amqp.queues
    pool = type(sender.pool).__module__.rpartition(".")[2]
    _pulse = Pulse(
        sender.hostname, tuple(sorted(served.consume_from)), sender.controller.concurrency,
        pool=pool, consumed=lambda: list(served.consume_from),
    )  # fmt: skip
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
        lists = {name: tuple(said.get(name, ())) for name in ("queues", "paused", "devices")}
        return Heartbeat(**said | lists)
    except (ValueError, TypeError, KeyError):
        return None


def _prefetched() -> int:
    from celery.worker import state

    return max(0, len(state.reserved_requests) - len(state.active_requests))


def _devices() -> tuple[str, ...]:
    """Asks only what is loaded: an encoder would take seconds, and most workers have none."""
    loaded = sys.modules.get("recommender.services.loaded")
    return loaded.devices_in_use() if loaded else ()


def own_bytes(pid: int | str = "self") -> int:
    """Memory of a process, this one unless given, without its children; 0 where the system does not tell.

    Files that it maps do not count: those pages are shared, and the system's to drop. Nor does memory that it
    shares on purpose, of which workers have hardly any.
    """
    try:
        _size, resident, shared = map(int, Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[:3])
    except OSError:
        return 0
    return (resident - shared) * os.sysconf("SC_PAGE_SIZE")


def family_bytes() -> int:
    """Memory of this process and of those it has forked; what they took over from it counts for each."""
    return own_bytes() + sum(own_bytes(pid) for pid in _children())


def _children() -> list[str]:
    lists = Path("/proc/self/task").glob("*/children")
    try:
        return [pid for one in lists for pid in one.read_text(encoding="ascii").split()]
    except OSError:  # a thread that ended meanwhile, or a system without them
        return []
