"""What tasks and requests tell of themselves, on its way to the watch process: a bounded Redis stream.

Recording is an append to a bounded queue; a thread makes the events small and free of secrets and sends them.
What is lost with a killed process is half a second; a Redis that does not answer costs the oldest events.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from redis.exceptions import RedisError

from recommender.services.redis_link import shared_redis
from recommender.telemetry.aside import Aside

log = logging.getLogger(__name__)

STREAM = "mmsite:tasks"
#: Events that wait in Redis, about; when nobody fetches them, the oldest go.
MOST_IN_REDIS = 20_000
#: Events that wait in this process, while Redis does not answer.
MOST_HERE = 5_000
SEND_SECONDS = 0.5
_AT_ONCE = 500
#: Characters from which an event is kept compressed: tracebacks shrink to a fifth.
_LARGE = 1_000

Event = dict[str, Any]
#: Makes an event as it was recorded into one that may be kept: small, JSON, without secrets.
Shape = Callable[[Event], Event]


class Outbox:
    """The events of this process, and the thread that sends them; the first event starts it."""

    def __init__(self) -> None:
        self._aside = Aside("task events", SEND_SECONDS, self.send)
        self.forget()

    def forget(self) -> None:
        """A fork sends its own events, not its parent's, and needs a thread of its own."""
        self._waiting: deque[tuple[Shape, Event]] = deque(maxlen=MOST_HERE)
        self._aside.forget()
        self._sending = threading.Lock()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, shape: Shape, event: Event) -> None:
        self._waiting.append((shape, event))
        self._aside.wake()

    def send(self) -> bool:
        """Send what waits; whether nothing is left.

        A portion that did not arrive for certain is sent again: who reads it takes a repeat for what it is.
        """
        with self._sending:
            while self._waiting:
                portion = [self._waiting.popleft() for _ in range(min(_AT_ONCE, len(self._waiting)))]
                if not _deliver(portion):
                    self._put_back(portion)
                    return False
        return True

    def _put_back(self, portion: list[tuple[Shape, Event]]) -> None:
        room = MOST_HERE - len(self._waiting)
        self._waiting.extendleft(reversed(portion[-room:] if room > 0 else []))


def _deliver(portion: list[tuple[Shape, Event]]) -> bool:
    try:
        with shared_redis().pipeline(transaction=False) as pipe:
            for packed in _packed(portion):
                pipe.xadd(STREAM, packed, maxlen=MOST_IN_REDIS, approximate=True)
            pipe.execute()
    except (RedisError, OSError) as error:
        log.debug("Task events wait for Redis: %s", error)
        return False
    return True


def _packed(portion: list[tuple[Shape, Event]]) -> Iterator[dict[str, bytes]]:
    for shape, event in portion:
        try:
            text = json.dumps(shape(event), separators=(",", ":")).encode()
        except Exception as error:  # a task's input may be of any kind
            log.warning("An event of %s cannot be told: %s", event.get("name"), error)
            continue
        yield {"z": zlib.compress(text, 1)} if len(text) > _LARGE else {"e": text}


def unpacked(fields: dict[bytes, bytes]) -> Event | None:
    """An event as it lies in the stream; None for one of another version of the site."""
    try:
        text = zlib.decompress(fields[b"z"]) if b"z" in fields else fields[b"e"]
        event = json.loads(text)
        return event if isinstance(event, dict) else None
    except (KeyError, ValueError, RecursionError, zlib.error):
        return None


OUTBOX = Outbox()


def flush_events() -> bool:
    """Send now, for a process that is about to stop; False while Redis does not answer."""
    return OUTBOX.send()


os.register_at_fork(after_in_child=OUTBOX.forget)
