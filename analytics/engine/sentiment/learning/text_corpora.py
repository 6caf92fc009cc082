"""The labelled texts that the text model learns from, each split once and for all into training and test."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from analytics.contracts import LABELS
from recommender.errors import RecommenderError

_TEST_SHARE = 0.2
_OTHERS = re.compile(r"\W+")
_MOODS: dict[str, int] = {name: number for number, name in enumerate(LABELS)}


@dataclass(frozen=True, slots=True)
class Labelled:
    """Texts with labels: 0 negative, 1 neutral, 2 positive."""

    texts: tuple[str, ...]
    labels: np.ndarray

    def take(self, places: np.ndarray) -> Labelled:
        return Labelled(tuple(self.texts[place] for place in places), self.labels[places])

    def __add__(self, other: Labelled) -> Labelled:
        return Labelled(self.texts + other.texts, np.concatenate([self.labels, other.labels]))


@dataclass(frozen=True, slots=True)
class TextSet:
    """A named set, its held-out part apart."""

    name: str
    train: Labelled
    test: Labelled


def sst2(data: Path) -> TextSet:
    """Film reviews, sentences and phrases; the public development part is held out."""
    folder = data / "sentiment" / "sst2"
    train, dev = (_binary(folder / name, "sentence") for name in ("train.csv", "dev.csv"))
    return TextSet("SST-2", train, dev)


def chinese(data: Path, fifth: int = 0) -> tuple[TextSet, TextSet, TextSet]:
    """Hotels, food delivery, online shopping; of each one of five random parts (seed 0) is held out.

    Args:
        fifth: which; the shipped model never saw the first.
    """
    folder = data / "sentiment"
    return (
        _parted("ChnSentiCorp hotels", _binary(folder / "ChnSentiCorp_htl_all.csv", "review"), fifth),
        _parted("waimai_10k", _binary(folder / "waimai_10k.csv", "review"), fifth),
        _parted("online_shopping", _binary(folder / "online_shopping_10_cats.csv", "review"), fifth),
    )


def chinese_apart(data: Path) -> tuple[tuple[TextSet, ...], list[Labelled]]:
    """``chinese``, and what may be learned of each: training texts that stand in none of the test parts."""
    sets = chinese(data)
    tests = [one.test for one in sets]
    return sets, [without(one.train, tests) for one in sets]


def meld(data: Path) -> TextSet:
    """Utterances of television dialogue with its own test part."""
    folder = data / "sentiment" / "meld"
    parts = [
        _named(folder / f"{part}_sent_emo.csv", "Utterance", "Sentiment") for part in ("train", "dev", "test")
    ]
    return TextSet("MELD", parts[0] + parts[1], parts[2])


def mvsa(data: Path) -> TextSet:
    """Tweets; a fifth of the distinct texts is held out, so that no text stands on both sides."""
    return grouped("MVSA", _named(data / "sentiment" / "mvsa" / "labels.csv", "text", "label"))


def semeval(data: Path) -> TextSet:
    """Sentences on restaurants and laptops whose aspects have one polarity; every fifth one is held out.

    Raises:
        RecommenderError: the files are not there.
    """
    parts: tuple[list[tuple[str, int]], ...] = ([], [])
    for path in sorted((data / "sentiment" / "semeval14").glob("*.xml")):
        for number, sentence in enumerate(_sentences(path)):
            found = {term.get("polarity", "") for term in sentence.iter("aspectTerm")}
            if len(found) == 1 and (mood := found.pop()) in _MOODS:
                parts[number % 5 == 0].append((sentence.findtext("text") or "", _MOODS[mood]))
    if not parts[0]:
        raise RecommenderError(
            f"There are no sentences in {data / 'sentiment' / 'semeval14'}.",
            remedy="Point --data at the folder of the data sets.",
        )
    train, test = (
        Labelled(tuple(text for text, _ in part), np.array([mood for _, mood in part], np.int64))
        for part in parts
    )
    return TextSet("SemEval-2014 sentences", without(train, [test]), test)


def grouped(name: str, everything: Labelled, folds: int = 5, fold: int = 0) -> TextSet:
    """Fold ``fold`` of the distinct texts, in an order drawn with seed 0, held out."""
    distinct = dict.fromkeys(everything.texts)
    order = np.random.default_rng(0).permutation(len(distinct))
    part = dict(zip(distinct, order % folds, strict=True))
    held = np.array([part[text] == fold for text in everything.texts])
    return TextSet(name, everything.take(np.flatnonzero(~held)), everything.take(np.flatnonzero(held)))


def without(examples: Labelled, held: Sequence[Labelled]) -> Labelled:
    """``examples`` less those that stand, letter for letter, in a held-out part: sets repeat each other."""
    seen = {letters(text) for part in held for text in part.texts}
    return examples.take(
        np.array([at for at, text in enumerate(examples.texts) if letters(text) not in seen])
    )


def letters(text: str) -> str:
    """What is left of ``text`` without marks and blanks: equal of texts that repeat each other."""
    return _OTHERS.sub("", text)


def rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a CSV file.

    Raises:
        RecommenderError: the file is not there.
    """
    if not path.is_file():
        raise RecommenderError(f"There is no {path}.", remedy="Point --data at the folder of the data sets.")
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        yield from csv.DictReader(file)


def _sentences(path: Path) -> Sequence[ElementTree.Element]:
    return ElementTree.parse(path).getroot().findall("sentence")  # noqa: S314  our own training data


def _binary(path: Path, column: str) -> Labelled:
    found = [(row[column], int(row["label"]) * 2) for row in rows(path) if row[column].strip()]
    return Labelled(tuple(text for text, _ in found), np.array([label for _, label in found], np.int64))


def _named(path: Path, column: str, label: str) -> Labelled:
    found = [(row[column], _MOODS[row[label]]) for row in rows(path) if row[label] in _MOODS]
    return Labelled(tuple(text for text, _ in found), np.array([mood for _, mood in found], np.int64))


def _parted(name: str, everything: Labelled, fifth: int) -> TextSet:
    order = np.random.default_rng(0).permutation(len(everything.texts))
    held = int(len(order) * _TEST_SHARE)
    start, end = fifth * held, (fifth + 1) * held
    others = np.concatenate([order[end:], order[:start]])
    return TextSet(name, everything.take(others), everything.take(order[start:end]))
