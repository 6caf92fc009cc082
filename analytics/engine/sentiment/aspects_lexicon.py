"""The words by which aspects are found, and what a site calls aspects of its own.

The lexicon is JSON, ``{"price": {"en": ["bargain", ...], "zh": ["性价比", ...]}, ...}``; a site adds
words and aspects with a file of the same form (``docs/sentiment-model.md``), where an aspect may have names
beside its words: ``{"scent": {"name": {"en": "Scent", "zh": "香味"}, "en": ["smell"], "zh": ["香味"]}}``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from recommender.errors import RecommenderError
from recommender.said import gettext_noop as _
from recommender.said import say

NAME = "name"
Lexicon = Mapping[str, Mapping[str, Sequence[str]]]


def read_lexicon(path: Path) -> dict[str, dict[str, list[str]]]:
    """The lexicon in ``path``: words by language by aspect.

    Raises:
        RecommenderError: it is absent, not JSON, or not of the form above.
    """
    return {
        aspect: {language: words for language, words in entry.items() if language != NAME}
        for aspect, entry in _read(path).items()
    }


def read_names(path: Path) -> dict[str, dict[str, str]]:
    """What the aspects in ``path`` are called, by language; those without a name have none.

    Raises:
        RecommenderError: see ``read_lexicon``.
    """
    return {aspect: dict(entry.get(NAME, {})) for aspect, entry in _read(path).items()}


def merged(base: Lexicon, extra: Lexicon) -> dict[str, dict[str, list[str]]]:
    """Both lexicons' words, aspect by aspect and language by language."""
    joined: dict[str, dict[str, list[str]]] = {}
    for aspect in (*base, *(name for name in extra if name not in base)):
        parts = (base.get(aspect, {}), extra.get(aspect, {}))
        languages = dict.fromkeys(language for part in parts for language in part)
        joined[aspect] = {
            language: list(dict.fromkeys(word for part in parts for word in part.get(language, ())))
            for language in languages
        }
    return joined


def _read(path: Path) -> dict[str, dict[str, Any]]:
    remedy = say(_("Write it as {example}."), example='{"aspect": {"en": ["word"], "zh": ["词"]}}')
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        problem = _("The lexicon of aspects {path} cannot be read: {error}.")
        raise RecommenderError(say(problem, path=str(path), error=str(error)), remedy) from error
    if not isinstance(told, dict):
        problem = _("The lexicon of aspects {path} is not a JSON object.")
        raise RecommenderError(say(problem, path=str(path)), remedy)
    for aspect, entry in told.items():
        if not isinstance(entry, dict) or not all(map(_is_list, _but_name(entry))):
            problem = _("In {path}, {aspect} is not lists of words by language.")
            raise RecommenderError(say(problem, path=str(path), aspect=repr(aspect)), remedy)
        if not _is_name(entry.get(NAME, {})):
            problem = _("In {path}, the name of {aspect} is not a text by language.")
            example = '{"aspect": {"name": {"en": "Aspect", "zh": "方面"}, "en": ["word"]}}'
            told_how = say(_("Write it as {example}."), example=example)
            raise RecommenderError(say(problem, path=str(path), aspect=repr(aspect)), told_how)
    return told


def _but_name(entry: Mapping[str, Any]) -> list[Any]:
    return [words for language, words in entry.items() if language != NAME]


def _is_list(words: Any) -> bool:
    return isinstance(words, list) and all(isinstance(word, str) for word in words)


def _is_name(name: Any) -> bool:
    return isinstance(name, dict) and all(isinstance(text, str) and text for text in name.values())
