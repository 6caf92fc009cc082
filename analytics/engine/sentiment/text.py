"""The text model: what words say, English and Chinese, as calibrated probabilities.

Four experts share one table of hashed n-grams: reviews in Chinese, reviews in English, talk, and short posts. A gate
says how much an English text is like each; a text in both scripts is read once per script, and each counts by its
share. Emoji and words that commit to nothing shift the result. See ``docs/sentiment-model.md`` for how it was trained.
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from analytics.contracts import Word
from analytics.engine.sentiment.lexicon import emoji_mood, middling
from analytics.engine.sentiment.text_evidence import weigh_words
from analytics.engine.sentiment.text_features import BITS, Features, features, tidy
from recommender.errors import RecommenderError

SHIPPED = Path(__file__).parent / "weights" / "text"
#: Columns of the table. Three-class experts give negative and positive against neutral.
COLUMNS = (
    "chinese", "reviews", "talk-", "talk+", "posts-", "posts+", "is talk", "is post", "site-", "site+",
)  # fmt: skip
_WEIGHTS, _FACTS = "table.bin", "text.json"
_FORMAT = 1
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
_WORD = re.compile(r"[^\W\d_]+")
_BATCH = 2000


@dataclass(frozen=True, slots=True)
class Calibration:
    """How an expert's raw scores become probabilities.

    Attributes:
        scale, shift: by column of the expert; score * scale + shift.
        middle: for two-class experts, half the width of neutral on the scale of log odds.
    """

    scale: tuple[float, ...]
    shift: tuple[float, ...]
    middle: float = 0.0


class TextModel:
    """Reads texts; made by ``load``."""

    def __init__(self, table: np.ndarray, scales: np.ndarray, facts: Mapping[str, Any], key: str) -> None:
        """``table``: (2 ** BITS, columns) int8; ``scales``: (columns,) what one step of each column is worth."""
        self.key = key
        self.facts = facts
        self.table = table
        self.scales = scales
        self.calibrations = {
            name: Calibration(tuple(c["scale"]), tuple(c["shift"]), c.get("middle", 0.0))
            for name, c in facts["calibration"].items()
        }

    @classmethod
    def load(cls, folder: Path | None = None) -> TextModel:
        """The model in ``folder``; the shipped one where none is given.

        Raises:
            RecommenderError: the folder holds no model, or one of another format.
        """
        folder = folder or SHIPPED
        try:
            facts = json.loads((folder / _FACTS).read_text(encoding="utf-8"))
            packed = (folder / _WEIGHTS).read_bytes()
            if facts["format"] != _FORMAT or facts["bits"] != BITS:
                raise RecommenderError(f"{folder} holds a text model of another format.", "Train it again.")
            table = unpack(packed, len(facts["columns"]))
        except (OSError, ValueError, KeyError, zlib.error) as error:
            raise RecommenderError(
                f"{folder} holds no text model that can be read: {error}.",
                "Train it again, or give another folder.",
            ) from error
        digest = hashlib.sha256(packed + json.dumps(facts, sort_keys=True).encode()).hexdigest()[:12]
        return cls(table, np.array(facts["scales"], np.float32), facts, f"text-{digest}")

    def read(self, texts: Sequence[str]) -> np.ndarray:
        """(n, 3) calibrated probabilities in the order of ``LABELS``; an empty text gets a third each."""
        parts = [self._read(texts[at : at + _BATCH]) for at in range(0, len(texts), _BATCH)]
        return np.concatenate(parts) if parts else np.zeros((0, 3))

    def words(self, text: str, most: int = 12) -> tuple[Word, ...]:
        """The words that moved the polarity, the weightiest first; places are characters of ``text`` as given."""
        tidied = tidy(text)
        found = features([tidied])
        if not len(found.rows):
            return ()
        share = _chinese_share(tidied)
        raw = self.table[found.rows] * self.scales
        gate = self._gate(self._scores([tidied])) if share < 1 else np.zeros((1, 3))
        weights = share * self._pull(raw, "chinese", 0) * (self.calibrations["chinese"].scale[0])
        for place, (name, column) in enumerate((("reviews", 1), ("talk", 2), ("posts", 4))):
            weights = weights + (1 - share) * gate[0, place] * self._pull(raw, name, column)
        weights = (weights + raw[:, 9] - raw[:, 8]) / np.sqrt(len(np.unique(found.rows)))
        return weigh_words(text, tidied, found, weights, most)

    def _pull(self, raw: np.ndarray, name: str, column: int) -> np.ndarray:
        """What each feature adds to the log odds of positive against negative."""
        scale = self.calibrations[name].scale
        if len(scale) == 1:
            return raw[:, column] * scale[0]
        return raw[:, column + 1] * scale[1] - raw[:, column] * scale[0]

    def _read(self, texts: Sequence[str]) -> np.ndarray:
        tidied = [tidy(text) for text in texts]
        share = np.array([_chinese_share(text) for text in tidied])
        others = [
            _HAN.sub(" ", text) if 0 < part < 1 else text for text, part in zip(tidied, share, strict=True)
        ]
        chinese, english = np.flatnonzero(share > 0), np.flatnonzero(share < 1)
        answer = np.zeros((len(texts), 3))
        moods = np.array([emoji_mood(text) for text in tidied])
        middle = np.array([middling(text) for text in tidied], float)
        if len(chinese):
            scores = self._scores([tidied[place] for place in chinese])
            odds = self._logit(scores[:, :1], "chinese")[:, 0]
            read = self._ordered(odds + moods[chinese], "chinese", middle[chinese])
            answer[chinese] += share[chinese, None] * self._sited(read, scores)
        if len(english):
            scores = self._scores([others[place] for place in english])
            read = self._english(scores, moods[english], middle[english])
            answer[english] += (1 - share[english, None]) * self._sited(read, scores)
        blank = np.array([not text for text in tidied], bool)
        answer[blank] = 1 / 3
        return answer / answer.sum(1, keepdims=True)

    def _english(self, scores: np.ndarray, moods: np.ndarray, middle: np.ndarray) -> np.ndarray:
        gate = self._gate(scores)
        read = gate[:, :1] * self._ordered(
            self._logit(scores[:, 1:2], "reviews")[:, 0] + moods, "reviews", middle
        )
        for place, (name, column) in enumerate((("talk", 2), ("posts", 4)), start=1):
            sides = self._logit(scores[:, column : column + 2], name)
            sides = sides + np.stack([-moods, moods], 1) / 2 - 0.5 * middle[:, None]
            read = read + gate[:, place : place + 1] * softmax(sides[:, 0], np.zeros(len(sides)), sides[:, 1])
        return read

    def _sited(self, read: np.ndarray, scores: np.ndarray) -> np.ndarray:
        """Moved by what this site's corrections taught, where there are any."""
        if not self.scales[8:].any():
            return read
        logs = np.log(np.maximum(read, 1e-9))
        shift = self._logit(scores[:, 8:10], "site")
        return softmax(logs[:, 0] + shift[:, 0], logs[:, 1], logs[:, 2] + shift[:, 1])

    def _gate(self, scores: np.ndarray) -> np.ndarray:
        """(n, 3) how much each text is like a review, talk, a post."""
        sides = self._logit(scores[:, 6:8], "gate")
        return softmax(np.zeros(len(sides)), sides[:, 0], sides[:, 1])

    def _logit(self, scores: np.ndarray, name: str) -> np.ndarray:
        calibration = self.calibrations[name]
        return scores * np.array(calibration.scale) + np.array(calibration.shift)

    def _ordered(self, odds: np.ndarray, name: str, middle: np.ndarray) -> np.ndarray:
        """Log odds with neutral between: the further ``middle``, the wider."""
        half = self.calibrations[name].middle + 1.2 * middle
        low, high = _sigmoid(-odds - half), _sigmoid(odds - half)
        return np.stack([low, 1 - low - high, high], 1)

    def _scores(self, tidied: Sequence[str]) -> np.ndarray:
        """(n, columns) sums over the distinct features of each text, by the root of their number."""
        return scores(self.table, features(tidied)) * self.scales


