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
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from analytics.contracts import Word
from analytics.engine.sentiment.lexicon import emoji_mood, middling, middling_share, taken_back
from analytics.engine.sentiment.text_evidence import by_character, row_starts, weigh_words
from analytics.engine.sentiment.text_features import Features, features, tidy
from analytics.engine.sentiment.text_network import AnyNetwork, tokens
from analytics.engine.sentiment.text_network_files import unpack
from analytics.engine.sentiment.text_table import Table, distinct, load, sums

SHIPPED = Path(__file__).parent / "weights" / "text"
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
_WORD = re.compile(r"[^\W\d_]+")
_BATCH = 1000
#: Half the width of neutral, in log odds, where phrases commit to nothing: for each, and to begin with.
_NEITHER, _PHRASED = 1.2, 0.75
#: How much more a phrase counts that is all of a Chinese text: its experts are bold about what is short.
_ALONE = 3.0


@dataclass(frozen=True, slots=True)
class Expert:
    """Columns of the table: one, positive against negative; or two, negative and positive against neutral."""

    name: str
    first: int
    sides: int

    @property
    def columns(self) -> slice:
        return slice(self.first, self.first + self.sides)


CHINESE = (Expert("hotels", 0, 1), Expert("meals", 1, 1), Expert("goods", 2, 1))
ENGLISH = (Expert("films", 5, 1), Expert("products", 6, 1), Expert("talk", 7, 2), Expert("posts", 9, 2))
#: Which kind a text is of, against the first of the kind.
CHINESE_GATE, ENGLISH_GATE = Expert("chinese gate", 3, 2), Expert("english gate", 11, 3)
#: What a site's corrections taught.
SITE = Expert("site", 14, 2)
COLUMNS = 16
CHINESE_NETWORK, ENGLISH_NETWORK = "chinese", "english"


@dataclass(frozen=True, slots=True)
class Calibration:
    """How raw scores become log odds: score * ``scale`` + ``shift``, a value for each column.

    For experts of one column, ``network`` is what the score of the script's network counts, and ``middle``
    half the width of neutral, in log odds.
    """

    scale: np.ndarray
    shift: np.ndarray
    network: float
    middle: float


@dataclass(frozen=True, slots=True)
class _Script:
    """The texts of one script in a batch: ``places`` in the batch, features and how many, scores, what is
    said beside words."""

    places: np.ndarray
    found: Features
    counts: np.ndarray
    scores: np.ndarray
    ordered: np.ndarray
    moods: np.ndarray
    denials: list[list[tuple[int, int, float]]]
    middle: np.ndarray

    def first(self, texts: int) -> _Script:
        """Of the texts of the batch only so many, its first: what is needed to say which words weigh."""
        kept = int(np.searchsorted(self.places, texts))
        if kept == len(self.places):
            return self
        chosen = self.found.owners < kept
        found = Features(
            self.found.rows[chosen],
            self.found.owners[chosen],
            self.found.starts[chosen],
            self.found.ends[chosen],
            kept,
        )
        return replace(
            self,
            places=self.places[:kept],
            found=found,
            counts=self.counts[:kept],
            denials=self.denials[:kept],
        )


