"""Media fetched by address: bounded, typed by content, and never from a private network."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core.files.storage import default_storage

from recommender.errors import MediaError
from recommender.services import stored
from recommender.services.imports import fetch_url, fetching, storage
from tests.services.importing import picture


class _Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        kind, _, rest = self.path.lstrip("/").partition("/")
        if kind == "picture":
            self._answer(200, picture())
        elif kind == "status":
            self._answer(int(rest), b"")
        elif kind == "page":
            self._answer(200, b"<html>not a picture</html>")
        elif kind == "huge":
            self._answer(200, picture()[:40] + bytes(5_000), announce=rest == "announced")
        elif kind == "to":
            self._answer(302, b"", location="http://" + rest)
        else:
            self._answer(302, b"", location=self.path)

    def _answer(self, status: int, body: bytes, *, location: str = "", announce: bool = True) -> None:
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        if announce:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    found = ThreadingHTTPServer(("127.0.0.1", 0), _Pages)
    threading.Thread(target=found.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{found.server_port}"
    found.shutdown()
    found.server_close()


@pytest.fixture
def _private_allowed(settings):
    settings.IMPORT_FETCH_PRIVATE = True


@pytest.mark.usefixtures("_private_allowed")
def test_a_picture_is_fetched_into_the_storage(server):
    fetched = fetch_url(f"{server}/picture/1.jpg", "image")
    assert fetched.mime == "image/png"  # by content, whatever the address says
    assert default_storage.open(fetched.name).read() == picture()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433"])
def test_this_machine_is_never_asked(server, host, settings):
    port = server.rsplit(":", 1)[1]
    with pytest.raises(MediaError) as caught:
        fetch_url(f"http://{host}:{port}/picture/1.jpg", "image")
    assert "private network" in caught.value.message or not caught.value.permanent


def test_a_redirect_into_the_private_network_is_not_followed(server, monkeypatch):
    """The first answer is taken for public; what it redirects to is judged anew."""
    port = int(server.rsplit(":", 1)[1])
    judged = []

    def first_only(address: str) -> bool:
        judged.append(address)
        return len(judged) == 1

    monkeypatch.setattr(fetching, "is_public", first_only)
    with pytest.raises(MediaError, match="private network"):
        fetch_url(f"{server}/to/localhost:{port}/picture/1.jpg", "image")
    assert len(judged) == 2


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True), ("2606:4700::1111", True), ("10.0.0.1", False), ("192.168.1.1", False),
        ("169.254.169.254", False), ("100.64.0.1", False), ("::1", False), ("fe80::1%eth0", False),
        ("::ffff:10.0.0.1", False), ("fd00::1", False), ("224.0.0.1", False), ("2002:7f00:1::", False),
        ("0.0.0.0", False), ("nonsense", False),
    ],
)  # fmt: skip
def test_private_addresses_are_known_in_every_dress(address, public):
    assert fetching.is_public(address) is public


@pytest.mark.usefixtures("_private_allowed")
@pytest.mark.parametrize(
    ("status", "permanent"), [(404, True), (403, True), (500, False), (429, False), (503, False)]
)
def test_an_answer_decides_whether_it_is_tried_again(server, status, permanent):
    with pytest.raises(MediaError, match=str(status)) as caught:
        fetch_url(f"{server}/status/{status}", "image")
    assert caught.value.permanent is permanent


@pytest.mark.usefixtures("_private_allowed")
def test_a_page_is_no_picture(server):
    with pytest.raises(MediaError, match="neither a picture"):
        fetch_url(f"{server}/page", "image")


@pytest.mark.usefixtures("_private_allowed")
@pytest.mark.parametrize("how", ["announced", "unannounced"])
def test_what_is_too_large_is_not_kept(server, monkeypatch, how, settings):
    monkeypatch.setitem(storage.LIMITS, "image", 1_000)
    with pytest.raises(MediaError, match="more than"):
        fetch_url(f"{server}/huge/{how}", "image")
    assert not stored.files_below("originals")
    assert not list(settings.MEDIA_ROOT.glob("drafts/*"))


@pytest.mark.usefixtures("_private_allowed")
def test_a_circle_of_redirects_ends(server):
    with pytest.raises(MediaError, match="in circles"):
        fetch_url(f"{server}/circle", "image")


@pytest.mark.usefixtures("_private_allowed")
def test_a_server_that_takes_too_long_is_left(server, monkeypatch):
    monkeypatch.setattr(fetching, "TOTAL_SECONDS", -1)
    with pytest.raises(MediaError, match="took more than") as caught:
        fetch_url(f"{server}/picture", "image")
    assert not caught.value.permanent


def test_nobody_at_home_is_worth_another_try(settings):
    settings.IMPORT_FETCH_PRIVATE = True
    with pytest.raises(MediaError) as caught:
        fetch_url("http://127.0.0.1:9/x.jpg", "image")
    assert not caught.value.permanent


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://x.example/1.jpg", "gopher://x", "http://", "http://[bad/"]
)
def test_only_real_web_addresses_are_fetched(url):
    with pytest.raises(MediaError):
        fetch_url(url, "image")
