"""Rows that tell people something, each in their own language, whoever's worker wrote it."""

from __future__ import annotations

from collections.abc import Mapping
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


def translated_json(made: Mapping[str, Any]) -> str:
    """What ``Said.as_json`` kept, in the reader's language; "" where nothing was said."""
    return translated(Said.of_json(made))


def translated_error(error: RecommenderError) -> str:
    """What went wrong and what to do about it, in the reader's language."""
    return f"{translated(error.message)} {translated(error.remedy)}".strip()


def kept(**sentences: str) -> dict[str, Any]:
    """What to set on a row that tells these: their English by column, and how they were made in ``said``.

    What stands in the catalogue needs no more than its English. ``sentence_in`` reads all of it again, from a
    row or from JSON.
    """
    made = {
        name: one.as_json()
        for name, one in sentences.items()
        if isinstance(one, Said) and (one.values or one.is_bare)
    }
    return {name: str(one) for name, one in sentences.items()} | {"said": made or None}


def sentence_in(told: Mapping[str, Any], name: str) -> str:
    """What ``kept`` keeps under ``name``, translatable where that is known; "" where nothing is."""
    english = str(told.get(name, ""))
    made = (told.get("said") or {}).get(name)
    if made and english:
        sentence = Said.of_json(made)
        if sentence == english:
            return sentence
    return english


def kept_error(error: RecommenderError) -> dict[str, Any]:
    """What a worker answers with in place of a result, as JSON; ``error_in`` reads it."""
    return kept(error=error.message, remedy=error.remedy) | {"permanent": error.permanent}


def error_in(told: Mapping[str, Any], kind: type[RecommenderError] = RecommenderError) -> RecommenderError:
    """The error of ``kept_error``; workers of an older release name no ``said``, then it is English."""
    return kind(sentence_in(told, "error"), sentence_in(told, "remedy"))


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
        return sentence_in({column: getattr(self, column), "said": self.said}, column)

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