class TextModel:
    """Reads texts; made by ``load``."""

    languages = frozenset({"en", "zh"})

    def __init__(self, table: Table) -> None:
        self.key = table.key
        self.table = table
        self._calibrations = {
            name: Calibration(
                np.array(told["scale"]),
                np.array(told["shift"]),
                told.get("network", 0.0),
                told.get("middle", 0.0),
            )
            for name, told in table.facts["calibration"].items()
        }
        self._networks = unpack(table.networks)

    @classmethod
    def load(cls, folder: Path | None = None) -> TextModel:
        """The model in ``folder``; the shipped one where none is given.

        Raises:
            RecommenderError: the folder holds no model, or one of another format.
        """
        return cls(load(folder or SHIPPED))

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
        share = np.array([chinese_share(text) for text in tidied])
        answer = np.zeros((len(texts), 3))
        answer[[not text for text in tidied]] = 1 / 3
        shown = slice(0, worded)
        starts = row_starts(tidied[shown])
        pulls = np.zeros(int(starts[-1]))
        for places, experts, gate, part in (
            (np.flatnonzero(share > 0), CHINESE, CHINESE_GATE, share),
            (np.flatnonzero(share < 1), ENGLISH, ENGLISH_GATE, 1 - share),
        ):
            if not len(places):
                continue
            script = self._script(places, tidied, experts is ENGLISH)
            kinds = self._kinds(script, gate)
            read = self._mixed(script, experts, kinds)
            answer[places] += (
                part[places, None] * read * np.array([bool(tidied[at]) for at in places])[:, None]
            )
            if most:
                first = script.first(len(starts) - 1)
                pulls += self._spread(first, experts, kinds[: len(first.places)], starts, part[first.places])
        answer /= answer.sum(1, keepdims=True)
        words = weigh_words(texts[shown], tidied[shown], starts, pulls, most) if most else []
        return answer, words

    def _script(self, places: np.ndarray, tidied: Sequence[str], english: bool) -> _Script:
        """Chinese is read with whatever stands between; English without the Chinese, place for place."""
        chosen = [tidied[place] for place in places]
        if english:
            chosen = [text if text.isascii() else _HAN.sub(_blanked, text) for text in chosen]
        denials = [taken_back(text) if english else [] for text in chosen]
        chosen = [_without(text, one) for text, one in zip(chosen, denials, strict=True)]
        found = features(chosen)
        once = distinct(found)
        return _Script(
            places,
            found,
            np.maximum(np.bincount(once[1], minlength=found.texts), 1),
            sums(self.table.steps, found, once) * self.table.scales,
            read_network(self._networks[ENGLISH_NETWORK if english else CHINESE_NETWORK], chosen, english),
            np.array([emoji_mood(text) for text in chosen])
            + [sum(worth for *_, worth in one) for one in denials],
            denials,
            np.array([_middle(text, 0.0 if english else _ALONE) for text in chosen]),
        )

    def _mixed(self, script: _Script, experts: Sequence[Expert], kinds: np.ndarray) -> np.ndarray:
        """(n, 3) the experts' readings, each by how much the text is of its kind."""
        read = np.zeros((len(script.places), 3))
        for place, expert in enumerate(experts):
            odds = self._logit(script.scores, expert)
            one = self._ordered(odds[:, 0], script, expert) if expert.sides == 1 else _sided(odds, script)
            read += kinds[:, place : place + 1] * one
        if not self.table.scales[SITE.columns].any():
            return read
        shift = self._logit(script.scores, SITE)
        logs = np.log(np.maximum(read, 1e-9))
        return softmax(logs + np.stack([shift[:, 0], np.zeros(len(shift)), shift[:, 1]], 1))

    def _ordered(self, odds: np.ndarray, script: _Script, expert: Expert) -> np.ndarray:
        """Negative, neutral and positive along one scale of log odds."""
        calibration = self._calibrations[expert.name]
        odds = odds + calibration.network * script.ordered + script.moods
        half = np.where(script.middle > 0, _NEITHER * script.middle + _PHRASED, calibration.middle)
        low, high = sigmoid(-odds - half), sigmoid(odds - half)
        return np.stack([low, 1 - low - high, high], 1)

    def _kinds(self, script: _Script, gate: Expert) -> np.ndarray:
        odds = self._logit(script.scores, gate)
        return softmax(np.hstack([np.zeros((len(odds), 1)), odds]))

    def _logit(self, scores: np.ndarray, expert: Expert) -> np.ndarray:
        calibration = self._calibrations[expert.name]
        return scores[:, expert.columns] * calibration.scale + calibration.shift

    def _spread(
        self,
        script: _Script,
        experts: Sequence[Expert],
        kinds: np.ndarray,
        starts: np.ndarray,
        part: np.ndarray,
    ) -> np.ndarray:
        """(characters,) what each character of the batch adds to the log odds, through n-grams and denials.

        Args:
            starts: of each text of the batch; ``part`` (script's texts,) how much the script counts in each.
        """
        weights = self._pulls(script, experts, kinds) * part[script.found.owners]
        pulls = by_character(starts, script.places, script.found, weights)
        for number, denials in enumerate(script.denials):
            first = starts[script.places[number]]
            for start, end, worth in denials:
                pulls[first + start : first + end] += worth * part[number] / (end - start)
        return pulls

    def _pulls(self, script: _Script, experts: Sequence[Expert], kinds: np.ndarray) -> np.ndarray:
        """(m,) what each feature found adds to the log odds of positive against negative."""
        found = script.found
        raw = self.table.steps[found.rows]
        shares = kinds / np.sqrt(script.counts)[:, None]
        total = np.zeros(len(raw))
        for place, expert in enumerate(experts):
            worth = self._calibrations[expert.name].scale * self.table.scales[expert.columns]
            pull = raw[:, expert.first + expert.sides - 1] * worth[-1]
            if expert.sides == 2:
                pull = pull - raw[:, expert.first] * worth[0]
            total += shares[found.owners, place] * pull
        low, high = self.table.scales[SITE.columns]
        if low or high:
            pull = raw[:, SITE.first + 1] * high - raw[:, SITE.first] * low
            total += pull / np.sqrt(script.counts)[found.owners]
        return total


def _sided(odds: np.ndarray, script: _Script) -> np.ndarray:
    """Negative and positive against neutral."""
    sides = odds + np.stack([-script.moods, script.moods], 1) / 2 - 0.5 * script.middle[:, None]
    return softmax(np.stack([sides[:, 0], np.zeros(len(sides)), sides[:, 1]], 1))


def read_network(network: AnyNetwork, tidied: Sequence[str], english: bool) -> np.ndarray:
    """(n,) what a script's network says of texts as ``tidy`` leaves them."""
    return network.read(tokens(tidied, english, len(network.units), len(network.pairs)))


def softmax(scores: np.ndarray) -> np.ndarray:
    """(n, classes) as probabilities."""
    powers = np.exp(scores - scores.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(values, -60, 60)))


def _without(text: str, denials: Sequence[tuple[int, int, float]]) -> str:
    """``text`` with blanks where it denies something bad."""
    for start, end, _ in denials:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def _middle(text: str, alone: float) -> float:
    """How many phrases that commit to nothing ``text`` counts for; by ``alone`` more where it is no more."""
    found = middling(text)
    return found * (1 + alone * middling_share(text)) if found else 0.0


def _blanked(match: re.Match[str]) -> str:
    return " " * len(match.group())


def chinese_share(text: str) -> float:
    """0 to 1: the part of the words that is Chinese; a character counts for half a word."""
    if text.isascii():
        return 0.0
    characters = sum(len(run) for run in _HAN.findall(text)) / 2
    if not characters:
        return 0.0
    words = len(_WORD.findall(_HAN.sub(" ", text)))
    return 1.0 if not words else characters / (characters + words)
