"""How somebody feels about a thing named in an English sentence: a small network over the words around it.

Word vectors (80 numbers, learned; ``docs/sentiment-model.md``) and how each word stands to the name go
through the network's members (``aspects_members``), whose log odds are averaged.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np

from analytics.engine.sentiment.aspects_members import FACTS, Members
from analytics.engine.sentiment.text import softmax
from analytics.engine.sentiment.text_network import fit
from recommender.errors import RecommenderError
from recommender.said import gettext_noop as _
from recommender.said import say

NETWORK = "network.npz"
#: Words read on either side of the name.
REACH = 25
#: Words after which the distance to the name counts for 1/e, and what a break between leaves of nearness.
NEAR, ACROSS, MOST_BREAKS = 4.0, 0.4, 4
#: Rows of the table before the vocabulary: nothing, an unknown word.
UNKNOWN, FIRST = 1, 2
_BREAKS = frozenset(
    [*",.;:!?()-", "but", "although", "though", "however", "yet", "while", "whereas", "except"]
)
_CONTRACTION = re.compile(r"(?<=[a-z]) ?(n't|'(?:s|re|ve|ll|d|m))(?![a-z])")
_WORD = re.compile(r"n't|'(?:s|re|ve|ll|d|m)\b|[a-z]+|[0-9]+|[^\sa-z0-9]")
_BATCH = 128


@dataclass(frozen=True, slots=True)
class Named:
    """A thing named: what stands before it in the sentence, the name, what stands after it."""

    left: str
    name: str
    right: str


@dataclass(frozen=True, slots=True)
class Pack:
    """Sentences as the network takes them.

    Attributes:
        words: (n, longest) rows of the table; 0 after the end.
        facts: (n, longest, 5): is the name; nearness; before (1) or after (-1); nearness by breaks between;
            there is no name, the whole sentence counts.
        lengths: (n,) words, at least 1.
    """

    words: np.ndarray
    facts: np.ndarray
    lengths: np.ndarray


def words_of(text: str) -> list[str]:
    """Lower-case words, numbers and marks, contractions apart."""
    return _WORD.findall(_CONTRACTION.sub(r" \1", text.lower().replace("’", "'")))


def packed(named: Sequence[Named], vocabulary: Mapping[str, int]) -> Pack:
    """The words around each name; a sentence without a name is all ``left``."""
    parts = [cut(one) for one in named]
    lengths = np.array([max(1, sum(map(len, part))) for part in parts], np.int64)
    longest = int(lengths.max(initial=1))
    spoken = [[word for part in three for word in part] for three in parts]
    words, breaks = (np.zeros((len(parts), longest), np.int64) for _side in range(2))
    for place, sentence in enumerate(spoken):
        words[place, : len(sentence)] = [vocabulary.get(word, UNKNOWN) for word in sentence] or UNKNOWN
        breaks[place, : len(sentence)] = [word in _BREAKS for word in sentence]
    starts = np.array([len(left) for left, _name, _right in parts], np.int64)
    stops = starts + np.array([len(name) for _left, name, _right in parts], np.int64)
    return Pack(words, _facts(breaks, starts, stops, lengths), lengths)


def cut(one: Named) -> tuple[list[str], list[str], list[str]]:
    """The words before the name, of the name, and after it, as far as they count."""
    name = words_of(one.name)[:REACH]
    reach = REACH if name else 2 * REACH
    return words_of(one.left)[-reach:], name, words_of(one.right)[:reach]


def _facts(breaks: np.ndarray, starts: np.ndarray, stops: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """See ``Pack``."""
    place = np.arange(breaks.shape[1])[None]
    start, stop = starts[:, None], stops[:, None]
    gap = np.maximum(0, np.maximum(start - place, place - stop + 1))
    passed = np.cumsum(breaks, 1)
    at = np.take_along_axis(passed, np.minimum(start, lengths[:, None] - 1), 1)
    crossed = np.minimum(np.abs(passed - at), MOST_BREAKS)
    side = np.where(place < start, 1, np.where(place >= stop, -1, 0))
    facts = np.stack([gap == 0, np.exp(-gap / NEAR), side, ACROSS**crossed, np.zeros(gap.shape)], 2)
    facts[stops == starts] = np.eye(FACTS)[4]
    facts[place >= lengths[:, None]] = 0
    return facts.astype(np.float32)


class AspectPolarity:
    """Reads how each thing named is felt about; made by ``load``."""

    def __init__(self, arrays: Mapping[str, np.ndarray]) -> None:
        self.arrays = dict(arrays)
        told = arrays["vocabulary"].tobytes().decode().split("\n")
        self.vocabulary = {word: FIRST + place for place, word in enumerate(told)}
        self._table = arrays["table"].astype(np.float32) / 127
        self._temperature = float(arrays["temperature"])

    @cached_property
    def _members(self) -> Members:
        return Members(
            [
                {
                    name.partition(".")[2]: array.astype(np.float32)
                    for name, array in self.arrays.items()
                    if name.startswith(f"member{number}.")
                }
                for number in range(int(self.arrays["members"]))
            ]
        )

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The network in ``folder``.

        Raises:
            RecommenderError: it is missing or damaged.
        """
        try:
            with np.load(folder / NETWORK) as stored:
                return cls({name: stored[name] for name in stored.files}).checked()
        except (OSError, ValueError, KeyError, IndexError, EOFError) as error:
            raise RecommenderError(
                say(
                    _("The aspect model in {folder} cannot be read ({error})."),
                    folder=folder.name,
                    error=str(error),
                ),
                say(
                    _("Restore it from the repository, or train anew: manage.py {command}."),
                    command="train_sentiment aspects",
                ),
            ) from error

    def checked(self) -> Self:
        """Itself; raises ValueError or KeyError where weights do not fit together."""
        if "members" in self.arrays:  # one that holds words alone is still to be taught
            fit(self._table, (FIRST + len(self.vocabulary), self._members.width - FACTS))
        return self

    def read(self, named: Sequence[Named]) -> np.ndarray:
        """(n, 3) probabilities in the order of ``LABELS``."""
        return softmax(self.scores(named) / self._temperature)

    def scores(self, named: Sequence[Named]) -> np.ndarray:
        """(n, 3) log odds, the mean of the members', before the temperature."""
        answer = np.zeros((len(named), 3))
        for at in range(0, len(named), _BATCH):
            pack = packed(named[at : at + _BATCH], self.vocabulary)
            read = self._members.read(pack.words, pack.facts, pack.lengths, self._table)
            answer[at : at + _BATCH] = _log_softmax(read).mean(0)
        return answer


def _log_softmax(scores: np.ndarray) -> np.ndarray:
    scores = scores - scores.max(-1, keepdims=True)
    return np.asarray(scores - np.log(np.exp(scores).sum(-1, keepdims=True)))
