"""Reasons and figures of the scorer, in the reader's language where the catalogue knows their English."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from recommender.models.telling import translated, translated_json

#: What the scorer says; ``#`` stands for a number, in order.
KNOWN = (
    _("There is nothing to score."),
    _("No label is likely enough."),
    _("No text model is installed."),
    _("No image model reads photos of this encoder."),
    _("No speech model is installed."),
    _("The text holds no words."),
    _("No photo could be read."),
    _("# of # photos could not be read."),
    _("# of # recordings:"),
    _("The recording is damaged."),
    _("The recording is too short."),
    _("The recording is silent."),
    _("It is not prepared yet."),
    _("No words were recognised in the recording."),
    _("Too few words were recognised in the recording."),
    _("The words recognised in the recording are too uncertain."),
    _("The language of the recording is not known, and the recogniser understands one only."),
    _("The recogniser does not understand the language of the recording."),
    _("No text model reads the language that was recognised in the recording."),
    _("The recogniser failed over the recording."),
    _("Only the first # seconds of the recordings were listened to."),
    _("Fusion was measured with the shipped text model, so it is switched off beside another one."),
    _("Channels are not fused: the words decide, then the photo, then the voice."),
    # What ``fusion_loading.note_of`` says of a channel, in the pieces that ``told`` takes it in.
    _("The photo joins the words:"),
    _("The photo does not join the words:"),
    _("The voice joins the words:"),
    _("The voice does not join the words:"),
    _("macro-F# #.# together against #.# for words alone on # held-out posts."),
    _("The photo was never measured beside the words and does not join them."),
    _("The voice was never measured beside the words and does not join them."),
)
#: How the names of figures on cards begin, by what they were measured on or with, and how they end.
MEASURED = (
    _("laptops"),
    _("restaurants"),
    _("image MVSA"),
    _("image demo"),
    _("speech EmoDB"),
    _("speech RAVDESS, actors 17-20"),
    _("speech demo world 7"),
    _("attention"),
    _("gated"),
    _("image"),
    _("text"),
)
FIGURES = (_("accuracy"), _("macro-F1"), _("calibration error"))
_NUMBER = re.compile(r"\d+")
_SENTENCE = re.compile(r"(?<=[.:])\s+")


def told(reason: str | Iterable[str]) -> str:
    """A reason, or several, sentence by sentence; what the catalogue does not know stays English."""
    whole = reason if isinstance(reason, str) else " ".join(reason)
    return " ".join(_sentence(part) for part in _SENTENCE.split(whole.strip()) if part)


def missing(details: Mapping[str, Any]) -> dict[str, str]:
    """By channel, why something of a review could not be used; ``details`` are those of its score."""
    said = details.get("missing_said", {})
    return {
        channel: " ".join(map(_part, said[channel])) if channel in said else told(english)
        for channel, english in details.get("missing", {}).items()
    }


def figure_name(english: str) -> str:
    """What a card calls a figure, such as "laptops accuracy", as far as the catalogue knows its two parts."""
    for figure in FIGURES:
        measured = english.removesuffix(f" {figure}")
        if measured != english:
            what = gettext(measured) if measured in MEASURED else measured
            return f"{what} {gettext(figure)}"
    return english


def _part(kept: Mapping[str, Any] | str) -> str:
    return told(kept) if isinstance(kept, str) else translated_json(kept)


def _sentence(english: str) -> str:
    numbers = _NUMBER.findall(english)
    pattern = _NUMBER.sub("#", english)
    if pattern not in KNOWN:
        return translated(english)
    said = gettext(pattern)
    for number in numbers:
        said = said.replace("#", number, 1)
    return said
