"""The members of the aspect network, all at once: what ``learning.aspects_network`` trains, in numpy.

Each reads a sentence by a gated recurrent unit in each direction (Cho et al. 2014); its states are pooled by
attention, by maximum and at the name. A step of the units is dear for what is called in it rather than for
what is computed, so that one step is taken for all members and both directions together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

#: The weights behind the units: of the attention, and of what is read off.
_POOLING = ("att.weight", "att.bias", "vec.weight", "head.weight", "head.bias")


class Members:
    """Networks of one shape; ``weights`` are those of each, under the names that torch gives them."""

    def __init__(self, weights: Sequence[Mapping[str, np.ndarray]]) -> None:
        self._weights = {name: np.stack([member[name] for member in weights]) for name in _POOLING}
        ways = [(member, way) for way in ("", "_reverse") for member in weights]

        def of_units(name: str) -> np.ndarray:
            """(2 members, ...) one kind of weight: ahead of every member, then backwards."""
            return np.stack([member[f"gru.{name}_l0{way}"] for member, way in ways]).astype(np.float32)

        hidden = weights[0]["gru.weight_hh_l0"].shape[1]
        # The logistic function is a tangent of half its argument, which is halved here once for all; and what
        # is added to the gates is the same at every step.
        halved = np.repeat(np.array([0.5, 0.5, 1], np.float32), hidden)
        added = of_units("bias_hh")
        enter = (of_units("weight_ih") * halved[:, None]).reshape(
            2, -1, weights[0]["gru.weight_ih_l0"].shape[1]
        )
        self._enter = np.ascontiguousarray(enter.transpose(0, 2, 1))
        self._enter_lean = (of_units("bias_ih") + np.where(halved < 1, added, 0)) * halved
        self._inner = np.ascontiguousarray((of_units("weight_hh") * halved[:, None]).transpose(0, 2, 1))
        self._lean = np.ascontiguousarray(added[:, None, 2 * hidden :])

    def read(self, seen: np.ndarray, facts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """(members, n, labels) what each says of ``seen`` (n, longest, width).

        ``facts`` and ``lengths`` are those of ``aspects_polarity.Pack``.
        """
        # The longest first, so that those that still have words are always the first ones.
        order = np.argsort(-lengths, kind="stable")
        seen, facts, lengths = seen[order], facts[order], lengths[order]
        places = np.arange(seen.shape[1])[None]
        told = places < lengths[:, None]
        back = np.where(told, lengths[:, None] - 1 - places, 0)[:, :, None]
        ahead, behind = np.split(self._states(self._entering(seen, lengths, told), told), 2)
        states = np.concatenate([ahead, np.take_along_axis(behind, back[None], 2)], 3)
        return _scored(self._weights, states, facts, told)[:, np.argsort(order)]

    def _entering(self, seen: np.ndarray, lengths: np.ndarray, told: np.ndarray) -> np.ndarray:
        """(words, 2 members, 3 hidden) what comes into the units, place by place; backwards from each end."""
        place, row = np.nonzero(told.T)
        ways = seen[row, place], seen[row, lengths[row] - 1 - place]
        entering = np.empty((len(row), *self._enter_lean.shape), np.float32)
        for halves, words, weights in zip(np.split(entering, 2, axis=1), ways, self._enter, strict=True):
            halves[:] = (words @ weights).reshape(halves.shape)
        entering += self._enter_lean
        return entering

    def _states(self, entering: np.ndarray, told: np.ndarray) -> np.ndarray:
        """(2 members, n, longest, hidden) of all units; after the end of a sentence they are zero."""
        hidden = self._inner.shape[1]
        state = np.zeros((len(self._inner), len(told), hidden), np.float32)
        states = np.zeros((told.shape[1], *state.shape), np.float32)
        first = 0
        for step, going in enumerate(told.sum(0).tolist()):
            given, held = entering[first : first + going].transpose(1, 0, 2), state[:, :going]
            kept = held @ self._inner
            gates, fresh = kept[..., : 2 * hidden], kept[..., 2 * hidden :]
            gates += given[..., : 2 * hidden]
            np.tanh(gates, out=gates)
            gates += 1
            gates *= 0.5
            fresh += self._lean
            fresh *= gates[..., :hidden]
            fresh += given[..., 2 * hidden :]
            np.tanh(fresh, out=fresh)
            held -= fresh
            held *= gates[..., hidden:]
            held += fresh
            states[step, :, :going] = held
            first += going
        return states.transpose(1, 2, 0, 3)


def _scored(
    weights: Mapping[str, np.ndarray], states: np.ndarray, facts: np.ndarray, told: np.ndarray
) -> np.ndarray:
    """(members, n, labels) what each makes of its ``states`` (members, n, longest, 2 hidden), where there are
    words."""
    beside = np.concatenate([states, np.broadcast_to(facts, (len(states), *facts.shape))], 3)
    heed = beside @ weights["att.weight"].transpose(0, 2, 1)[:, None] + weights["att.bias"][:, None, None]
    heed = (np.tanh(heed, out=heed) @ weights["vec.weight"][:, None].transpose(0, 1, 3, 2))[..., 0]
    heed = np.where(told, heed, -1e9)
    heed = np.exp(heed - heed.max(2, keepdims=True))
    name = facts[:, :, 0] + 1e-6 * told
    pooled = [
        _weighed(heed, states),
        np.where(told[:, :, None], states, -1e9).max(2),
        _weighed(name[None], states),
    ]
    off = np.concatenate(pooled, 2) @ weights["head.weight"].transpose(0, 2, 1)
    return np.asarray(off + weights["head.bias"][:, None])


def _weighed(weights: np.ndarray, states: np.ndarray) -> np.ndarray:
    """(members, n, width) the mean of each sentence's states by weight (members or 1, n, longest)."""
    shares = (weights / weights.sum(2, keepdims=True)).astype(np.float32)
    return np.asarray((shares[:, :, None] @ states)[:, :, 0])
