"""This process's connection to Milvus: made at the first question, and no patience with silence."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from recommender.errors import IndexUnavailable, SnapshotError
from recommender.said import Said, say
from recommender.said import gettext_noop as _
from recommender.services.snapshots.address import Address

log = logging.getLogger(__name__)

#: Seconds that somebody who waits for a page waits for an answer; and after none, nobody asks for so long.
ANSWER_SECONDS, _PAUSE_SECONDS = 2.0, 5.0
#: Otherwise a new connection waits as long as this process' failed ones have made gRPC wait, up to minutes.
_OWN_ATTEMPTS = {"grpc.use_local_subchannel_pool": 1}
_NOT_FOUND = 100  # Milvus' code of a collection that is not there
_REMEDY = _(
    "Start it, or put VECTOR_INDEX and VECTOR_INDEX_TOKEN right; search goes by words alone until then."
)


class MilvusLink:
    """Calls a ``MilvusClient`` by name; any number of threads may.

    Args:
        patience: seconds that a call waits for which nothing else is said.
    """

    def __init__(self, address: Address, token: str, patience: float = ANSWER_SECONDS) -> None:
        self._address, self._token, self._patience = address, token, patience
        self._client: Any = None
        #: one that was given up, while somebody may still wait for it
        self._former: Any = None
        self._connecting = threading.Lock()
        self._until = float("-inf")

    def is_away(self) -> bool:
        return time.monotonic() < self._until

    def trust_again(self) -> None:
        """Ask at once, whatever did not answer before."""
        self._until = float("-inf")

    def call(self, what: str, *args: Any, timeout: float | None = None, **options: Any) -> Any:
        """What the client's method ``what`` returns.

        Raises:
            SnapshotError: there is no such collection.
            IndexUnavailable: no answer within ``timeout`` seconds (the link's patience where it is None), or
                none that helps, now or a moment ago.
        """
        timeout = self._patience if timeout is None else timeout
        if self.is_away():
            raise self._unavailable(_("no answer a moment ago"))
        import grpc
        from pymilvus.exceptions import MilvusException

        try:
            client = self._connected(timeout)
            return getattr(client, what)(*args, timeout=timeout, **options)
        except (MilvusException, grpc.RpcError, grpc.FutureTimeoutError, OSError) as error:
            if getattr(error, "code", None) == _NOT_FOUND:
                raise SnapshotError(_("The collection of a snapshot is gone from Milvus.")) from error
            self.give_up()
            reason = getattr(error, "message", "") or type(error).__name__
            log.warning("Milvus at %s does not answer: %s", self._address, self._without_token(str(reason)))
            raise self._unavailable(_("no answer")) from error

    def _connected(self, timeout: float) -> Any:
        with self._connecting:
            if self._client is None:
                if self.is_away():  # somebody else tried while this waited
                    raise self._unavailable(_("no answer a moment ago"))
                self._close_former()
                from pymilvus import MilvusClient

                # What goes wrong comes as an exception and is told once, above.
                logging.getLogger("pymilvus").setLevel(logging.CRITICAL)
                self._client = MilvusClient(
                    uri=self._address.uri,
                    token=self._token,
                    db_name=self._address.database,
                    timeout=timeout,
                    dedicated=True,
                    grpc_options=_OWN_ATTEMPTS,
                )
            return self._client

    def give_up(self) -> None:
        """Ask nothing for a while; then with a new connection, for Milvus may have moved."""
        self._until = time.monotonic() + _PAUSE_SECONDS
        with self._connecting:
            if self._client is not None:
                self._close_former()
                self._client, self._former = None, self._client

    def close(self) -> None:
        """End the connection; the next question makes another."""
        self.give_up()
        with self._connecting:
            self._close_former()

    def _close_former(self) -> None:
        if self._former is not None:
            self._former.close()
            self._former = None

    def _without_token(self, text: str) -> str:
        return text.replace(self._token, "***") if self._token else text

    def _unavailable(self, reason: str) -> IndexUnavailable:
        told = _("Milvus at {address} does not answer ({reason}).")
        return IndexUnavailable(say(told, address=str(self._address), reason=Said(reason)), _REMEDY)
