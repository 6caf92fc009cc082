"""SemEval-2014 task 4: things named in sentences about restaurants and laptops, and how each is felt about.

The test files with labels are not at hand, so every fifth sentence of the training files is held out, by its
place in the file. Terms of which people feel both ("conflict", about two in a hundred) are left out, as most
reports do: three classes count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from analytics.contracts import LABELS
from analytics.engine.sentiment.aspects_polarity import Named
from recommender.errors import RecommenderError

DOMAINS = {"restaurants": "Restaurants_Train_v2.xml", "laptops": "Laptop_Train_v2.xml"}
#: Every fifth sentence is one part, counted from the first.
FIFTHS = 5
#: Parts that are held out: what ships never saw the first; its temperature is fitted on the second, by a
#: model that saw neither.
Held = tuple[int, ...]
SHIPPED_HELD: Held = (0,)
CALIBRATED_ON: Held = (1,)
CALIBRATION_UNSEEN: Held = (*SHIPPED_HELD, *CALIBRATED_ON)
_MOODS = {name: number for number, name in enumerate(LABELS)}


@dataclass(frozen=True, slots=True)
class Terms:
    """Things named, with labels (n,): 0 negative, 1 neutral, 2 positive."""

    named: tuple[Named, ...]
    labels: np.ndarray

    def __add__(self, other: Terms) -> Terms:
        return Terms(self.named + other.named, np.concatenate([self.labels, other.labels]))


def terms(data: Path, domain: str, held: Held = SHIPPED_HELD) -> tuple[Terms, Terms]:
    """Training and held-out terms of ``domain``; no sentence stands, letter for letter, in both.

    Args:
        held: the fifths that are held out.

    Raises:
        RecommenderError: the file is not there.
    """
    listed = _sentences(data, domain)
    apart = _apart([text for _, text in listed], held)
    parts: tuple[list[tuple[Named, int]], ...] = ([], [])
    for place, (sentence, text) in enumerate(listed):
        if (out := apart[place]) is None:
            continue
        for term in sentence.iter("aspectTerm"):
            if (mood := term.get("polarity", "")) in _MOODS:
                start, stop = int(term.get("from", 0)), int(term.get("to", 0))
                named = Named(text[:start], text[start:stop], text[stop:])
                parts[out].append((named, _MOODS[mood]))
    train, test = (_gathered(part) for part in parts)
    return train, test


def both(data: Path, held: Held = SHIPPED_HELD) -> tuple[Terms, Terms]:
    """As ``terms``, of restaurants and laptops together."""
    parts = [terms(data, domain, held) for domain in DOMAINS]
    return parts[0][0] + parts[1][0], parts[0][1] + parts[1][1]


def training_texts(data: Path, domain: str, held: Held = SHIPPED_HELD) -> list[str]:
    """Sentences that ``terms`` holds none of out, each once, also those in which nothing is named."""
    texts = [text for _, text in _sentences(data, domain)]
    return list(
        dict.fromkeys(text for text, out in zip(texts, _apart(texts, held), strict=True) if out is False)
    )


def _sentences(data: Path, domain: str) -> list[tuple[ElementTree.Element, str]]:
    path = data / "sentiment" / "semeval14" / DOMAINS[domain]
    if not path.is_file():
        raise RecommenderError(f"There is no {path}.", "Point --data at the folder of the data sets.")
    root = ElementTree.parse(path).getroot()  # noqa: S314  our own training data
    return [(sentence, sentence.findtext("text") or "") for sentence in root]


def _apart(texts: Sequence[str], held: Held) -> list[bool | None]:
    """Which are held out; None of what stands among those held out as well, which is in neither part."""
    apart = [place % FIFTHS in held for place in range(len(texts))]
    away = {text for text, out in zip(texts, apart, strict=True) if out}
    return [True if out else None if text in away else False for text, out in zip(texts, apart, strict=True)]


def _gathered(found: list[tuple[Named, int]]) -> Terms:
    return Terms(tuple(named for named, _ in found), np.array([label for _, label in found], np.int64))
