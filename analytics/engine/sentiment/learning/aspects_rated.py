"""Sentences of reviews of electronics, and how twenty people felt about each.

Labelled sentences about laptops are few, and these are near to them. They are of Hu and Liu 2004, "Mining
and Summarizing Customer Reviews"; the people were asked by Hutto and Gilbert 2014, "VADER", in whose sources
(MIT) both are published. No labelled sentence is among them. They are neither among the data sets nor in
the repository: learning from them is optional.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import tarfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analytics.engine.sentiment.head import DAMAGE
from recommender.errors import RecommenderError

_INNER = "hutto_ICWSM_2014.tar.gz"
_TEXTS, _RATINGS = "amazonReviewSnippets_GroundTruth.txt", "amazonReviewSnippets_anonDataRatings.txt"
_WORD = re.compile("[A-Za-z]{3}")


@dataclass(frozen=True, slots=True)
class Rated:
    """Sentences, and shares (n, 3) float32 of people who felt them to be negative, neutral, positive."""

    texts: tuple[str, ...]
    shares: np.ndarray


NONE = Rated((), np.zeros((0, 3), np.float32))


def rated(archive: Path) -> Rated:
    """What the source archive of vaderSentiment 3.3.2 holds of them; some word has three letters in each.

    Raises:
        RecommenderError: it is not there, or is another file.
    """
    try:
        papers = _found(archive.read_bytes(), _INNER)
        texts, ratings = (_rows(_found(papers, name)) for name in (_TEXTS, _RATINGS))
        shares = {key: _shares(json.loads(told)) for key, (*_, told) in ratings.items()}
        kept = {key: text.strip() for key, (*_, text) in texts.items() if _WORD.search(text)}
        if not kept:
            raise ValueError("there are no sentences in it")
        return Rated(tuple(kept.values()), np.array([shares[key] for key in kept], np.float32))
    except (*DAMAGE, tarfile.TarError, TypeError) as error:
        raise RecommenderError(
            f"{archive} is not the source archive of vaderSentiment 3.3.2 ({error}).",
            "Fetch it: pip download --no-deps --no-binary vaderSentiment vaderSentiment==3.3.2.",
        ) from error


def _found(packed: bytes, name: str) -> bytes:
    """A file of a tar.gz; unpacked as a whole, since only then its checksum is looked at."""
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(packed))) as archive:
        for member in archive:
            if member.isfile() and Path(member.name).name == name and (file := archive.extractfile(member)):
                return file.read()
    raise ValueError(f"there is no {name} in it")


def _rows(file: bytes) -> dict[str, list[str]]:
    """By the number of a sentence, what else stands in its line."""
    lines = (line.split("\t") for line in file.decode("utf-8-sig").splitlines())
    return {key: rest for key, *rest in lines if rest}


def _shares(ratings: list[int]) -> list[float]:
    """Of ratings from -4 to 4, how many are below, at and above 0."""
    if not ratings:
        raise ValueError("a sentence has no ratings")
    signs = np.sign(np.array(ratings))
    return [float((signs == sign).mean()) for sign in (-1, 0, 1)]
