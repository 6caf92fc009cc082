"""Learning from corrections: a new folder of weights, and what held-out corrections say of it."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from analytics.contracts import LABELS, Example, Spoken
from analytics.engine.sentiment.calibration import accuracy, expected_calibration_error, macro_f1
from analytics.engine.sentiment.recogniser import Recogniser
from analytics.engine.sentiment.scorer import Scorer
from analytics.engine.sentiment.scorer_loading import PARTS, files_of, load_scorer, place_of
from analytics.engine.sentiment.scorer_words import share_of, share_out, sources
from analytics.engine.sentiment.text import TextModel
from analytics.engine.sentiment.text_features import tidy
from analytics.engine.sentiment.transcripts import taken_in
from recommender.errors import RecommenderError
from recommender.said import gettext_noop as _
from recommender.said import say

#: Fewer corrections with words than this teach nothing that could be measured.
FEWEST = 10
#: Fewer to measure by would say next to nothing.
FEWEST_HELD = 3
#: One text in so many is held out.
_HELD_EVERY = 4
_SHOP = 11  # seed of the made-up shop; no training takes this one
_NOTHING = (1 / 3, 1 / 3, 1 / 3)


@dataclass(frozen=True, slots=True)
class _Lesson:
    """A corrected review with the words that the text model reads of it.

    Attributes:
        texts: the written one first, then what was heard, each with its share of the review's words.
        label: place in ``LABELS``.
    """

    example: Example
    texts: tuple[tuple[str, float], ...]
    label: int


def retrain(
    base: Path | None,
    examples: Sequence[Example],
    output: Path,
    *,
    recogniser: Recogniser | None = None,
) -> dict[str, Any]:
    """Fit the text model to corrected reviews and write a whole scorer to ``output``.

    About a quarter of the examples says what was gained. Which these are, their texts decide by themselves,
    so that no training learns from one, that of ``base`` included, whatever examples come and go in between.
    The other channels' weights are copied from ``base``.

    What was said aloud teaches as far as it counts when it is scored: the same transcripts are left out, and
    written and heard words of one review are together one example, each by its share.

    Args:
        base: the folder of the scorer in service; None for the shipped one.
        examples: reviews with the label an analyst gave.
        output: a new folder; ``load_scorer`` reads it afterwards.
        recogniser: of whoever scores these reviews; recordings that ``Spoken.heard`` lacks are given to it.

    Returns:
        "before" and "after" on the held-out examples, each with accuracy, macro_f1 and ece (the expected
        calibration error); "general" with the same two on reviews of a made-up shop, which tell whether other
        language still reads as it did; the counts "trained" and "held".

    Raises:
        RecommenderError: too few examples have words, or too few are held out.
    """
    from analytics.engine.sentiment.learning.text_corrections import retrain_text

    lessons = _lessons(examples, recogniser)
    taught, spared, learned = _divided(lessons)
    _refuse_too_few(lessons, taught, spared)
    _copy(base, output)
    texts, shares, labels = zip(*taught, strict=True)
    retrain_text(place_of("text", base), texts, labels, output / "text", shares)
    old, new = (load_scorer(folder, recogniser=recogniser) for folder in (base, output))
    shop = made_up_reviews()
    return {
        "before": _measured(old, spared),
        "after": _measured(new, spared),
        "general": {"before": _measured(old, shop), "after": _measured(new, shop)},
        "trained": learned,
        "held": len(spared),
    }


def _lessons(examples: Sequence[Example], recogniser: Recogniser | None) -> list[_Lesson]:
    """Those of the examples that have words, taken in as they are when they are scored."""
    parts = taken_in([example.spoken for example in examples], recogniser, TextModel.languages)
    share_out(parts)
    texts: list[list[tuple[str, float]]] = [[] for _part in parts]
    for one in sources(parts):
        texts[one.row].append((one.text, share_of(one, parts[one.row])))
    return [
        _Lesson(example, tuple(found), LABELS.index(example.label))
        for example, found in zip(examples, texts, strict=True)
        if found
    ]


def _divided(lessons: Sequence[_Lesson]) -> tuple[list[tuple[str, float, int]], list[Example], int]:
    """Texts to learn from, each with its share and label, the examples to measure by, and how many teach.

    A lesson goes where its first text does. A second one, such as a sentence that many say, may stand on both
    sides: where it is held out it teaches nothing, and where it teaches, nothing is measured by it.
    """
    held = [lesson for lesson in lessons if is_held_out(lesson.texts[0][0])]
    others = [lesson for lesson in lessons if not is_held_out(lesson.texts[0][0])]
    kept = [[(*said, lesson.label) for said in lesson.texts if not is_held_out(said[0])] for lesson in others]
    known = {tidy(said[0]) for texts in kept for said in texts}
    spared = [
        lesson.example for lesson in held if not any(tidy(text) in known for text, _share in lesson.texts)
    ]
    return [said for texts in kept for said in texts], spared, sum(map(bool, kept))


def is_held_out(text: str) -> bool:
    """Whether a text is only measured by, in every training: nothing but the text, as it is read, decides."""
    digest = hashlib.sha256(tidy(text).encode("utf-8", "replace")).digest()
    return int.from_bytes(digest[:8], "big") % _HELD_EVERY == 0


def _refuse_too_few(lessons: Sequence[_Lesson], taught: Sequence[object], spared: Sequence[object]) -> None:
    """Raise where too few examples teach, or too few are held out to say what they taught."""
    if len({tidy(lesson.texts[0][0]) for lesson in lessons}) < FEWEST or not taught:
        raise RecommenderError(
            say(_("{count} corrected reviews with words are too few to learn from."), count=len(lessons)),
            say(_("Correct at least {fewest}, then train again."), fewest=FEWEST),
        )
    if len(spared) < FEWEST_HELD:
        raise RecommenderError(
            say(
                _("Of {count} corrected reviews with words, {held} can be held out, too few to measure by."),
                count=len(lessons),
                held=len(spared),
            ),
            say(
                _("Correct more, then train again: about one in {every} is held out, {fewest} at least."),
                every=_HELD_EVERY,
                fewest=FEWEST_HELD,
            ),
        )


def _copy(base: Path | None, output: Path) -> None:
    """Every part but the text model, so that the folder stands by itself."""
    for part in PARTS:
        source = place_of(part, base)
        (output / part).mkdir(parents=True, exist_ok=True)
        if part == "text" or source is None:
            continue
        for path in files_of(source):
            shutil.copyfile(path, output / part / path.name)


def _measured(scorer: Scorer, examples: Sequence[Example]) -> dict[str, float]:
    """Accuracy and macro-F1 of whole scores, all channels together."""
    found = scorer.score([example.spoken for example in examples])
    rows = np.array([score.overall.probabilities if score.overall else _NOTHING for score in found])
    labels = np.array([LABELS.index(example.label) for example in examples])
    return {
        "accuracy": accuracy(rows.argmax(1), labels),
        "macro_f1": macro_f1(rows.argmax(1), labels),
        "ece": expected_calibration_error(rows, labels),
    }


def made_up_reviews(count: int = 400) -> list[Example]:
    """Reviews in English and Chinese of a generated shop, with the label that each was written to mean."""
    from recommender.engine.demo.world import build_world

    opinions = build_world(_SHOP, items=60, people=40, events=0, reviews=count).reviews
    sides = np.digitize([np.mean(list(opinion.aspects.values())) for opinion in opinions], [-0.3, 0.3])
    return [
        Example(Spoken(opinion.text), LABELS[side]) for opinion, side in zip(opinions, sides, strict=True)
    ]
