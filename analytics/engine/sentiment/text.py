"""The text model: what words say, English and Chinese, as calibrated probabilities.

Experts share one table of hashed n-grams: hotels, meals and goods in Chinese; films, products, talk and short
posts in English. A small network for each script adds what the order of words says. A gate for each script
says how much a text is like each kind. A text in both scripts is read once per script, and each counts by its
share. Emoji and words that commit to nothing shift the result. How it was trained:
``docs/sentiment-model.md``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analytics.contracts import Word
from analytics.engine.sentiment.lexicon import emoji_mood, middling, taken_back
from analytics.engine.sentiment.text_evidence import row_starts, share_out, weigh_words
from analytics.engine.sentiment.text_features import Features, features, tidy
from analytics.engine.sentiment.text_mixture import Expert, Mixture, Said
from analytics.engine.sentiment.text_network import AnyNetwork, tokens
from analytics.engine.sentiment.text_network_files import unpack
from analytics.engine.sentiment.text_table import Table, counted, load, unreadable

SHIPPED = Path(__file__).parent / "weights" / "text"
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
_WORD = re.compile(r"[^\W\d_]+")
_OTHER = re.compile("[^\\W\\d_\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_BATCH = 1000
#: How much more a phrase counts that is all of a Chinese text: its experts are bold about what is short.
_ALONE = 3.0


CHINESE = (Expert("hotels", 0, 1), Expert("meals", 1, 1), Expert("goods", 2, 1))
ENGLISH = (Expert("films", 5, 1), Expert("products", 6, 1), Expert("talk", 7, 2), Expert("posts", 9, 2))
#: Which kind a text is of, against the first of the kind.
CHINESE_GATE, ENGLISH_GATE = Expert("chinese gate", 3, 2), Expert("english gate", 11, 3)
#: What a site's corrections taught.
SITE = Expert("site", 14, 2)
COLUMNS = 16
CHINESE_NETWORK, ENGLISH_NETWORK = "chinese", "english"


@dataclass(frozen=True, slots=True)
class _Script:
    """The texts of one script in a batch.

    Attributes:
        mixture: of the script's experts; ``said`` what they read.
        places: (n,) in the batch; ``part`` (n,) how much of each text is of this script.
        found: features of the texts of both scripts, those of this one from ``base`` on.
        counts: (n,) how many features each has.
        denials: of each, where it takes blame back.
    """

    mixture: Mixture
    said: Said
    places: np.ndarray
    part: np.ndarray
    found: Features
    base: int
    counts: np.ndarray
    denials: Sequence[Sequence[tuple[int, int, float]]]


class TextModel:
    """Reads texts; made by ``load``."""

    languages = frozenset({"en", "zh"})

    def __init__(self, table: Table) -> None:
        if table.steps.shape[1] != COLUMNS:
            raise ValueError(f"{table.steps.shape[1]} columns where {COLUMNS} are wanted")
        self.key = table.key
        self.table = table
        self._networks = unpack(table.networks)
        self._mixtures = tuple(
            Mixture(experts, gate, SITE, table.scales.astype(np.float64), table.facts["calibration"])
            for experts, gate in ((CHINESE, CHINESE_GATE), (ENGLISH, ENGLISH_GATE))
        )

    @classmethod
    def load(cls, folder: Path | None = None) -> TextModel:
        """The model in ``folder``; the shipped one where none is given.

        Raises:
            RecommenderError: the folder holds no model, or one of another format.
        """
        table = load(folder or SHIPPED)
        try:
            return cls(table)
        except (OSError, ValueError, KeyError, IndexError) as error:
            raise unreadable(folder or SHIPPED, error) from error

    def read(self, texts: Sequence[str]) -> np.ndarray:
        """(n, 3) calibrated probabilities in the order of ``LABELS``; an empty text gets a third each."""
        parts = [self._read(texts[at : at + _BATCH], 0)[0] for at in range(0, len(texts), _BATCH)]
        return np.concatenate(parts) if parts else np.zeros((0, 3))

    def words(self, text: str, most: int = 12) -> tuple[Word, ...]:
        """The words that moved the polarity, the weightiest first; places are characters of ``text``."""
        return self._read([text], most)[1][0]

    def read_with_words(
        self, texts: Sequence[str], most: int = 12
    ) -> tuple[np.ndarray, list[tuple[Word, ...]]]:
        """``read`` and ``words`` of many texts in one pass."""
        read, words, _ = self.read_with_clauses(texts, (), most)
        return read, words

    def read_with_clauses(
        self, texts: Sequence[str], clauses: Sequence[str], most: int = 12
    ) -> tuple[np.ndarray, list[tuple[Word, ...]], np.ndarray]:
        """``read_with_words`` of ``texts`` and ``read`` of ``clauses``, in one pass where they are few."""
        if len(texts) + len(clauses) <= _BATCH:
            read, words = self._read([*texts, *clauses], most, len(texts))
            return read[: len(texts)], words, read[len(texts) :]
        parts = [self._read(texts[at : at + _BATCH], most) for at in range(0, len(texts), _BATCH)]
        read = np.concatenate([part for part, _ in parts]) if parts else np.zeros((0, 3))
        return read, [words for _, found in parts for words in found], self.read(clauses)

    def _read(
        self, texts: Sequence[str], most: int, worded: int | None = None
    ) -> tuple[np.ndarray, list[tuple[Word, ...]]]:
        """Readings (n, 3), and at most ``most`` words of each of the first ``worded`` texts, or of all."""
        tidied = [tidy(text) for text in texts]
        spoken = np.array([bool(text) for text in tidied], bool)
        answer = np.zeros((len(texts), 3))
        answer[~spoken] = 1 / 3
        shown = slice(0, worded)
        starts = row_starts(tidied[shown])
        changes = np.zeros(int(starts[-1]) + 1)
        for script in self._scripts(tidied):
            read, kinds = script.mixture.read(script.said)
            answer[script.places] += (script.part * spoken[script.places])[:, None] * read
            if most:
                self._share_out(script, kinds, starts, changes)
        answer /= answer.sum(1, keepdims=True)
        if not most:
            return answer, []
        words = weigh_words(texts[shown], tidied[shown], starts, np.cumsum(changes), most)
        return answer, words

    def _scripts(self, tidied: Sequence[str]) -> list[_Script]:
        """Chinese is read with whatever stands between; English without the Chinese, place for place."""
        share = np.array([chinese_share(text) for text in tidied])
        chinese, english = (share > 0).nonzero()[0], (share < 1).nonzero()[0]
        told = [tidied[place] for place in chinese.tolist()]
        plain = [_without_chinese(tidied[place]) for place in english.tolist()]
        denials = [taken_back(text) for text in plain]
        plain = [_without(text, one) for text, one in zip(plain, denials, strict=True)]
        every, denials = [*told, *plain], [*([] for _text in told), *denials]
        found = features(every)
        networks = self._networks[CHINESE_NETWORK], self._networks[ENGLISH_NETWORK]
        ordered = [read_network(networks[0], told, False), read_network(networks[1], plain, True)]
        moods = [emoji_mood(text) for text in every]
        taken = [sum(worth for *_, worth in one) for one in denials]
        middle = [*(_middle(text, _ALONE) for text in told), *(_middle(text, 0.0) for text in plain)]
        counts, sums = counted(self.table.steps, found)
        said = Said(sums * self.table.scales, np.concatenate(ordered), np.add(moods, taken), np.array(middle))
        return [
            _Script(mixture, said.part(own), places, part, found, own.start, counts[own], denials[own])
            for mixture, places, part, own in (
                (self._mixtures[0], chinese, share[chinese], slice(0, len(told))),
                (self._mixtures[1], english, 1 - share[english], slice(len(told), len(every))),
            )
            if len(places)
        ]

    def _share_out(self, script: _Script, kinds: np.ndarray, starts: np.ndarray, changes: np.ndarray) -> None:
        """Add to ``changes`` (characters + 1,) by how much more than the one before each character adds to
        the log odds, through n-grams and denials.

        Args:
            kinds: (n, experts) of the script's texts.
            starts: of each text whose words are shown, the first ones of the batch.
        """
        shown = int(np.searchsorted(script.places, len(starts) - 1))
        places, part = script.places[:shown], script.part[:shown]
        weights = part / np.sqrt(script.counts[:shown])
        worth, columns = script.mixture.worth, script.mixture.columns
        share_out(
            script.found,
            script.base,
            self.table.steps,
            columns,
            worth,
            kinds,
            weights,
            places,
            starts,
            changes,
        )
        for place, share, denials in zip(places.tolist(), part.tolist(), script.denials, strict=False):
            for start, end, taken in denials:
                changes[starts[place] + start] += taken * share / (end - start)
                changes[starts[place] + end] -= taken * share / (end - start)


def read_network(network: AnyNetwork, tidied: Sequence[str], english: bool) -> np.ndarray:
    """(n,) what a script's network says of texts as ``tidy`` leaves them."""
    if not tidied:
        return np.zeros(0)
    return network.read(tokens(tidied, english, len(network.units), len(network.pairs)))


def softmax(scores: np.ndarray) -> np.ndarray:
    """(n, classes) as probabilities."""
    powers = np.exp(scores - scores.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def _without(text: str, denials: Sequence[tuple[int, int, float]]) -> str:
    """``text`` with blanks where it denies something bad."""
    for start, end, _ in denials:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def _middle(text: str, alone: float) -> float:
    """How many phrases that commit to nothing ``text`` counts for; by ``alone`` more where it is no more."""
    found, share = middling(text)
    return found * (1 + alone * share)


def _without_chinese(text: str) -> str:
    """``text`` with blanks where it is Chinese."""
    return text if text.isascii() else _HAN.sub(_blanked, text)


def _blanked(match: re.Match[str]) -> str:
    return " " * len(match.group())


def chinese_share(text: str) -> float:
    """0 to 1: the part of the words that is Chinese; a character counts for half a word."""
    if text.isascii():
        return 0.0
    if not _OTHER.search(text):
        return 1.0 if _HAN.search(text) else 0.0
    characters = sum(len(run) for run in _HAN.findall(text)) / 2
    if not characters:
        return 0.0
    words = len(_WORD.findall(_HAN.sub(" ", text)))
    return 1.0 if not words else characters / (characters + words)
