"""``VECTOR_INDEX`` of a Milvus: where it is, and nothing that must not be shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from recommender.errors import RecommenderError
from recommender.said import gettext_noop as _
from recommender.said import say

_SCHEMES = {"milvus+http": "http", "milvus+https": "https"}
_PORT = 19_530
_DATABASE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,254}")
_REMEDY = _(
    "Set VECTOR_INDEX to faiss, or to milvus+http://host:19530 (milvus+https, and /database behind it)."
)


@dataclass(frozen=True, slots=True)
class Address:
    """A Milvus; ``database`` is "" for its default one."""

    scheme: str
    host: str
    port: int
    database: str = ""

    @property
    def uri(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    def __str__(self) -> str:
        return f"milvus+{self.uri}" + (f"/{self.database}" if self.database else "")


def read_address(spec: str) -> Address:
    """The address in a value of ``VECTOR_INDEX``.

    Raises:
        RecommenderError: it is none; what it says is not repeated where it might hold a password.
    """
    try:
        parts = urlsplit(spec)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise RecommenderError(_("VECTOR_INDEX is no address."), _REMEDY) from error
    if "@" in spec:
        raise RecommenderError(
            _("VECTOR_INDEX holds a name or a password."),
            _("Put user:password, or a token, into VECTOR_INDEX_TOKEN: it is never shown."),
        )
    if parts.scheme not in _SCHEMES:
        kind = parts.scheme if "://" in spec else spec
        raise RecommenderError(say(_("There is no vector index called {kind}."), kind=repr(kind)), _REMEDY)
    database = parts.path.strip("/")
    wrong = parts.query or parts.fragment or (database and not _DATABASE.fullmatch(database))
    if not host or wrong:
        raise RecommenderError(_("VECTOR_INDEX is no address of a Milvus."), _REMEDY)
    return Address(_SCHEMES[parts.scheme], host, port or _PORT, database)
