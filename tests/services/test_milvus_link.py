"""The connection to a Milvus that says nothing."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from recommender.errors import IndexUnavailable
from recommender.services.snapshots.address import Address
from recommender.services.snapshots.milvus_link import MilvusLink


@pytest.fixture
def silent() -> Iterator[Address]:
    """Takes connections, and answers nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield Address("http", *server.getsockname())


def test_silence_is_given_up_after_the_time_that_the_link_has(silent: Address) -> None:
    link = MilvusLink(silent, "", patience=0.3)
    began = time.monotonic()
    with pytest.raises(IndexUnavailable, match="does not answer"):
        link.call("list_collections")
    assert 0.3 <= time.monotonic() - began < 20
    assert link.is_away()
    link.close()


def test_a_call_may_have_a_time_of_its_own(silent: Address) -> None:
    link = MilvusLink(silent, "", patience=600.0)
    with pytest.raises(IndexUnavailable, match="does not answer"):
        link.call("list_collections", timeout=0.3)
    link.close()
