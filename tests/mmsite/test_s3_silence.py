"""A bucket that takes connections and says nothing, or stops in the middle: nobody waits long, or in vain."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from django.core.files.base import ContentFile

from mmsite import s3
from mmsite.s3 import BucketError, S3MediaStorage
from tests.s3 import CREDENTIALS

NAME = "derived/ab/abc/480.webp"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n"


class Server:
    """Takes connections, and says of an answer only what it is told to."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.socket.settimeout(10)
        self.taken: list[socket.socket] = []

    def storage(self) -> S3MediaStorage:
        host, port = self.socket.getsockname()
        return S3MediaStorage(
            bucket_name="media", region_name="us-east-1", endpoint_url=f"http://{host}:{port}"
        )

    def take(self) -> socket.socket:
        """The next connection, when it has come and asked."""
        connection = self.socket.accept()[0]
        self.taken.append(connection)
        connection.settimeout(10)
        assert connection.recv(65536)
        return connection

    def count(self) -> int:
        """Connections that nobody has taken."""
        self.socket.setblocking(False)
        found = 0
        with suppress(BlockingIOError):
            while True:
                self.taken.append(self.socket.accept()[0])
                found += 1
        return found

    def close(self) -> None:
        for one in (self.socket, *self.taken):
            one.close()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    made = Server()
    yield made
    made.close()


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "_READ_SECONDS", 0.2)


def beside(work: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    """Start ``work``; its thread, and in the end what came of it."""
    found: list[Any] = []

    def run() -> None:
        try:
            found.append(work())
        except OSError as error:
            found.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, found


@pytest.mark.parametrize("ask", ["exists", "size", "open", "open_part", "delete", "get_modified_time"])
@pytest.mark.usefixtures("_impatient")
def test_a_question_is_put_once_to_a_silent_bucket(server: Server, ask: str) -> None:
    storage = server.storage()
    with pytest.raises(BucketError, match="ReadTimeoutError"):
        getattr(storage, ask)(NAME)
    with pytest.raises(BucketError, match="a moment ago"):
        storage.exists(NAME)
    assert server.count() == 1


def test_the_silence_that_is_borne_is_a_few_seconds_but_while_sending(server: Server) -> None:
    storage = server.storage()
    asking, sending = (one.client.meta.config for one in (storage, storage._patient))
    assert asking.connect_timeout + asking.read_timeout <= 7
    assert sending.read_timeout > asking.read_timeout


def test_nobody_else_is_let_in_while_one_waits_however_long(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "_PAUSE_SECONDS", 0.0)
    storage = server.storage()
    storage._breaker.open()
    thread, found = beside(lambda: storage.exists(NAME))
    connection = server.take()
    for ask in (storage.exists, storage.open_part, storage.size):
        with pytest.raises(BucketError, match="a moment ago"):
            ask(NAME)
    server.close()
    connection.close()
    thread.join(10)
    assert "does not answer" in str(found)
    with pytest.raises(BucketError, match="EndpointConnectionError"):  # the next one may try
        storage.exists(NAME)


def test_the_place_of_one_who_gives_up_is_free_again(server: Server, monkeypatch: Any) -> None:
    monkeypatch.setattr(s3, "_PAUSE_SECONDS", 0.0)
    breaker = server.storage()._breaker
    breaker.open()
    with pytest.raises(KeyboardInterrupt), breaker.passing():
        raise KeyboardInterrupt
    with breaker.passing():
        pass
    assert not breaker.is_open


def test_what_is_to_be_sent_waits_for_a_short_question_first(server: Server, monkeypatch: Any) -> None:
    monkeypatch.setattr(s3, "_PAUSE_SECONDS", 0.0)
    storage = server.storage()
    storage._breaker.open()
    thread, found = beside(lambda: storage.save(NAME, ContentFile(b"x")))
    connection = server.socket.accept()[0]
    server.taken.append(connection)
    assert connection.recv(65536).startswith(b"HEAD ")
    server.close()
    thread.join(10)
    assert "does not answer" in str(found)


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize("said", [HEAD, HEAD + bytes(100)], ids=["head", "beginning"])
def test_a_head_alone_is_no_answer(server: Server, said: bytes) -> None:
    storage = server.storage()
    thread, found = beside(lambda: storage.open_part(NAME))
    server.take().sendall(said)
    thread.join(10)
    assert "ReadTimeoutError" in str(found)
    with pytest.raises(BucketError, match="a moment ago"):
        storage.exists(NAME)


@pytest.mark.usefixtures("_impatient")
def test_silence_in_the_middle_of_a_file_is_remembered(server: Server) -> None:
    storage = server.storage()
    thread, found = beside(lambda: storage.open_part(NAME))
    server.take().sendall(HEAD + bytes(70_000))
    thread.join(10)
    size, blocks = found[0]
    assert (size, len(next(blocks))) == (200_000, 65_536)
    with pytest.raises(BucketError, match="ReadTimeoutError"):
        next(blocks)
    with pytest.raises(BucketError, match="a moment ago"):
        storage.exists(NAME)


def test_a_server_that_hangs_up_on_a_paused_film_is_still_asked(server: Server) -> None:
    storage = server.storage()
    thread, found = beside(lambda: storage.open_part(NAME))
    connection = server.take()
    connection.sendall(HEAD + bytes(70_000))
    thread.join(10)
    connection.close()
    with pytest.raises(BucketError):
        list(found[0][1])
    assert not storage._breaker.is_open


def status(code: int) -> bytes:
    return f"HTTP/1.1 {code} Said\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()


@pytest.mark.parametrize("first", [b"", status(503)], ids=["closed as it is used again", "busy"])
def test_what_was_answered_at_once_is_asked_once_more(server: Server, first: bytes) -> None:
    storage = server.storage()
    thread, found = beside(lambda: storage.exists(NAME))
    for said in (first, status(404)):
        connection = server.take()
        connection.sendall(said)
        connection.close()
    thread.join(10)
    assert found == [False]
