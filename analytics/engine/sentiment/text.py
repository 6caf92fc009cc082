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
from analytics.engine.sentiment.lexicon import emoji_mood, middling, taken_back
from analytics.engine.sentiment.text_evidence import by_character, row_starts, weigh_words
from analytics.engine.sentiment.text_features import Features, features, tidy
from analytics.engine.sentiment.text_network import AnyNetwork, tokens
from analytics.engine.sentiment.text_network_files import unpack
from analytics.engine.sentiment.text_table import Table, distinct, load, sums

SHIPPED = Path(__file__).parent / "weights" / "text"
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
_WORD = re.compile(r"[^\W\d_]+")
_OTHER = re.compile("[^\\W\\d_\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
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
class _Scales:
    """The calibrations of a script's experts of one column, which stand side by side: values (experts,)."""

    columns: slice
    scale: np.ndarray
    shift: np.ndarray
    network: np.ndarray
    middle: np.ndarray


@dataclass(frozen=True, slots=True)
class _Script:
    """The texts of one script in a batch: ``places`` in the batch and how much of each is of this script;
    features of both scripts' texts, these from ``base`` on; how many, scores, what is said beside words."""

    experts: tuple[Expert, ...]
    places: np.ndarray
    part: np.ndarray
    found: Features
    base: int
    denials: list[list[tuple[int, int, float]]]
    counts: np.ndarray
    scores: np.ndarray
    ordered: np.ndarray
    moods: np.ndarray
    middle: np.ndarray

    def first(self, texts: int) -> _Script:
        """Of the texts of the batch only so many, its first: what is needed to say which words weigh."""
        kept = int(np.searchsorted(self.places, texts))
        if not self.base and kept == self.found.texts:
            return self
        owners = self.found.owners - self.base
        chosen = (owners >= 0) & (owners < kept)
        found = Features(
            self.found.rows[chosen],
            owners[chosen],
            self.found.starts[chosen],
            self.found.ends[chosen],
            kept,
        )
        return replace(
            self,
            places=self.places[:kept],
            part=self.part[:kept],
            found=found,
            base=0,
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
        self._scales: dict[tuple[Expert, ...], _Scales] = {
            experts: self._side_by_side(experts) for experts in (CHINESE, ENGLISH)
        }

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
        spoken = np.array([bool(text) for text in tidied], bool)
        answer = np.zeros((len(texts), 3))
        answer[~spoken] = 1 / 3
        shown = slice(0, worded)
        starts = row_starts(tidied[shown])
        pulls = np.zeros(int(starts[-1]))
        for script in self._scripts(tidied):
            kinds = self._kinds(script)
            counts = script.part * spoken[script.places]
            answer[script.places] += counts[:, None] * self._mixed(script, kinds)
            if most:
                pulls += self._spread(script.first(len(starts) - 1), kinds, starts)
        answer /= answer.sum(1, keepdims=True)
        words = weigh_words(texts[shown], tidied[shown], starts, pulls, most) if most else []
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
        said = (np.concatenate(ordered), np.add(moods, taken), np.array(middle))
        joint = (*self._counted(found), *said)
        return [
            _Script(experts, places, part, found, own.start, denials[own], *(one[own] for one in joint))
            for experts, places, part, own in (
                (CHINESE, chinese, share[chinese], slice(0, len(told))),
                (ENGLISH, english, 1 - share[english], slice(len(told), len(every))),
            )
            if len(places)
        ]

    def _counted(self, found: Features) -> tuple[np.ndarray, np.ndarray]:
        """(texts,) how many features each text has, and (texts, columns) their scores."""
        once = distinct(found)
        counts = np.maximum(np.bincount(once[1], minlength=found.texts), 1)
        return counts, sums(self.table.steps, found, once) * self.table.scales

    def _mixed(self, script: _Script, kinds: np.ndarray) -> np.ndarray:
        """(n, 3) the experts' readings, each by how much the text is of its kind."""
        experts, scales = script.experts, self._scales[script.experts]
        read = _ordered(script, scales, kinds[:, : len(scales.shift)])
        for place in range(len(scales.shift), len(experts)):
            sided = _sided(self._logit(script.scores, experts[place]), script)
            read += kinds[:, place : place + 1] * sided
        if not self.table.scales[SITE.columns].any():
            return read
        shift = self._logit(script.scores, SITE)
        logs = np.log(np.maximum(read, 1e-9))
        return softmax(logs + np.stack([shift[:, 0], np.zeros(len(shift)), shift[:, 1]], 1))

    def _side_by_side(self, experts: Sequence[Expert]) -> _Scales:
        """The calibrations of those of ``experts`` that have one column."""
        ordered = [expert for expert in experts if expert.sides == 1]
        told = [self._calibrations[expert.name] for expert in ordered]
        return _Scales(
            slice(ordered[0].first, ordered[-1].first + 1),
            np.concatenate([one.scale for one in told]),
            np.concatenate([one.shift for one in told]),
            np.array([one.network for one in told]),
            np.array([one.middle for one in told]),
        )

    def _kinds(self, script: _Script) -> np.ndarray:
        """(n, experts) how much each text is of the kind of each expert."""
        odds = self._logit(script.scores, CHINESE_GATE if script.experts is CHINESE else ENGLISH_GATE)
        return softmax(np.hstack([np.zeros((len(odds), 1)), odds]))

    def _logit(self, scores: np.ndarray, expert: Expert) -> np.ndarray:
        calibration = self._calibrations[expert.name]
        return scores[:, expert.columns] * calibration.scale + calibration.shift

    def _spread(self, script: _Script, kinds: np.ndarray, starts: np.ndarray) -> np.ndarray:
        """(characters,) what each character of the batch adds to the log odds, through n-grams and denials.

        Args:
            starts: of each text of the batch.
            kinds: (texts, experts) at least those of the script's texts.
        """
        weights = self._pulls(script, kinds[: len(script.places)]) * script.part.take(script.found.owners)
        pulls = by_character(starts, script.places, script.found, weights)
        for number, denials in enumerate(script.denials):
            first = starts[script.places[number]]
            for start, end, worth in denials:
                pulls[first + start : first + end] += worth * script.part[number] / (end - start)
        return pulls

    def _pulls(self, script: _Script, kinds: np.ndarray) -> np.ndarray:
        """(m,) what each feature found adds to the log odds of positive against negative."""
        found = script.found
        raw = self.table.steps.take(found.rows, axis=0)
        shares = kinds / np.sqrt(script.counts)[:, None]
        total = np.zeros(len(raw))
        for place, expert in enumerate(script.experts):
            worth = self._calibrations[expert.name].scale * self.table.scales[expert.columns]
            pull = raw[:, expert.first + expert.sides - 1] * worth[-1]
            if expert.sides == 2:
                pull = pull - raw[:, expert.first] * worth[0]
            total += shares[:, place].take(found.owners) * pull
        low, high = self.table.scales[SITE.columns]
        if low or high:
            pull = raw[:, SITE.first + 1] * high - raw[:, SITE.first] * low
            total += pull / np.sqrt(script.counts).take(found.owners)
        return total


def _ordered(script: _Script, scales: _Scales, kinds: np.ndarray) -> np.ndarray:
    """(n, 3) negative, neutral and positive along each expert's scale of log odds, times ``kinds``
    (n, experts)."""
    odds = script.scores[:, scales.columns] * scales.scale + scales.shift
    odds += scales.network * script.ordered[:, None] + script.moods[:, None]
    middle = script.middle[:, None]
    half = np.where(middle > 0, _NEITHER * middle + _PHRASED, scales.middle)
    low, high = (sigmoid(np.stack([-odds, odds]) - half) * kinds).sum(2)
    return np.stack([low, kinds.sum(1) - low - high, high], 1)


def _sided(odds: np.ndarray, script: _Script) -> np.ndarray:
    """Negative and positive against neutral."""
    sides = odds + np.stack([-script.moods, script.moods], 1) / 2 - 0.5 * script.middle[:, None]
    return softmax(np.stack([sides[:, 0], np.zeros(len(sides)), sides[:, 1]], 1))


def read_network(network: AnyNetwork, tidied: Sequence[str], english: bool) -> np.ndarray:
    """(n,) what a script's network says of texts as ``tidy`` leaves them."""
    if not tidied:
        return np.zeros(0)
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
