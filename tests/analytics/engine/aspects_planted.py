"""Things named in made-up sentences, and the files in which such are kept."""

from __future__ import annotations

import csv
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from analytics.contracts import LABELS
from analytics.engine.sentiment.aspects_polarity import Named
from analytics.engine.sentiment.learning.aspects_corpus import DOMAINS, Terms


def planted_terms(number: int, seed: int) -> Terms:
    """ "the A was X but the B was Y": the word that follows a thing says how it is felt about."""
    rng = np.random.default_rng(seed)
    named, labels = [], []
    for _ in range(number):
        things, moods = rng.permutation(["food", "staff"]), rng.integers(0, 2, 2)
        said = [f"{thing} was {('awful', 'great')[mood]}" for thing, mood in zip(things, moods, strict=True)]
        whole = f"the {said[0]} but the {said[1]}"
        at = int(rng.integers(2))
        start = whole.index(things[at])
        name = str(things[at])
        named.append(Named(whole[:start], name, whole[start + len(name) :]))
        labels.append(2 * int(moods[at]))
    return Terms(tuple(named), np.array(labels))


def written(data: Path, number: int = 60, repeated: Mapping[int, int] | None = None) -> Path:
    """Both domains with ``number`` sentences each, every second without a label, and films.

    Args:
        repeated: places of sentences that are, letter for letter, those of other places.
    """
    again = repeated or {}
    folder = data / "sentiment" / "semeval14"
    folder.mkdir(parents=True)
    for seed, name in enumerate(DOMAINS.values()):
        root = ElementTree.Element("sentences")
        said = planted_terms(number, seed)
        for place in (again.get(place, place) for place in range(number)):
            one, label = said.named[place], said.labels[place]
            sentence = ElementTree.SubElement(root, "sentence")
            ElementTree.SubElement(sentence, "text").text = f"{place} {one.left}{one.name}{one.right}"
            start = len(f"{place} {one.left}")
            ends = {"from": str(start), "to": str(start + len(one.name))}
            if place % 2 == 0:
                ElementTree.SubElement(sentence, "aspectTerm", polarity=LABELS[label], **ends)
        ElementTree.ElementTree(root).write(folder / name)
    (data / "sentiment" / "sst2").mkdir()
    for part in ("train", "dev"):
        with (data / "sentiment" / "sst2" / f"{part}.csv").open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["sentence", "label"])
            for number in range(20):
                mood = number % 2
                rows.writerow([f"{number} the food was " + ("awful ", "great ")[mood] * 12, mood])
    return data


def rated_archive(path: Path, rows: Mapping[str, tuple[str, list[int]]]) -> Path:
    """An archive like that of VADER's sources: of each number a sentence, and how people felt about it."""
    texts = "".join(f"{number}\t0.5\t{text}\r\n" for number, (text, _told) in rows.items())
    order = reversed(rows.items())  # numbers tell which belongs to which
    ratings = "".join(f"{number}\t0.5\t0.1\t{told}\r\n" for number, (_text, told) in order)
    inner = {
        "amazonReviewSnippets_GroundTruth.txt": texts.encode(),
        "amazonReviewSnippets_anonDataRatings.txt": b"\xef\xbb\xbf" + ratings.encode(),
    }
    outer = {"vader/README.rst": b"VADER", "vader/more/hutto_ICWSM_2014.tar.gz": _packed("papers", inner)}
    path.write_bytes(_packed("sources", outer))
    return path


def _packed(folder: str, files: Mapping[str, bytes]) -> bytes:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w:gz") as archive:
        for name, content in files.items():
            about = tarfile.TarInfo(f"{folder}/{name}")
            about.size = len(content)
            archive.addfile(about, io.BytesIO(content))
    return whole.getvalue()
