"""Media fetched from the web, bounded in size and time, and never from this site's own network."""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from recommender.contracts import MediaKind
from recommender.errors import MediaError
from recommender.said import gettext_noop as _
from recommender.said import say
from recommender.services.imports.storage import LIMITS, StoredFile, store_media

CONNECT_SECONDS, READ_SECONDS, TOTAL_SECONDS = 5, 15, 120
MAX_REDIRECTS = 5
_AGENT = "mmsite media fetcher"
_CORRECT, _AGAIN = _("Correct it."), _("It is tried again.")
_SHORT = 120  # characters of an address shown in messages


class PrivateAddress(MediaError):
    """An address leads into a private network."""


def is_public(address: str) -> bool:
    """Whether ``address`` (an IP) lies on the open internet, for IPv4 addresses wrapped in IPv6 as well."""
    try:
        found = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        found = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else found)
    return found.is_global and not found.is_multicast


def _guard(connection: Any, sock: socket.socket) -> socket.socket:
    """Judge the peer really connected to: a name may resolve differently from one moment to the next."""
    peer = sock.getpeername()[0]
    if settings.IMPORT_FETCH_PRIVATE or is_public(peer):
        return sock
    sock.close()
    told = _("{host} leads to {address}, which is on a private network.")
    raise PrivateAddress(
        say(told, host=connection.host, address=peer),
        _("Put the file into the archive, or set IMPORT_FETCH_PRIVATE=1 if the network may be read."),
    )


class _HTTPConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _guard(self, super()._new_conn())


class _HTTPSConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _guard(self, super()._new_conn())


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _HTTPConnection


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _HTTPSConnection


class _GuardedAdapter(HTTPAdapter):
    """Opens only connections that pass ``_guard``; that holds for every redirect too."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}


def _session() -> requests.Session:
    session = requests.Session()
    # A proxy of the environment would hide the true peer, and .netrc would give passwords away.
    session.trust_env = False
    session.max_redirects = MAX_REDIRECTS
    session.adapters.clear()
    for scheme in ("http://", "https://"):
        session.mount(scheme, _GuardedAdapter())
    session.headers["User-Agent"] = _AGENT
    return session


class _Body:
    """A response's bytes as a file that ends with an error when it takes too long."""

    def __init__(self, response: requests.Response, deadline: float, label: str) -> None:
        self._blocks: Iterator[bytes] = response.iter_content(1 << 16)
        self._deadline, self._label = deadline, label

    def read(self, _size: int = -1, /) -> bytes:
        if time.monotonic() > self._deadline:
            told = say(_("{name} took more than {seconds} seconds."), name=self._label, seconds=TOTAL_SECONDS)
            raise MediaError(told, _("Try again."), permanent=False)
        return next(self._blocks, b"")


def _scheme(url: str) -> str:
    try:
        return urlsplit(url).scheme.lower()
    except ValueError:  # brackets that are no IPv6 address
        return ""


def fetch_url(url: str, kind: MediaKind) -> StoredFile:
    """Download ``url`` into the media storage.

    Raises:
        MediaError: refused (private network, wrong scheme, too large, no such kind of file, 4xx), or failed
            for now (no connection, 5xx, too slow): the latter is not ``permanent`` and worth trying again.
    """
    label = url if len(url) <= _SHORT else url[:_SHORT] + "…"
    if _scheme(url) not in ("http", "https"):
        raise MediaError(say(_("{name} is no http(s) address."), name=label), _CORRECT)
    deadline = time.monotonic() + TOTAL_SECONDS
    try:
        with (
            _session() as session,
            session.get(url, stream=True, timeout=(CONNECT_SECONDS, READ_SECONDS)) as response,
        ):
            _check_answer(response, label, kind)
            return store_media(_Body(response, deadline, label), kind, label)
    except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, UnicodeError) as error:
        raise MediaError(say(_("{name} is no address that can be read."), name=label), _CORRECT) from error
    except requests.exceptions.TooManyRedirects as error:
        told = say(_("{name} redirects in circles."), name=label)
        raise MediaError(told, _("Use the final address.")) from error
    except (requests.RequestException, OSError) as error:
        told = say(_("{name} could not be fetched ({error})."), name=label, error=type(error).__name__)
        raise MediaError(told, _AGAIN, permanent=False) from error


def _check_answer(response: requests.Response, label: str, kind: MediaKind) -> None:
    status = response.status_code
    answered = say(_("{name} answered {status}."), name=label, status=status)
    if status >= 500 or status in (408, 425, 429):
        raise MediaError(answered, _AGAIN, permanent=False)
    if status >= 400:
        raise MediaError(answered, _("Check that the address opens without signing in."))
    length = response.headers.get("Content-Length", "")
    if length.isdecimal() and int(length) > LIMITS[kind]:
        told = say(_("{name} has more than {size} MB."), name=label, size=LIMITS[kind] >> 20)
        raise MediaError(told, _("Make the file smaller."))
