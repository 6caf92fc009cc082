"""What the outputs of somebody else's text model mean: each one negative, neutral or positive."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from analytics.contracts import LABELS, Label
from recommender.errors import RecommenderError
from recommender.said import gettext_noop as _
from recommender.said import say

SETTING = "SENTIMENT_TEXT_LABELS"
_NAMES: Mapping[Label, frozenset[str]] = {
    "negative": frozenset({"negative", "very negative", "neg", "bad", "消极", "负面", "负向", "差评"}),
    "neutral": frozenset({"neutral", "neu", "mixed", "中性", "中立", "中评"}),
    "positive": frozenset({"positive", "very positive", "pos", "good", "积极", "正面", "正向", "好评"}),
}
_STARS = re.compile(r"(\d+) ?(?:stars?|星)")


def meanings(names: Sequence[str], given: Sequence[str] = ()) -> tuple[Label, ...]:
    """The label that each output stands for, in the order of the outputs.

    Args:
        names: of the outputs, as the model's configuration has them.
        given: what the site says they mean, in the same order; empty: it shows in the names, such as
            ``NEGATIVE`` or ``4 stars`` (of which those below the middle are negative).

    Raises:
        RecommenderError: the names say nothing, or what was given does not fit them.
    """
    told = ", ".join(names)
    if given:
        return _checked(names, given)
    found = [_meaning(name, len(names)) for name in names]
    known = tuple(label for label in found if label)
    if len(known) < len(names) or not {"negative", "positive"} <= set(known):
        raise RecommenderError(
            say(_("The labels of the text model do not say what they mean: {labels}."), labels=told or "–"),
            say(
                _("Set {setting} to negative, neutral or positive for each of them, in this order, "
                  "such as {example}."),
                setting=SETTING,
                example=f"{SETTING}={','.join(_example(len(names)))}",
            ),
        )  # fmt: skip
    return known


def _checked(names: Sequence[str], given: Sequence[str]) -> tuple[Label, ...]:
    wanted = tuple(label for word in given for label in LABELS if label == word.lower())
    if len(wanted) < len(given):
        raise RecommenderError(
            say(
                _("{setting} holds other words than {labels}."),
                setting=f"{SETTING}={','.join(given)}",
                labels=", ".join(LABELS),
            ),
            say(_("Write one of the three for each label of the model: {names}."), names=", ".join(names)),
        )
    if len(wanted) != len(names) or not {"negative", "positive"} <= set(wanted):
        raise RecommenderError(
            say(
                _("{setting} has {count} words for a model with {wanted} labels: {names}."),
                setting=SETTING,
                count=len(given),
                wanted=len(names),
                names=", ".join(names),
            ),
            _("Write one for each, in this order, at least one of them negative and one positive."),
        )
    return wanted


def _meaning(name: str, outputs: int) -> Label | None:
    plain = re.sub(r"[\s_-]+", " ", name).strip().lower()
    if stars := _STARS.fullmatch(plain):
        middle = (outputs + 1) / 2
        number = int(stars[1])
        return "negative" if number < middle else "positive" if number > middle else "neutral"
    return next((label for label, words in _NAMES.items() if plain in words), None)


def _example(outputs: int) -> list[str]:
    """As many words as the model has outputs, from worst to best."""
    half = max(1, outputs // 2)
    return ["negative"] * half + ["neutral"] * (outputs % 2 if outputs > 1 else 0) + ["positive"] * half
