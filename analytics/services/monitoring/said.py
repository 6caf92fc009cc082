"""A sentence with its values, kept apart from any language, so that it can be stored and read in each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext


@dataclass(frozen=True)
class Said:
    """An English sentence of the catalogue (mark it with ``gettext_noop``) with {named} values."""

    text: str = ""
    values: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return gettext(self.text).format(**self.values) if self.text else ""

    def __bool__(self) -> bool:
        return bool(self.text)

    def as_json(self) -> dict[str, Any]:
        return {"text": self.text, "values": self.values}

    @classmethod
    def of_json(cls, stored: dict[str, Any]) -> Said:
        return cls(str(stored.get("text", "")), dict(stored.get("values", {})))


def say(text: str, **values: Any) -> Said:
    """``values`` are numbers or words that JSON can hold."""
    return Said(text, values)
