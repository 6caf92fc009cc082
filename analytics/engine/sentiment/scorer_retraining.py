"""Learning from corrections: a new folder of weights, and what held-out corrections say of it."""

from __future__ import annotations

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
from analytics.engine.sentiment.transcripts import taken_in
from recommender.errors import RecommenderError
from recommender.said import gettext_noop as _
from recommender.said import say

#: Fewer corrections with words than this teach nothing that could be measured.
FEWEST = 10
_HELD_SHARE = 0.25
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
    seed: int = 0,
) -> dict[str, Any]:
    """Fit the text model to corrected reviews and write a whole scorer to ``output``.

    A quarter of the examples, drawn by label and never trained on, says what was gained; equal texts stay
    together. The other channels' weights are copied from ``base``.

    What was said aloud teaches as far as it counts when it is scored: the same transcripts are left out, and
    written and heard words of one review are together one example, each by its share.

    Args:
        base: the folder of the scorer in service; None for the shipped one.
        examples: reviews with the label an analyst gave.
        output: a new folder; ``load_scorer`` reads it afterwards.
        recogniser: of whoever scores these reviews; recordings that ``Spoken.heard`` lacks are given to it.
        seed: of the draw.

    Returns:
        "before" and "after" on the held-out examples, each with accuracy, macro_f1 and ece (the expected
        calibration error); "general" with the same two on reviews of a made-up shop, which tell whether other
        language still reads as it did; the counts "trained" and "held".

    Raises:
        RecommenderError: too few examples have words.
    """
    from analytics.engine.sentiment.learning.text_corrections import retrain_text

    lessons = _lessons(examples, recogniser)
    first = [lesson.texts[0][0] for lesson in lessons]
    held = _held_out(first, np.array([lesson.label for lesson in lessons]), seed)
    taught, spared, learned = _divided(lessons, held)
    if len(set(first)) < FEWEST or not taught:
        raise RecommenderError(
            say(_("{count} corrected reviews with words are too few to learn from."), count=len(lessons)),
            say(_("Correct at least {fewest}, then train again."), fewest=FEWEST),
        )
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
        "held": int(held.sum()),
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


def _divided(
    lessons: Sequence[_Lesson], held: np.ndarray
) -> tuple[list[tuple[str, float, int]], list[Example], int]:
    """Texts to learn from, each with its share and label, the examples to measure by, and how many teach.

    A text that is also in an example to measure by, such as a short sentence that many say, teaches nothing.
    """
    apart = {text for lesson, out in zip(lessons, held, strict=True) if out for text, _share in lesson.texts}
    spared = [lesson.example for lesson, out in zip(lessons, held, strict=True) if out]
    others = [lesson for lesson, out in zip(lessons, held, strict=True) if not out]
    kept = [[(*said, lesson.label) for said in lesson.texts if said[0] not in apart] for lesson in others]
    return [said for texts in kept for said in texts], spared, sum(map(bool, kept))


def _held_out(texts: Sequence[str], labels: np.ndarray, seed: int) -> np.ndarray:
    """(n,) about a quarter of each label's distinct texts, at least one; copies of a text stay together."""
    rng = np.random.default_rng([seed, 17])
    first = {text: number for number, text in reversed(list(enumerate(texts)))}
    chosen: set[str] = set()
    for label in np.unique(labels):
        own = [text for text, number in first.items() if labels[number] == label]
        many = max(1, round(len(own) * _HELD_SHARE)) if len(own) > 1 else 0
        chosen.update(own[place] for place in rng.permutation(len(own))[:many])
    return np.array([text in chosen for text in texts])


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
