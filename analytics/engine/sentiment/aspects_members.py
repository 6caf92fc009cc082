"""The members of the aspect network: what ``learning.aspects_network`` trains, compiled.

Each reads a sentence by a gated recurrent unit in each direction (Cho et al. 2014); its states are pooled by
attention, by maximum and at the name.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from analytics.engine.sentiment.aspects_tanh import tanh
from analytics.engine.sentiment.compiled import compiled
from analytics.engine.sentiment.text_network import fit

#: Numbers beside a word's vector: how it stands to the name; see ``aspects_polarity.Pack``.
FACTS = 5


class Members:
    """Networks of one shape.

    Attributes:
        width: numbers of a word, facts among them.
    """

    def __init__(self, weights: Sequence[Mapping[str, np.ndarray]]) -> None:
        """``weights`` are those of each, under the names that torch gives them."""
        self._fit(weights)
        ways = [(member, way) for way in ("", "_reverse") for member in weights]

        def of_units(name: str) -> np.ndarray:
            """(2 members, ...) one kind of weight: ahead of every member, then backwards."""
            return np.stack([member[f"gru.{name}_l0{way}"] for member, way in ways]).astype(np.float32)

        def of_all(name: str) -> np.ndarray:
            return np.stack([member[name] for member in weights]).astype(np.float32)

        hidden = weights[0]["gru.weight_hh_l0"].shape[1]
        # The logistic function is a tangent of half its argument, which is halved here once for all; and what
        # is added to the gates is the same at every step.
        halved = np.repeat(np.array([0.5, 0.5, 1], np.float32), hidden)
        added = of_units("bias_hh")
        enter = (of_units("weight_ih") * halved[:, None]).reshape(-1, weights[0]["gru.weight_ih_l0"].shape[1])
        enter_lean = (of_units("bias_ih") + np.where(halved < 1, added, 0)) * halved
        inner = np.ascontiguousarray((of_units("weight_hh") * halved[:, None]).transpose(0, 2, 1))
        self._units = enter.T, enter_lean.ravel(), inner, added[:, 2 * hidden :].copy()
        self._pooling = (
            of_all("att.weight"), of_all("att.bias"), of_all("vec.weight")[:, 0], of_all("head.weight"),
            of_all("head.bias"),
        )  # fmt: skip

    def _fit(self, weights: Sequence[Mapping[str, np.ndarray]]) -> None:
        """Raise ValueError where weights do not fit together: the loops would read past their ends."""
        hidden = weights[0]["gru.weight_hh_l0"].shape[1]
        self.width = weights[0]["gru.weight_ih_l0"].shape[1]
        heed, labels = len(weights[0]["att.bias"]), len(weights[0]["head.bias"])
        shapes: dict[str, tuple[int, ...]] = {
            "weight_ih": (3 * hidden, self.width),
            "weight_hh": (3 * hidden, hidden),
        }
        shapes |= {"bias_ih": (3 * hidden,), "bias_hh": (3 * hidden,)}
        for member in weights:
            for name, shape in shapes.items():
                fit(member[f"gru.{name}_l0"], shape, member[f"gru.{name}_l0_reverse"], shape)
            fit(member["att.weight"], (heed, 2 * hidden + FACTS), member["att.bias"], (heed,))
            fit(member["vec.weight"], (1, heed), member["head.weight"], (labels, 6 * hidden))
            fit(member["head.bias"], (labels,))

    def read(
        self, words: np.ndarray, facts: np.ndarray, lengths: np.ndarray, table: np.ndarray
    ) -> np.ndarray:
        """(members, n, labels) what each says of sentences, from their words' rows of ``table``.

        ``words``, ``facts`` and ``lengths`` are those of ``aspects_polarity.Pack``.
        """
        starts = np.concatenate([[0], np.cumsum(lengths)])
        seen = _seen(words, facts, starts, table)
        # The longest first, so that those that still have words are always the first ones.
        order = np.argsort(-lengths, kind="stable")
        states = _states(seen, starts, order, *self._units)
        return np.asarray(_pooled(states, seen, starts, *self._pooling))


@compiled
def _seen(words: np.ndarray, facts: np.ndarray, starts: np.ndarray, table: np.ndarray) -> np.ndarray:
    """(words, numbers + facts) what is seen of each word, sentence after sentence."""
    numbers, told = table.shape[1], facts.shape[2]
    seen = np.empty((starts[-1], numbers + told), np.float32)
    for sentence in range(len(starts) - 1):
        for place in range(starts[sentence + 1] - starts[sentence]):
            row = starts[sentence] + place
            for number in range(numbers):
                seen[row, number] = table[words[sentence, place], number]
            for number in range(told):
                seen[row, numbers + number] = facts[sentence, place, number]
    return seen


@compiled
def _states(
    seen: np.ndarray,
    starts: np.ndarray,
    order: np.ndarray,
    enter: np.ndarray,
    enter_lean: np.ndarray,
    inner: np.ndarray,
    lean: np.ndarray,
) -> np.ndarray:
    """(members, words, 2 hidden) of the units ahead and of those backwards, side by side."""
    units, hidden = lean.shape
    members, texts = units // 2, len(order)
    entering = np.dot(seen, enter)
    states = np.empty((members, len(seen), 2 * hidden), np.float32)
    held = np.zeros((texts, hidden), np.float32)
    kept = np.empty((texts, 3 * hidden), np.float32)
    for unit in range(units):
        first, side = 3 * hidden * unit, unit // members * hidden
        held.fill(0)
        going, step = texts, 0
        while True:
            while going and starts[order[going - 1] + 1] - starts[order[going - 1]] <= step:
                going -= 1
            if not going:
                break
            np.dot(held[:going], inner[unit], kept[:going])
            for number in range(going):
                sentence = order[number]
                row = starts[sentence + 1] - 1 - step if side else starts[sentence] + step
                given = entering[row, first : first + 3 * hidden]
                _step(held[number], kept[number], given, enter_lean[first : first + 3 * hidden], lean[unit])
                for place in range(hidden):
                    states[unit % members, row, side + place] = held[number, place]
            step += 1
    return states


@compiled
def _step(
    held: np.ndarray, kept: np.ndarray, given: np.ndarray, given_lean: np.ndarray, lean: np.ndarray
) -> None:
    """Take ``held`` (hidden,) one word further: reset and update gates, and what is new."""
    hidden = len(held)
    for unit in range(hidden):
        reset = (tanh(kept[unit] + (given[unit] + given_lean[unit])) + 1) * np.float32(0.5)
        kept[unit] = reset * (kept[2 * hidden + unit] + lean[unit])
    for unit in range(hidden):
        update = hidden + unit
        share = (tanh(kept[update] + (given[update] + given_lean[update])) + 1) * np.float32(0.5)
        fresh = tanh(kept[unit] + (given[2 * hidden + unit] + given_lean[2 * hidden + unit]))
        held[unit] = (held[unit] - fresh) * share + fresh


@compiled
def _pooled(
    states: np.ndarray,
    seen: np.ndarray,
    starts: np.ndarray,
    att: np.ndarray,
    att_lean: np.ndarray,
    vec: np.ndarray,
    head: np.ndarray,
    head_lean: np.ndarray,
) -> np.ndarray:
    """(members, n, labels) what each member makes of its ``states`` and of the facts at the end of what was
    ``seen``."""
    members, width, told = len(states), states.shape[2], att.shape[2] - states.shape[2]
    facts = seen[:, seen.shape[1] - told :]
    read = np.empty((members, len(starts) - 1, head.shape[1]))
    heed, name = np.empty(len(seen), np.float32), np.empty(len(seen), np.float32)
    pooled = np.empty((3, width), np.float32)
    for member in range(members):
        _heed(states[member], facts, att[member], att_lean[member], vec[member], heed)
        for sentence in range(len(starts) - 1):
            begun, ended = starts[sentence], starts[sentence + 1]
            inside = states[member, begun:ended]
            most = heed[begun:ended].max()
            for word in range(begun, ended):
                heed[word] = math.exp(heed[word] - most)
                name[word] = facts[word, 0] + np.float32(1e-6)
            _weigh(inside, heed[begun:ended], pooled[0])
            _largest(inside, pooled[1])
            _weigh(inside, name[begun:ended], pooled[2])
            for label in range(head.shape[1]):
                read[member, sentence, label] = head_lean[member, label] + _along(head[member, label], pooled)
    return read


@compiled
def _heed(
    states: np.ndarray,
    facts: np.ndarray,
    att: np.ndarray,
    att_lean: np.ndarray,
    vec: np.ndarray,
    heed: np.ndarray,
) -> None:
    """``heed`` (words,): how much each word is heeded, before they are weighed against each other."""
    width, told = states.shape[1], facts.shape[1]
    beside = np.empty((len(states), width + told), np.float32)
    for word in range(len(states)):
        for number in range(width):
            beside[word, number] = states[word, number]
        for number in range(told):
            beside[word, width + number] = facts[word, number]
    asked = np.dot(beside, att.T)
    for word in range(len(states)):
        for number in range(len(vec)):
            asked[word, number] = tanh(asked[word, number] + att_lean[number]) * vec[number]
        heed[word] = asked[word].sum()


@compiled
def _weigh(states: np.ndarray, weights: np.ndarray, mean: np.ndarray) -> None:
    """``mean`` (width,) of ``states`` (words, width), by ``weights`` (words,)."""
    total = weights.sum()
    mean.fill(0)
    for word in range(len(states)):
        share = weights[word] / total
        for number in range(len(mean)):
            mean[number] += share * states[word, number]


@compiled
def _largest(states: np.ndarray, largest: np.ndarray) -> None:
    """``largest`` (width,) of ``states`` (words, width)."""
    largest.fill(-np.inf)
    for word in range(len(states)):
        for number in range(len(largest)):
            largest[number] = max(largest[number], states[word, number])


@compiled
def _along(weights: np.ndarray, pooled: np.ndarray) -> float:
    """The sum of ``weights`` (3 * width,) times ``pooled`` (3, width)."""
    total = 0.0
    for part in range(len(pooled)):
        for number in range(pooled.shape[1]):
            total += weights[part * pooled.shape[1] + number] * pooled[part, number]
    return total
