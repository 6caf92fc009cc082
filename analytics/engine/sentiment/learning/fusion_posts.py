"""Posts read by words and by photo, each by models that have not seen them: what fusion learns from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from analytics.engine.sentiment.calibration import Temperature, fit_temperature
from analytics.engine.sentiment.fusion import Signals
from analytics.engine.sentiment.head import Head
from analytics.engine.sentiment.learning.heads import group_folds, train_head
from analytics.engine.sentiment.learning.image import RECIPE, Posts

FOLDS, INNER = 5, 4


class WordsReader(Protocol):
    """Whatever reads words: (n, 3) probabilities."""

    def read(self, texts: Sequence[str]) -> np.ndarray: ...


LearnWords = Callable[[Sequence[str], np.ndarray], WordsReader]


class WordsModel:
    """A linear model over words and characters of posts, which scikit-learn trains in seconds."""

    def __init__(self, texts: Sequence[str], labels: np.ndarray) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline, make_union

        words = TfidfVectorizer(sublinear_tf=True, min_df=2, ngram_range=(1, 2))
        characters = TfidfVectorizer(sublinear_tf=True, min_df=3, analyzer="char_wb", ngram_range=(2, 4))
        self._model = make_pipeline(
            make_union(words, characters), LogisticRegression(C=3.0, max_iter=300, tol=1e-3)
        ).fit(list(texts), labels)

    def read(self, texts: Sequence[str]) -> np.ndarray:
        """(n, 3), not calibrated."""
        return np.asarray(self._model.predict_proba(list(texts)))


def outer_folds(found: Posts, seed: int = 0) -> Iterator[np.ndarray]:
    """Masks of the posts held out in each of five folds; posts of one text are held out together."""
    return group_folds(found.groups, FOLDS, seed)


@dataclass(frozen=True)
class Readers:
    """Models of words and photos trained on some posts, and how they read each when it was held out."""

    words: WordsReader
    temperature: Temperature
    photos: Head
    held: Signals

    def read(self, posts: Posts) -> Signals:
        """Signals of posts that were not trained on."""
        words = self.temperature.apply(self.words.read(posts.texts))
        return pair(words, self.photos.read(posts.vectors), posts.vectors)


def train_readers(found: Posts, seed: int, learn_words: LearnWords = WordsModel) -> Readers:
    """Both models, calibrated on posts held out in turn."""
    words = _held_out_words(found, seed, learn_words)
    temperature = fit_temperature(words, found.labels)
    recipe = replace(RECIPE, seed=seed, members=2)
    head, photos = train_head(found.vectors[None], found.labels, np.eye(3), found.groups, recipe, {})
    held = pair(temperature.apply(words), photos, found.vectors)
    return Readers(learn_words(found.texts, found.labels), temperature, head, held)


def _held_out_words(found: Posts, seed: int, learn_words: LearnWords) -> np.ndarray:
    """Uncalibrated readings of the words, each by a model trained on the other posts."""
    words = np.zeros((len(found.labels), 3))
    for held in group_folds(found.groups, INNER, seed + 1):
        texts = [text for text, out in zip(found.texts, held, strict=True) if not out]
        wanted = [text for text, out in zip(found.texts, held, strict=True) if out]
        words[held] = learn_words(texts, found.labels[~held]).read(wanted)
    return words


def pair(words: np.ndarray, photos: np.ndarray, vectors: np.ndarray) -> Signals:
    """Signals of reviews that have words and a photo, and no voice."""
    thirds = np.full_like(words, 1 / 3)
    mask = np.tile(np.array([True, True, False]), (len(words), 1))
    return Signals(np.stack([words, photos, thirds], axis=1), mask, vectors)


def part_of(found: Posts, rows: np.ndarray) -> Posts:
    """The posts where ``rows`` holds."""
    texts = tuple(text for text, inside in zip(found.texts, rows, strict=True) if inside)
    return Posts(texts, found.labels[rows], found.groups[rows], found.vectors[rows])
