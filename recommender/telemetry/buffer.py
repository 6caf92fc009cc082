"""What this process has seen since it last told Redis, and the thread that tells it."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field

from recommender.telemetry.aside import Aside

#: a metric's name and its label values
Key = tuple[str, ...]
SEND_SECONDS = 1.0


@dataclass(slots=True)
class Batch:
    """Sums of one process over some second, with their number, so that a repeat is not added twice."""

    number: int = 0
    counts: dict[Key, float] = field(default_factory=dict)
    gauges: dict[Key, float] = field(default_factory=dict)
    #: counts by bucket, then the sum
    histograms: dict[Key, list[float]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.counts or self.gauges or self.histograms)


class Buffer:
    """Adds up under one lock that is held for less than a microsecond.

    Its size is bounded by the labels of the metrics, however much is recorded and however long Redis is away.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """A fork has its parent's sums, which the parent sends."""
        self._lock = threading.Lock()
        self._batch = Batch()

    def add(self, key: Key, amount: float) -> None:
        with self._lock:
            counts = self._batch.counts
            counts[key] = counts.get(key, 0.0) + amount
        SENDER.wake()

    def put(self, key: Key, value: float) -> None:
        with self._lock:
            self._batch.gauges[key] = value
        SENDER.wake()

    def withdraw(self, key: Key) -> None:
        """A gauge that was put and not sent yet is not to be sent."""
        with self._lock:
            self._batch.gauges.pop(key, None)

    def observe(self, key: Key, bucket: int, value: float, width: int) -> None:
        with self._lock:
            sums = self._batch.histograms.get(key)
            if sums is None:
                sums = self._batch.histograms[key] = [0.0] * width
            sums[bucket] += 1
            sums[-1] += value
        SENDER.wake()

    def take(self) -> Batch:
        """What there is, which from now on is the taker's to deliver."""
        with self._lock:
            batch, self._batch = self._batch, Batch()
        return batch


class Sender:
    """Sends what the buffer has, each batch under its own number."""

    def __init__(self) -> None:
        self._aside = Aside("telemetry", SEND_SECONDS, self.send)
        self.forget()

    def forget(self) -> None:
        self._aside.forget()
        self._sending = threading.Lock()
        self._unsent: Batch | None = None
        self._number = 0

    def wake(self) -> None:
        self._aside.wake()

    def send(self) -> bool:
        """Tell Redis everything seen until now; whether there is nothing left to tell.

        A batch that did not arrive for certain is sent again, under its own number, before anything newer.
        """
        with self._sending:
            return self._send_unsent() and self._send_fresh()

    def _send_fresh(self) -> bool:
        self._number += 1
        self._unsent = BUFFER.take()
        self._unsent.number = self._number
        return self._send_unsent()

    def _send_unsent(self) -> bool:
        from recommender.telemetry.transport import deliver

        if self._unsent and not deliver(self._unsent):
            return False
        self._unsent = None
        return True


BUFFER = Buffer()
SENDER = Sender()


def flush() -> bool:
    """Send now, for a process that is about to stop; False while Redis does not answer."""
    return SENDER.send()


def _in_child() -> None:
    from recommender.telemetry.transport import forget_link

    BUFFER.forget()
    SENDER.forget()
    forget_link()


os.register_at_fork(after_in_child=_in_child)
