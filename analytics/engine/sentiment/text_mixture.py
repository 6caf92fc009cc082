"""The experts of one script together: what each says of a text, by how much the text is of its kind."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analytics.engine.sentiment.compiled import compiled

#: Half the width of neutral, in log odds, where phrases commit to nothing: for each, and to begin with.
_NEITHER, _PHRASED = 1.2, 0.75


@dataclass(frozen=True, slots=True)
class Expert:
    """Columns of the table: one, positive against negative; or two, negative and positive against neutral."""

    name: str
    first: int
    sides: int

    @property
    def columns(self) -> slice:
        return slice(self.first, self.first + self.sides)


@dataclass(frozen=True, slots=True)
class Said:
    """What is known of n texts of one script.

    Attributes:
        scores: (n, columns) sums over the table.
        ordered: (n,) the score of the script's network.
        moods: (n,) log odds that emoji add, and blame that is taken back; ``middle`` (n,) how many phrases
            that commit to nothing the text counts for.
    """

    scores: np.ndarray
    ordered: np.ndarray
    moods: np.ndarray
    middle: np.ndarray

    def part(self, own: slice) -> Said:
        return Said(self.scores[own], self.ordered[own], self.moods[own], self.middle[own])


class Mixture:
    """Experts of one script, those of one column first, with the gate that weighs them and what a site's
    corrections taught.

    Attributes:
        columns: (k,) those of the table that move the log odds of positive against negative.
        worth: (experts + 1, k) by how much a step of each does by each expert, and by the site's.
    """

    def __init__(
        self,
        experts: Sequence[Expert],
        gate: Expert,
        site: Expert,
        scales: np.ndarray,
        told: Mapping[str, Mapping[str, Any]],
    ) -> None:
        """A raw score becomes log odds: score * scale + shift, a value for each column.

        Args:
            scales: (columns,) what one step of each is worth.
            told: by name, ``scale`` and ``shift``; of experts of one column ``network`` as well, what the
                score of the script's network counts, and ``middle``, half the width of neutral (0 if absent).

        Raises:
            ValueError, KeyError: they do not fit the experts' columns.
        """
        ordered, sided = ([one for one in experts if one.sides == sides] for sides in (1, 2))
        further = [
            np.array([told[one.name].get(key, 0.0) for one in ordered], np.float64) for key in _FURTHER
        ]
        self._parts = (
            _linear([gate], told),
            (*_linear(ordered, told), *further),
            _linear(sided, told),
            # Nothing was taught where no step is worth anything.
            _linear([site] if scales[site.columns].any() else [], told),
        )
        worth = np.zeros((len(experts) + 1, len(scales)))
        for place, expert in enumerate(experts):
            steps = np.array(told[expert.name]["scale"]) * scales[expert.columns]
            worth[place, expert.columns] = steps if expert.sides == 1 else (-steps[0], steps[1])
        worth[-1, site.columns] = scales[site.columns] * (-1, 1)
        self.columns = np.flatnonzero(worth.any(0))
        self.worth = np.ascontiguousarray(worth[:, self.columns])

    def read(self, said: Said) -> tuple[np.ndarray, np.ndarray]:
        """(n, 3) readings, and (n, experts) how much each text is of the kind of each expert."""
        return _mixed(said.scores, said.ordered, said.moods, said.middle, *self._parts)


_FURTHER = ("network", "middle")


def _linear(
    experts: Sequence[Expert], told: Mapping[str, Mapping[str, Any]]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(experts,) first columns, (experts, sides) scales and shifts."""
    first = np.array([one.first for one in experts], np.int64)
    sides = experts[0].sides if experts else 2
    scale, shift = (
        np.array([told[one.name][key] for one in experts], np.float64).reshape(-1, sides)
        for key in ("scale", "shift")
    )
    return first, scale, shift


@compiled
def _mixed(
    scores: np.ndarray,
    ordered: np.ndarray,
    moods: np.ndarray,
    middle: np.ndarray,
    gate: tuple[np.ndarray, ...],
    one_column: tuple[np.ndarray, ...],
    two_columns: tuple[np.ndarray, ...],
    site: tuple[np.ndarray, ...],
) -> tuple[np.ndarray, np.ndarray]:
    """(n, 3) readings and (n, experts) kinds."""
    ones, twos = len(one_column[0]), len(two_columns[0])
    read, kinds = np.zeros((len(scores), 3)), np.zeros((len(scores), ones + twos))
    sides = np.empty(3)
    for text in range(len(scores)):
        kind = kinds[text]
        for place in range(1, ones + twos):
            kind[place] = _odds(scores[text], gate, 0, place - 1)
        _soften(kind)
        for expert in range(ones):
            network, width = one_column[3][expert], one_column[4][expert]
            odds = _odds(scores[text], one_column, expert, 0) + network * ordered[text] + moods[text]
            if middle[text] > 0:
                width = _NEITHER * middle[text] + _PHRASED
            low, high = _logistic(-odds - width), _logistic(odds - width)
            _add(read[text], kind[expert], low, 1 - low - high, high)
        for expert in range(twos):
            lean = 0.5 * middle[text]
            sides[0] = _odds(scores[text], two_columns, expert, 0) - moods[text] / 2 - lean
            sides[1] = 0
            sides[2] = _odds(scores[text], two_columns, expert, 1) + moods[text] / 2 - lean
            _soften(sides)
            _add(read[text], kind[ones + expert], sides[0], sides[1], sides[2])
        for taught in range(len(site[0])):
            for label in range(3):
                read[text, label] = math.log(max(read[text, label], 1e-9))
            read[text, 0] += _odds(scores[text], site, taught, 0)
            read[text, 2] += _odds(scores[text], site, taught, 1)
            _soften(read[text])
    return read, kinds


@compiled
def _odds(scores: np.ndarray, linear: tuple[np.ndarray, ...], expert: int, side: int) -> float:
    """Log odds of one side, from a text's ``scores`` (columns,)."""
    return scores[linear[0][expert] + side] * linear[1][expert, side] + linear[2][expert, side]


@compiled
def _logistic(value: float) -> float:
    return 1 / (1 + math.exp(-min(max(value, -60), 60)))


@compiled
def _soften(values: np.ndarray) -> None:
    """Make log odds probabilities."""
    most = values.max()
    for place in range(len(values)):
        values[place] = math.exp(values[place] - most)
    total = values.sum()
    for place in range(len(values)):
        values[place] /= total


@compiled
def _add(read: np.ndarray, share: float, negative: float, neutral: float, positive: float) -> None:
    read[0] += share * negative
    read[1] += share * neutral
    read[2] += share * positive
