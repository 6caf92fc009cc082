"""Keep-alive connections to a server on this machine, all driven from one thread, and what they measured."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Exchange:
    """One request to send, and what to do with its answer.

    Attributes:
        content: the whole request, head and body.
        label: under which its time is noted; "" for not at all.
        done: called with status and body.
    """

    content: bytes
    label: str = ""
    done: Callable[[int, bytes], None] | None = None


@dataclass
class Measured:
    """Seconds of every answer by label, and how many had a status other than expected."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    failed: int = 0
    elapsed: float = 0.0

    def percentile(self, label: str, share: float) -> float:
        """In milliseconds."""
        values = sorted(self.seconds[label])
        return 1000 * values[min(len(values) - 1, int(share * len(values)))]

    def rate(self, label: str) -> float:
        """Answers a second."""
        return len(self.seconds.get(label, ())) / self.elapsed


class _Connection:
    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = bytearray()
        self.exchange: Exchange | None = None
        self.sent = 0.0
        self.head = -1
        self.length = 0

    def send(self, exchange: Exchange) -> None:
        self.exchange, self.head = exchange, -1
        self.received.clear()
        self.sent = time.perf_counter()
        self.socket.sendall(exchange.content)

    def is_complete(self) -> bool:
        """Reads what is there; True once the whole answer is."""
        part = self.socket.recv(1 << 18)
        if not part:
            raise ConnectionError("the server closed a connection")
        self.received += part
        if self.head < 0:
            self.head = self.received.find(b"\r\n\r\n")
            if self.head < 0:
                return False
            self.length = _content_length(bytes(self.received[: self.head]))
        return len(self.received) >= self.head + 4 + self.length

    @property
    def status(self) -> int:
        return int(self.received[9:12])

    @property
    def body(self) -> bytes:
        return bytes(self.received[self.head + 4 :])


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def request(method: str, path: str, *, headers: dict[str, str] | None = None, body: str = "") -> bytes:
    """A request as bytes."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Accept: text/html", "Accept-Language: en"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if method == "POST":
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body.encode())}"]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def drive(
    port: int,
    connections: int,
    seconds: float,
    following: Callable[[int], Exchange],
    *,
    enough: float = float("inf"),
) -> Measured:
    """Keep ``connections`` busy for ``seconds``.

    Args:
        following: the next exchange of a connection, by its number.
        enough: answers after which to stop before that.
    """
    measured = Measured()
    with selectors.DefaultSelector() as selector:
        opened = [_Connection(port) for _ in range(connections)]
        for number, one in enumerate(opened):
            selector.register(one.socket, selectors.EVENT_READ, (number, one))
            one.send(following(number))
        began = time.perf_counter()
        while (now := time.perf_counter()) - began < seconds:
            for key, _events in selector.select(timeout=0.5):
                number, one = key.data
                if one.is_complete():
                    _note(one, measured)
                    enough -= 1
                    one.send(following(number))
            if enough <= 0:
                break
        measured.elapsed = now - began
        for one in opened:
            one.socket.close()
    return measured


def _note(one: _Connection, measured: Measured) -> None:
    assert one.exchange is not None
    took = time.perf_counter() - one.sent
    if one.exchange.label:
        measured.seconds.setdefault(one.exchange.label, []).append(took)
    if one.status not in (200, 204):
        measured.failed += 1
    elif one.exchange.done:
        one.exchange.done(one.status, one.body)
