"""SemEval-2014 task 4: things named in sentences about restaurants and laptops, and how each is felt about.

The test files with labels are not at hand, so every fifth sentence of the training files is held out, by its
place in the file. Terms of which people feel both ("conflict", about two in a hundred) are left out, as most
reports do: three classes count.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from analytics.contracts import LABELS
from analytics.engine.sentiment.aspects_polarity import Named
from recommender.errors import RecommenderError

DOMAINS = {"restaurants": "Restaurants_Train_v2.xml", "laptops": "Laptop_Train_v2.xml"}
#: One sentence in so many is held out.
FIFTHS = 5
_MOODS = {name: number for number, name in enumerate(LABELS)}


@dataclass(frozen=True, slots=True)
class Terms:
    """Things named, with labels (n,): 0 negative, 1 neutral, 2 positive, and the sentence (n,) of each."""

    named: tuple[Named, ...]
    labels: np.ndarray
    sentences: np.ndarray

    def take(self, places: np.ndarray) -> Terms:
        return Terms(
            tuple(self.named[place] for place in places), self.labels[places], self.sentences[places]
        )

    def __add__(self, other: Terms) -> Terms:
        """Both; the other's sentences stay others."""
        after = self.sentences.max(initial=-1) + 1
        return Terms(
            self.named + other.named,
            np.concatenate([self.labels, other.labels]),
            np.concatenate([self.sentences, other.sentences + after]),
        )


def terms(data: Path, domain: str, first: int = 0) -> tuple[Terms, Terms]:
    """Training and held-out terms of ``domain``; no sentence stands, letter for letter, in both.

    Args:
        first: the place of the first sentence held out, below 5; what ships never saw those from place 0.

    Raises:
        RecommenderError: the file is not there.
    """
    listed = _sentences(data, domain)
    apart = _apart([text for _, text in listed], first)
    parts: tuple[list[tuple[Named, int, int]], ...] = ([], [])
    for place, (sentence, text) in enumerate(listed):
        if (out := apart[place]) is None:
            continue
        for term in sentence.iter("aspectTerm"):
            if (mood := term.get("polarity", "")) in _MOODS:
                start, stop = int(term.get("from", 0)), int(term.get("to", 0))
                named = Named(text[:start], text[start:stop], text[stop:])
                parts[out].append((named, _MOODS[mood], place))
    train, test = (_gathered(part) for part in parts)
    return train, test


def training_texts(data: Path, domain: str, first: int = 0) -> list[str]:
    """Sentences that ``terms`` holds none of out, each once, also those in which nothing is named."""
    texts = [text for _, text in _sentences(data, domain)]
    return list(
        dict.fromkeys(text for text, out in zip(texts, _apart(texts, first), strict=True) if out is False)
    )


def _sentences(data: Path, domain: str) -> list[tuple[ElementTree.Element, str]]:
    path = data / "sentiment" / "semeval14" / DOMAINS[domain]
    if not path.is_file():
        raise RecommenderError(f"There is no {path}.", "Point --data at the folder of the data sets.")
    root = ElementTree.parse(path).getroot()  # noqa: S314  our own training data
    return [(sentence, sentence.findtext("text") or "") for sentence in root]


def _apart(texts: list[str], first: int) -> list[bool | None]:
    """Which are held out; None of what stands among those held out as well, which is in neither part."""
    apart = [place % FIFTHS == first for place in range(len(texts))]
    held = {text for text, out in zip(texts, apart, strict=True) if out}
    return [True if out else None if text in held else False for text, out in zip(texts, apart, strict=True)]


def _gathered(found: list[tuple[Named, int, int]]) -> Terms:
    labels, sentences = (np.array([one[part] for one in found], np.int64) for part in (1, 2))
    return Terms(tuple(one[0] for one in found), labels, sentences)
