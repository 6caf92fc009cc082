"""What the embedded encoder learns from: pictures with captions in English and Chinese."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recommender.engine.learning.fashion_terms import ARTICLES, COLOURS, GENDERS, USAGES
from recommender.errors import EncoderError


@dataclass(frozen=True, slots=True)
class Captioned:
    """A picture and ways to describe it.

    ``captions`` say what is particular to the picture; ``phrases`` are shorter, made from attributes, may be
    in another language, and may fit other pictures too.
    """

    image: Path
    captions: tuple[str, ...]
    phrases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Corpus:
    """A named set of captioned pictures; batches are drawn within one corpus, so that negatives are hard."""

    name: str
    examples: tuple[Captioned, ...]

    def texts(self) -> Iterator[str]:
        for example in self.examples:
            yield from example.captions
            yield from example.phrases


def fashion(folder: Path, split: str, *, seed: int = 0) -> Corpus:
    """The fashion product set: display names as captions, English and Chinese attribute phrases.

    Raises:
        EncoderError: ``folder`` holds no ``styles.csv``.
    """
    rng = np.random.default_rng(seed)
    examples = [
        Captioned(
            folder / "images" / f"{row['id']}.jpg",
            (row["productDisplayName"],),
            (*english_phrases(row, rng), *chinese_phrases(row, rng)),
        )
        for row in read_table(folder / "styles.csv")
        if row["split"] == split
    ]
    return Corpus("fashion", tuple(examples))


def flickr(folder: Path, captions_csv: str) -> Corpus:
    """Flickr8k: five captions a picture.

    Raises:
        EncoderError: ``folder`` holds no such table.
    """
    grouped: dict[str, list[str]] = defaultdict(list)
    for row in read_table(folder / captions_csv):
        grouped[row["image"]].append(row["caption"])
    return Corpus(
        "flickr8k",
        tuple(Captioned(folder / "images" / name, tuple(texts)) for name, texts in grouped.items()),
    )


def english_phrases(row: Mapping[str, str], rng: np.random.Generator, count: int = 4) -> list[str]:
    """Short English descriptions from the attribute columns, in the manners people type."""
    gender, colour = row["gender"].lower(), row["baseColour"].lower()
    article, usage = row["articleType"].lower(), row["usage"].lower()
    forms = [
        f"{colour} {gender} {article}",
        f"{gender} {colour} {article}",
        f"{colour} {article}",
        f"{colour} {article} for {gender}",
        f"{usage} {colour} {article}",
        f"{usage} {article} for {gender}",
        f"a photo of {colour} {article}",
        f"{gender}'s {article} in {colour}",
        article,
    ]
    return [" ".join(forms[pick].split()) for pick in rng.choice(len(forms), count, replace=False)]


def chinese_phrases(row: Mapping[str, str], rng: np.random.Generator, count: int = 6) -> list[str]:
    """The same in Chinese, by the table of terms; with and without spaces, synonyms included."""

    def word(table: Mapping[str, Sequence[str]], value: str) -> str:
        words = table.get(value, ("",))
        return str(words[0] if rng.random() < 0.6 else rng.choice(list(words)))

    phrases = []
    for _ in range(count):
        gender, colour = word(GENDERS, row["gender"]), word(COLOURS, row["baseColour"])
        article, usage = word(ARTICLES, row["articleType"]), word(USAGES, row["usage"])
        forms = (
            [colour, gender, article],
            [gender, colour, article],
            [colour, article],
            [gender, usage, article],
            [colour, usage, gender, article],
            [colour + "的" if colour else "", article],
            [article],
        )
        parts = [
            part for part in forms[rng.choice(len(forms), p=(0.3, 0.2, 0.2, 0.1, 0.1, 0.05, 0.05))] if part
        ]
        phrases.append((" " if rng.random() < 0.6 else "").join(parts))
    return [phrase for phrase in phrases if phrase]


def read_table(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV file with a header line.

    Raises:
        EncoderError: the file does not exist or is no CSV in UTF-8.
    """
    if not path.is_file():
        remedy = "Check its name; MMSITE_DATA names the folder of the data sets for training."
        raise EncoderError(f"The table {path} does not exist.", remedy)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))
    except (UnicodeDecodeError, csv.Error) as error:
        raise EncoderError(f"{path.name} cannot be read ({error}).", "Save it as CSV in UTF-8.") from error
