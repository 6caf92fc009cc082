"""Pairs that belong together, of every two modalities an encoder has: the material of calibration."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import product

import numpy as np

from recommender.contracts import Clip, Modality
from recommender.engine.encoders.base import Encoder
from recommender.engine.learning.assessment import encode_files
from recommender.engine.learning.corpora import Captioned, Corpus

Pairs = dict[tuple[Modality, Modality], tuple[np.ndarray, np.ndarray]]
_SPOKEN = 150  # speech costs more than the rest


def matching_pairs(encoder: Encoder, sources: Sequence[Corpus], *, each: int = 600, seed: int = 0) -> Pairs:
    """(query modality, target modality) to unit rows of matching pairs, both (n, dim).

    A picture matches its captions and phrases; a caption matches a phrase (or second caption) of the same
    picture; two pictures match that share a phrase; speech matches the text it says and that text's picture.

    Args:
        encoder: what encodes; modalities it lacks are left out.
        sources: corpora it was not trained on.
        each: pictures drawn from every corpus.
        seed: of the drawing.
    """
    rng = np.random.default_rng(seed)
    drawn: list[Captioned] = []
    for source in sources:
        picks = rng.permutation(len(source.examples))[:each]
        drawn += [source.examples[int(pick)] for pick in picks]
    images = encode_files(encoder, [example.image for example in drawn])
    captions, others = _two_texts(drawn, rng)
    first, second = encoder.encode_texts(captions), encoder.encode_texts(others)
    pairs: Pairs = {
        ("text", "image"): (np.concatenate([first, second]), np.concatenate([images, images])),
        ("image", "text"): (np.concatenate([images, images]), np.concatenate([first, second])),
        ("text", "text"): (np.concatenate([first, second]), np.concatenate([second, first])),
    }
    if len(alike := _alike(drawn)) >= 2:
        left, right = alike.T
        pairs["image", "image"] = (images[left], images[right])
    if "audio" in encoder.info.modalities:
        pairs |= _spoken_pairs(encoder, others, second, images, rng)
    return pairs


def _two_texts(drawn: Sequence[Captioned], rng: np.random.Generator) -> tuple[list[str], list[str]]:
    """A caption of each picture, and a phrase or another caption of it."""
    first, second = [], []
    for example in drawn:
        caption = example.captions[int(rng.integers(len(example.captions)))]
        rest = [text for text in (example.phrases or example.captions) if text != caption] or [caption]
        first.append(caption)
        second.append(rest[int(rng.integers(len(rest)))])
    return first, second


def _alike(drawn: Sequence[Captioned]) -> np.ndarray:
    """(m, 2) rows of two different pictures that share a phrase, each picture at most once."""
    by_phrase: dict[str, list[int]] = defaultdict(list)
    for row, example in enumerate(drawn):
        for phrase in set(example.phrases):
            if len(phrase.split()) > 1:  # an article type alone is too little to call two pictures alike
                by_phrase[phrase].append(row)
    used: set[int] = set()
    pairs = []
    for phrase in sorted(by_phrase):
        free = [row for row in by_phrase[phrase] if row not in used]
        for left, right in zip(free[::2], free[1::2], strict=False):
            pairs.append((left, right))
            used |= {left, right}
    return np.array(pairs, dtype=int).reshape(-1, 2)


def _spoken_pairs(
    encoder: Encoder,
    texts: Sequence[str],
    text_rows: np.ndarray,
    images: np.ndarray,
    rng: np.random.Generator,
) -> Pairs:
    """Pairs with speech: each text said by two speakers."""
    from recommender.engine.learning.spoken import HELD_OUT_VOICES, say

    rows = rng.permutation(len(texts))[:_SPOKEN]
    takes: list[np.ndarray] = []
    for _ in range(2):
        clips: list[Clip] = [say(texts[int(row)], HELD_OUT_VOICES, rng) for row in rows]
        takes.append(encoder.encode_clips(clips))
    said, seen = text_rows[rows], images[rows]
    kinds: dict[Modality, np.ndarray] = {"text": said, "image": seen}
    pairs: Pairs = {("audio", "audio"): (takes[0], takes[1])}
    for other, way in product(kinds, (0, 1)):
        if way:
            pairs["audio", other] = (takes[0], kinds[other])
        else:
            pairs[other, "audio"] = (kinds[other], takes[0])
    return pairs
