"""Rows that tell people something, each in their own language, whoever's worker wrote it."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext, ngettext

from recommender.errors import RecommenderError
from recommender.said import Said


def translated(sentence: str) -> str:
    """``sentence`` in the reader's language, as far as the catalogue of translations has it."""
    if isinstance(sentence, Said):
        return sentence.read(gettext, ngettext)
    return gettext(sentence) if sentence else ""


def translated_error(error: RecommenderError) -> str:
    """What went wrong and what to do about it, in the reader's language."""
    return f"{translated(error.message)} {translated(error.remedy)}".strip()


def kept(**sentences: str) -> dict[str, Any]:
    """What to set on a row that tells these: their English by column, and how they were made in ``said``.

    A sentence without values needs no more than its English.
    """
    made = {name: one.as_json() for name, one in sentences.items() if isinstance(one, Said) and one.values}
    return {name: str(one) for name, one in sentences.items()} | {"said": made or None}


class Telling(models.Model):
    """A row with sentences: in columns of their own the English ones, to be searched and exported.

    Attributes:
        said: by column, how its sentence was made; counts only while it makes what stands in the column.
    """

    # Empty for nearly every row, so nothing is stored and nothing is parsed there.
    said = models.JSONField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True

    def tell(self, **sentences: str) -> None:
        """Set what these columns say; ``said`` is to be saved with them."""
        for name, value in kept(**sentences).items():
            setattr(self, name, value)

    def sentence(self, column: str) -> str:
        """What stands in ``column``, translatable where that is known."""
        english: str = getattr(self, column)
        made = (self.said or {}).get(column)
        if made and english:
            sentence = Said.of_json(made)
            if sentence == english:
                return sentence
        return english

    def told(self, column: str) -> str:
        """What stands in ``column``, in the reader's language."""
        return translated(self.sentence(column))

    @property
    def told_error(self) -> str:
        return self.told("error")


class TellingError(Telling):
    """A row that tells what went wrong (``error``), and what to do about it (``remedy``)."""

    class Meta:
        abstract = True

    @property
    def told_remedy(self) -> str:
        return self.told("remedy")
