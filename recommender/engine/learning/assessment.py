"""What an encoder is worth: retrieval over captioned pictures, attribute queries, speech, and kinds of sound.

Everything goes through the Encoder Protocol, so any encoder can be measured; chance stands beside.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recommender.contracts import Clip
from recommender.engine.encoders.base import Encoder
from recommender.engine.encoders.pipeline import encode_image_files
from recommender.engine.learning.corpora import Corpus, read_table
from recommender.engine.learning.fashion_terms import ARTICLES, COLOURS, GENDERS
from recommender.engine.learning.retrieval import Retrieval, ranks, text_image_retrieval
from recommender.errors import EncoderError


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number, what a random order would score, and over how many queries it is a mean."""

    value: float
    chance: float
    queries: int


def encode_files(encoder: Encoder, paths: Sequence[Path]) -> np.ndarray:
    """(n, dim) of files that must all be readable.

    Raises:
        RecommenderError: the first file that cannot be read, by name.
    """
    rows = []
    for outcome in encode_image_files(encoder, paths):
        if outcome.error is not None or outcome.vector is None:
            raise outcome.error or EncoderError(f"{outcome.path} gave no vector.")
        rows.append(outcome.vector)
    return np.stack(rows) if rows else np.zeros((0, encoder.info.dim), np.float32)


def corpus_retrieval(encoder: Encoder, corpus: Corpus) -> Retrieval:
    """Recall of the captions (not the phrases) of a corpus over its pictures."""
    images = encode_files(encoder, [example.image for example in corpus.examples])
    texts = [caption for example in corpus.examples for caption in example.captions]
    owner = [number for number, example in enumerate(corpus.examples) for _ in example.captions]
    return text_image_retrieval(images, encoder.encode_texts(texts), np.array(owner))


def table_retrieval(encoder: Encoder, image_dir: Path, captions_csv: Path) -> Retrieval:
    """Recall over a folder of pictures and a CSV table with columns ``image`` and ``caption``.

    Raises:
        EncoderError: the folder, the table or a column is missing, or a row names no picture or says nothing.
    """
    if not image_dir.is_dir():
        raise EncoderError(
            f"The folder {image_dir} does not exist.", "Give the folder that holds the pictures."
        )
    rows = read_table(captions_csv)
    if not rows or not {"image", "caption"} <= rows[0].keys():
        found = ", ".join(rows[0]) if rows else "no rows"
        raise EncoderError(
            f"{captions_csv.name} needs the columns image and caption; it has {found}.",
            "Mend its first line.",
        )
    grouped: dict[str, list[str]] = defaultdict(list)
    for number, row in enumerate(rows, 2):
        name, caption = (row["image"] or "").strip(), (row["caption"] or "").strip()
        if not name or not caption:
            raise EncoderError(
                f"{captions_csv.name}, row {number}: image or caption is empty.", "Fill it in."
            )
        grouped[name].append(caption)
    missing = next((name for name in grouped if not (image_dir / name).is_file()), None)
    if missing is not None:
        raise EncoderError(
            f"{image_dir} has no picture {missing!r}.", f"Mend {captions_csv.name} or the folder."
        )
    names = list(grouped)
    images = encode_files(encoder, [image_dir / name for name in names])
    owner = np.array([number for number, name in enumerate(names) for _ in grouped[name]])
    texts = [caption for name in names for caption in grouped[name]]
    return text_image_retrieval(images, encoder.encode_texts(texts), owner)


def attribute_share(encoder: Encoder, fashion: Path, language: str, top: int = 10) -> Figure:
    """Share of the ``top`` pictures of the fashion test split that are of the article type asked for.

    The queries are every colour, gender and article type that occur together at least twice:
    ``红色 女士 连衣裙`` in Chinese, ``red women dresses`` in English.
    """
    rows = [row for row in read_table(fashion / "styles.csv") if row["split"] == "test"]
    images = encode_files(encoder, [fashion / "images" / f"{row['id']}.jpg" for row in rows])
    kinds = np.array([row["articleType"] for row in rows])
    counts = Counter((row["baseColour"], row["gender"], row["articleType"]) for row in rows)
    asked = [key for key, count in sorted(counts.items()) if count >= 2 and key[0] in COLOURS]
    if language == "zh":
        texts = [f"{COLOURS[c][0]} {GENDERS[g][0]} {ARTICLES[a][0]}" for c, g, a in asked]
    else:
        texts = [f"{c} {g} {a}".lower() for c, g, a in asked]
    best = np.argsort(-(encoder.encode_texts(texts) @ images.T), axis=1)[:, :top]
    shares = [(kinds[row] == key[2]).mean() for row, key in zip(best, asked, strict=True)]
    chance = [(kinds == key[2]).mean() for key in asked]
    return Figure(round(float(np.mean(shares)), 4), round(float(np.mean(chance)), 4), len(asked))


def recall_figure(queries: np.ndarray, targets: np.ndarray, top: int = 10) -> Figure:
    """Recall at ``top`` where row i of ``queries`` asks for row i of ``targets``, both (n, dim)."""
    found_at = ranks(queries @ targets.T, np.eye(len(targets), dtype=bool))
    return Figure(round(float((found_at < top).mean()), 4), round(top / len(targets), 4), len(targets))


def kind_precision(encoder: Encoder, clips: Sequence[Clip], kinds: Sequence[str], nearest: int = 5) -> Figure:
    """Share of a clip's ``nearest`` other clips that are of its kind."""
    vectors = encoder.encode_clips(clips)
    scores = vectors @ vectors.T
    np.fill_diagonal(scores, -np.inf)
    best = np.argsort(-scores, axis=1)[:, :nearest]
    labels = np.array(kinds)
    share = (labels[best] == labels[:, None]).mean()
    counts = np.array(list(Counter(kinds).values()))
    chance = (counts * (counts - 1)).sum() / (len(kinds) * (len(kinds) - 1))
    return Figure(round(float(share), 4), round(float(chance), 4), len(kinds))


def mean_figure(figures: Iterable[Figure]) -> Figure:
    """Mean of figures weighted by their queries."""
    parts = list(figures)
    total = sum(part.queries for part in parts)
    return Figure(
        round(sum(part.value * part.queries for part in parts) / total, 4),
        round(sum(part.chance * part.queries for part in parts) / total, 4),
        total,
    )
