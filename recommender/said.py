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
        text: as the catalogue has it, with {named} values; "" where nothing is said.
        plural: the same for another number than one; empty where the sentence has one form.
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
        text: str = "",
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
        if not self.text:
            return ""  # which the catalogue has for what it says about itself
        template = ngettext(self.text, self.plural, self.number) if self.plural else gettext(self.text)
        values = {
            name: one.read(gettext, ngettext) if isinstance(one, Said) else one
            for name, one in self.values.items()
        }
        return _filled(template, values, self.is_bare)

    def replacing(self, old: str, new: str) -> Said:
        """With ``new`` for ``old`` in what was put in."""
        return self._with({name: _replaced(one, old, new) for name, one in self.values.items()})

    def cut(self, most: int) -> Said:
        """With up to ``most`` characters of each text that was put in."""
        return self._with({name: _cut(one, most) for name, one in self.values.items()})

    def bare(self) -> Said:
        """Without its full stop."""
        return Said(self.text, self.values, plural=self.plural, number=self.number, is_bare=True)

    def _with(self, values: Mapping[str, Any]) -> Said:
        return Said(self.text, values, plural=self.plural, number=self.number, is_bare=self.is_bare)

    def as_json(self) -> dict[str, Any]:
        """For keeping; ``of_json`` makes it the same sentence again."""
        values = {name: one.as_json() if isinstance(one, Said) else one for name, one in self.values.items()}
        kept: dict[str, Any] = {"text": self.text, "values": values}
        if self.plural:
            kept |= {"plural": self.plural, "number": self.number}
        return kept | {"bare": True} if self.is_bare else kept

    @classmethod
    def of_json(cls, kept: Mapping[str, Any]) -> Said:
        """Rows of older releases do not name the number that picks the form: it is their value n."""
        values = {
            name: cls.of_json(one) if isinstance(one, dict) and "text" in one else one
            for name, one in kept.get("values", {}).items()
        }
        return cls(
            str(kept.get("text", "")),
            values,
            plural=str(kept.get("plural", "")),
            number=kept.get("number", values.get("n", 1)),
            is_bare=kept.get("bare", False),
        )


def say(text: str | tuple[str, str], /, **values: Any) -> Said:
    """A sentence, or by the number ``n`` one of the two forms that ``ngettext_noop`` marked.

    Args:
        text: marked for the catalogue.
        values: numbers, texts, or sentences made here; what may be one or the other goes through ``quoted``.
    """
    if isinstance(text, str):
        return Said(text, values)
    return Said(text[0], values, plural=text[1], number=values["n"])


def quoted(sentence: str, most: int | None = None) -> Said:
    """``sentence`` as a value of another one, where it is translated as it is alone.

    Args:
        sentence: a text is looked up as it stands; braces in it mean themselves.
        most: characters of a text, or of each text that was put into the sentence.
    """
    if isinstance(sentence, Said):
        return sentence if most is None else sentence.cut(most)
    return Said(sentence[:most])


def bare(sentence: str) -> Said:
    """``sentence`` without its full stop, for a table or for within another one."""
    return quoted(sentence).bare()


def together(one: str, other: str) -> str:
    """Two sentences, one after the other."""
    return Said("{one} {other}", {"one": quoted(one), "other": quoted(other)}) if other else one


def renamed(sentence: str, old: str, new: str) -> str:
    """``sentence`` speaking of ``new`` where it spoke of ``old``, such as the name of a file."""
    return sentence.replacing(old, new) if isinstance(sentence, Said) else sentence.replace(old, new)


def _filled(template: str, values: dict[str, Any], is_bare: bool) -> str:
    # Without values braces mean themselves: "Put each row in { }."
    told = template.format(**values) if values else template
    return _without_stop(told) if is_bare else told


def _without_stop(text: str) -> str:
    return text[:-1] if text and text[-1] in _STOPS else text


def _cut(value: Any, most: int) -> Any:
    if isinstance(value, Said):
        return value.cut(most)
    return value[:most] if isinstance(value, str) else value


def _replaced(value: Any, old: str, new: str) -> Any:
    return renamed(value, old, new) if isinstance(value, str) else value
