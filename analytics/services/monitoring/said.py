"""A sentence with its values, kept apart from any language, so that it can be stored and read in each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext


@dataclass(frozen=True)
class Said:
    """An English sentence of the catalogue (mark it with ``gettext_noop``) with {named} values.

    A value may be such a sentence in turn, as "5 min" is.
    """

    text: str = ""
    values: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return gettext(self.text).format(**self.values) if self.text else ""

    def __bool__(self) -> bool:
        return bool(self.text)

    def as_json(self) -> dict[str, Any]:
        values = {name: one.as_json() if isinstance(one, Said) else one for name, one in self.values.items()}
        return {"text": self.text, "values": values}

    @classmethod
    def of_json(cls, stored: dict[str, Any]) -> Said:
        values = dict(stored.get("values", {}))
        return cls(str(stored.get("text", "")), {name: _value(one) for name, one in values.items()})


def say(text: str, **values: Any) -> Said:
    """``values`` are numbers or words that JSON can hold, or sentences."""
    return Said(text, values)


def _value(stored: Any) -> Any:
    return Said.of_json(stored) if isinstance(stored, dict) and "text" in stored else stored
