"""A Milvus for tests: milvus-lite behind its own network port, asked through the real client."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from recommender.services.snapshots.address import Address

HOST = "127.0.0.1"


class MilvusLite:
    """A server that can be stopped and started again on the same port, with what it held."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: tuple[Any, Any] | None = None
        self.port = 0
        self.start()

    @property
    def address(self) -> Address:
        return Address("http", HOST, self.port)

    @property
    def setting(self) -> str:
        """What ``VECTOR_INDEX`` would be."""
        return f"milvus+http://{HOST}:{self.port}"

    def start(self) -> None:
        """Do nothing where it runs."""
        if self._running is not None:
            return
        from milvus_lite.adapter.grpc.server import start_server_in_thread

        server, database, self.port = start_server_in_thread(
            data_dir=str(self._folder), host=HOST, port=self.port
        )
        self._running = (server, database)

    def stop(self) -> None:
        if self._running is not None:
            server, database = self._running
            self._running = None
            server.stop(grace=0).wait()
            database.close()


@contextmanager
def milvus_lite(folder: Path) -> Iterator[MilvusLite]:
    server = MilvusLite(folder)
    try:
        yield server
    finally:
        server.stop()
