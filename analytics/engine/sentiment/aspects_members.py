"""The members of the aspect network, all at once: what ``learning.aspects_network`` trains, in numpy.

Each reads a sentence by a gated recurrent unit in each direction (Cho et al. 2014); its states are pooled by
attention, by maximum and at the name. A step of the units is dear for what is called in it rather than for
what is computed, so that one step is taken for all members and both directions together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np


class Members:
    """Networks of one shape; ``weights`` are those of each, under the names that torch gives them."""

    def __init__(self, weights: Sequence[Mapping[str, np.ndarray]]) -> None:
        self._weights = weights
        ways = [(member, way) for way in ("", "_reverse") for member in weights]

        def of_units(name: str) -> np.ndarray:
            """(2 members, ...) one kind of weight: ahead of every member, then backwards."""
            return np.stack([member[f"gru.{name}_l0{way}"] for member, way in ways]).astype(np.float32)

        self._enter, self._enter_lean = of_units("weight_ih"), of_units("bias_ih")
        self._inner = np.ascontiguousarray(of_units("weight_hh").transpose(0, 2, 1))
        self._lean = of_units("bias_hh")[:, None]

    def read(self, seen: np.ndarray, facts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """(members, n, labels) what each says of ``seen`` (n, longest, width).

        ``facts`` and ``lengths`` are those of ``aspects_polarity.Pack``.
        """
        places = np.arange(seen.shape[1])[None]
        told = places < lengths[:, None]
        back = np.where(told, lengths[:, None] - 1 - places, 0)[:, :, None]
        states = self._states(seen, np.take_along_axis(seen, back, 1))
        count = len(self._weights)
        return np.stack(
            [
                _scored(
                    member,
                    np.concatenate([states[at], np.take_along_axis(states[count + at], back, 1)], 2),
                    facts,
                    told,
                )
                for at, member in enumerate(self._weights)
            ]
        )

    def _states(self, ahead: np.ndarray, behind: np.ndarray) -> np.ndarray:
        """(2 members, n, longest, hidden) of all units; after the end of a sentence they mean nothing."""
        count, longest = ahead.shape[:2]
        hidden = self._inner.shape[1]
        entering = np.concatenate([self._entering(ahead, 0), self._entering(behind, 1)], 1)
        state = np.zeros((len(self._inner), count, hidden), np.float32)
        states = np.empty((longest, *state.shape), np.float32)
        for step in range(longest):
            given, kept = entering[step], state @ self._inner
            kept += self._lean
            # The logistic function, by way of a tangent that needs no care with large numbers.
            gates = 0.5 + 0.5 * np.tanh(0.5 * (given[..., : 2 * hidden] + kept[..., : 2 * hidden]))
            reset, hold = gates[..., :hidden], gates[..., hidden:]
            fresh = np.tanh(given[..., 2 * hidden :] + reset * kept[..., 2 * hidden :])
            state = fresh + hold * (state - fresh)
            states[step] = state
        return states.transpose(1, 2, 0, 3)

    def _entering(self, seen: np.ndarray, way: int) -> np.ndarray:
        """(longest, members, n, 3 hidden) what comes into the units of one direction, step by step."""
        members = slice(way * len(self._weights), (way + 1) * len(self._weights))
        weights, lean = self._enter[members], self._enter_lean[members]
        steps = seen.transpose(1, 0, 2)
        entering = steps.reshape(-1, seen.shape[2]) @ weights.reshape(-1, seen.shape[2]).T + lean.ravel()
        shape = (*steps.shape[:2], len(weights), weights.shape[1])
        return np.ascontiguousarray(entering.reshape(shape).transpose(0, 2, 1, 3))


def _scored(
    weights: Mapping[str, np.ndarray], states: np.ndarray, facts: np.ndarray, told: np.ndarray
) -> np.ndarray:
    """(n, labels) what a member makes of its ``states`` (n, longest, 2 hidden), where there are words."""
    beside = np.concatenate([states, facts], 2)
    heed = np.tanh(beside @ weights["att.weight"].T + weights["att.bias"]) @ weights["vec.weight"][0]
    heed = np.where(told, heed, -1e9)
    heed = np.exp(heed - heed.max(1, keepdims=True))
    name = facts[:, :, 0] + 1e-6 * told
    pooled = [
        _weighed(heed, states),
        np.where(told[:, :, None], states, -1e9).max(1),
        _weighed(name, states),
    ]
    return np.asarray(np.concatenate(pooled, 1) @ weights["head.weight"].T + weights["head.bias"])


def _weighed(weights: np.ndarray, states: np.ndarray) -> np.ndarray:
    """(n, width) the mean of each sentence's states by weight (n, longest)."""
    shares = (weights / weights.sum(1, keepdims=True)).astype(np.float32)
    return np.asarray((shares[:, None] @ states)[:, 0])
