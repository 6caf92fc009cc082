"""Sentences that stay translatable: English wherever a text will do, and remembered as they were made.

What reads files knows no language and no web framework. It says things in English, and whoever shows them,
perhaps days later and in another process, tells them in the language of the reader.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

_STOPS = ".。"


def gettext_noop(text: str) -> str:
    """Marks a sentence for the catalogue of translations; import it as ``_``."""
    return text


def ngettext_noop(one: str, many: str) -> tuple[str, str]:
    """Marks a sentence that depends on a number."""
    return one, many


class Said(str):
    """An English sentence with its values; as a text, the two put together.

    Attributes:
        text: as the catalogue has it, with {named} values; ``plural``: for another number than one, or empty.
        values: what is put in as it is; a value may be such a sentence in turn.
        number: which of text and plural is meant.
        is_bare: told without its full stop, to stand in a table or within another sentence.
    """

    text: str
    plural: str
    values: dict[str, Any]
    number: int
    is_bare: bool

    def __new__(
        cls,
        text: str,
        values: Mapping[str, Any] | None = None,
        *,
        plural: str = "",
        number: int = 1,
        is_bare: bool = False,
    ) -> Said:
        template = plural if plural and number != 1 else text
        made = super().__new__(cls, _filled(template, dict(values or {}), is_bare))
        made.text, made.plural, made.number, made.is_bare = text, plural, number, is_bare
        made.values = dict(values or {})
        return made

    def __reduce__(self) -> tuple[Callable[..., Said], tuple[dict[str, Any]]]:
        return Said.of_json, (self.as_json(),)

    def read(self, gettext: Callable[[str], str], ngettext: Callable[[str, str, int], str]) -> str:
        """The sentence as these two translate it."""
        template = ngettext(self.text, self.plural, self.number) if self.plural else gettext(self.text)
        values = {
            name: one.read(gettext, ngettext) if isinstance(one, Said) else one
            for name, one in self.values.items()
        }
        return _filled(template, values, self.is_bare)

    def replacing(self, old: str, new: str) -> Said:
        """With ``new`` for ``old`` in what was put in."""
        values = {name: _replaced(one, old, new) for name, one in self.values.items()}
        return self._with(values, self.is_bare)

    def bare(self) -> Said:
        """Without its full stop."""
        return self._with(self.values, True)

    def _with(self, values: Mapping[str, Any], is_bare: bool) -> Said:
        return Said(self.text, values, plural=self.plural, number=self.number, is_bare=is_bare)

    def as_json(self) -> dict[str, Any]:
        """For keeping; ``of_json`` makes it the same sentence again."""
        values = {name: one.as_json() if isinstance(one, Said) else one for name, one in self.values.items()}
        kept: dict[str, Any] = {"text": self.text, "values": values}
        if self.plural:
            kept |= {"plural": self.plural, "number": self.number}
        return kept | {"bare": True} if self.is_bare else kept

    @classmethod
    def of_json(cls, kept: Mapping[str, Any]) -> Said:
        values = {
            name: cls.of_json(one) if isinstance(one, dict) else one for name, one in kept["values"].items()
        }
        return cls(
            kept["text"],
            values,
            plural=kept.get("plural", ""),
            number=kept.get("number", 1),
            is_bare=kept.get("bare", False),
        )


def say(text: str, /, **values: Any) -> Said:
    """``values`` are numbers, texts, or sentences that ``say`` made."""
    return Said(text, values)


def say_many(forms: tuple[str, str], number: int, /, **values: Any) -> Said:
    """One of the ``forms`` that ``ngettext_noop`` marked, by ``number``, which is {n} in them."""
    return Said(forms[0], {"n": number} | values, plural=forms[1], number=number)


def bare(sentence: str) -> str:
    """``sentence`` without its full stop, for a table or for within another one."""
    return sentence.bare() if isinstance(sentence, Said) else _without_stop(sentence)


def together(one: str, other: str) -> str:
    """Two sentences, one after the other."""
    if not other:
        return one
    parts = {"one": one, "other": other}
    return Said("{one} {other}", {n: p if isinstance(p, Said) else Said(p) for n, p in parts.items()})


def renamed(sentence: str, old: str, new: str) -> str:
    """``sentence`` speaking of ``new`` where it spoke of ``old``, such as the name of a file."""
    return sentence.replacing(old, new) if isinstance(sentence, Said) else sentence.replace(old, new)


def _filled(template: str, values: dict[str, Any], is_bare: bool) -> str:
    # Without values braces mean themselves: "Put each row in { }."
    told = template.format(**values) if values else template
    return _without_stop(told) if is_bare else told


def _without_stop(text: str) -> str:
    return text[:-1] if text and text[-1] in _STOPS else text


def _replaced(value: Any, old: str, new: str) -> Any:
    return renamed(value, old, new) if isinstance(value, str) else value