def distinct(found: Features) -> tuple[np.ndarray, np.ndarray]:
    """(rows, owners) each once per text, ordered by text."""
    keys = np.sort((found.owners.astype(np.int64) << BITS) | found.rows)
    keys = keys[np.flatnonzero(np.diff(keys, prepend=-1))]
    return (keys & ((1 << BITS) - 1)).astype(np.int32), keys >> BITS


def scores(table: np.ndarray, found: Features) -> np.ndarray:
    """(texts, columns) raw sums over ``table`` divided by the root of the number of features."""
    rows, owners = distinct(found)
    total = np.zeros((found.texts, table.shape[1]), np.float32)
    if len(rows):
        starts = np.flatnonzero(np.diff(owners, prepend=-1))
        counts = np.diff(np.append(starts, len(owners)))
        sums = np.add.reduceat(table[rows], starts, axis=0, dtype=np.int32)
        total[owners[starts]] = sums / np.sqrt(counts)[:, None]
    return total


def softmax(*columns: np.ndarray) -> np.ndarray:
    """(n, columns) the columns as probabilities."""
    stacked = np.stack(columns, 1).astype(float)
    powers = np.exp(stacked - stacked.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def _sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(values, -60, 60)))


def _chinese_share(text: str) -> float:
    """0 to 1: the part of the words that is Chinese; a character counts for half a word."""
    if text.isascii():
        return 0.0
    characters = sum(len(run) for run in _HAN.findall(text)) / 2
    if not characters:
        return 0.0
    words = len(_WORD.findall(_HAN.sub(" ", text)))
    return 1.0 if not words else characters / (characters + words)


def pack(table: np.ndarray) -> bytes:
    """The non-zero entries, column by column: gaps between rows as varying bytes, then values; compressed."""
    parts = []
    for column in table.T:
        rows = np.flatnonzero(column)
        gaps = np.diff(rows, prepend=-1).astype(np.uint32)
        parts += [np.array([len(rows)], np.uint32).tobytes()]
        parts += [(gaps >> shift & 255).astype(np.uint8).tobytes() for shift in (0, 8, 16)]
        parts.append(column[rows].astype(np.int8).tobytes())
    return zlib.compress(b"".join(parts), 9)


def unpack(packed: bytes, columns: int) -> np.ndarray:
    """(2 ** BITS, columns) int8: what ``pack`` made.

    Raises:
        ValueError: it is cut off.
    """
    data = zlib.decompress(packed)
    table = np.zeros((1 << BITS, columns), np.int8)
    at = 0
    for column in range(columns):
        count = int(np.frombuffer(data, np.uint32, 1, at)[0])
        at += 4
        gaps = np.zeros(count, np.int64)
        for shift in (0, 8, 16):
            gaps |= np.frombuffer(data, np.uint8, count, at).astype(np.int64) << shift
            at += count
        table[np.cumsum(gaps) - 1, column] = np.frombuffer(data, np.int8, count, at)
        at += count
    return table


def save(folder: Path, table: np.ndarray, scales: np.ndarray, facts: Mapping[str, Any]) -> None:
    """Write a model that ``TextModel.load`` reads."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _WEIGHTS).write_bytes(pack(table))
    told = {
        **facts,
        "format": _FORMAT,
        "bits": BITS,
        "columns": list(COLUMNS),
        "scales": [float(s) for s in scales],
    }
    (folder / _FACTS).write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
