"""HTML rendered once and kept, with slots for what differs from request to request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from django.utils.safestring import SafeString, mark_safe

#: A slot is a name between two characters that no text can hold.
_MARK = "\x00"
_SLOT = re.compile(f"{_MARK}([a-z]+){_MARK}")


def slots(names: Iterable[str]) -> dict[str, SafeString]:
    """What a template is given for each name, to be filled later."""
    return {name: mark_safe(f"{_MARK}{name}{_MARK}") for name in names}  # noqa: S308 (constants)


class Pieces:
    """HTML cut at its slots; filling it is one join."""

    __slots__ = ("_encoded", "_literals", "_names")

    def __init__(self, html: str) -> None:
        parts = _SLOT.split(html)
        self._literals, self._names = parts[0::2], parts[1::2]
        self._encoded: list[bytes] = []

    @property
    def has_slots(self) -> bool:
        return bool(self._names)

    def filled(self, values: Mapping[str, str]) -> SafeString:
        """The whole; ``values`` are HTML already, escaped by whoever made them."""
        out = [""] * (2 * len(self._literals) - 1)
        out[0::2] = self._literals
        out[1::2] = [values[name] for name in self._names]
        return SafeString("".join(out))

    def encoded(self, values: Mapping[str, str | bytes]) -> bytes:
        """The whole as UTF-8, for an answer; what is bytes already is taken as it is."""
        if not self._encoded:
            self._encoded = [literal.encode() for literal in self._literals]
        out = [b""] * (2 * len(self._encoded) - 1)
        out[0::2] = self._encoded
        named = (values[name] for name in self._names)
        out[1::2] = [value if isinstance(value, bytes) else value.encode() for value in named]
        return b"".join(out)
