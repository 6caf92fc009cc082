"""A sentence with its values, kept apart from any language, so that it can be stored and read in each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_noop as _

#: Sentences that older releases stored and none says any more; rows that hold them are still read.
FORMER = (
    _("{count} more are affected; they have no alerts of their own."),
    _("The earlier snapshot serves, {path} with {items} items."),
)


@dataclass(frozen=True)
class Said:
    """An English sentence of the catalogue (mark it with ``gettext_noop``) with {named} values.

    A value may be such a sentence in turn, as "5 min" is. A sentence whose form follows the value {n} has
    ``plural``, too (mark both with ``ngettext_noop`` of ``recommender.said``).
    """

    text: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    plural: str = ""

    def __str__(self) -> str:
        if not self.text:
            return ""
        text = ngettext(self.text, self.plural, self.values["n"]) if self.plural else gettext(self.text)
        return text.format(**self.values)

    def __bool__(self) -> bool:
        return bool(self.text)

    def as_json(self) -> dict[str, Any]:
        values = {name: one.as_json() if isinstance(one, Said) else one for name, one in self.values.items()}
        stored = {"text": self.text, "values": values}
        return stored | {"plural": self.plural} if self.plural else stored

    @classmethod
    def of_json(cls, stored: dict[str, Any]) -> Said:
        values = dict(stored.get("values", {}))
        read = {name: _value(one) for name, one in values.items()}
        return cls(str(stored.get("text", "")), read, str(stored.get("plural", "")))


def say(text: str | tuple[str, str], **values: Any) -> Said:
    """``values`` are numbers or words that JSON can hold, or sentences; the whole number n picks the form."""
    if isinstance(text, str):
        return Said(text, values)
    return Said(text[0], values, text[1])


def _value(stored: Any) -> Any:
    return Said.of_json(stored) if isinstance(stored, dict) and "text" in stored else stored
