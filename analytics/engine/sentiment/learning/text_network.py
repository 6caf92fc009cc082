"""Train a script's network of the text model (torch), and hand it over as numpy arrays of eight bits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from analytics.engine.sentiment.text_features import tidy
from analytics.engine.sentiment.text_network import WIDTHS, AnyNetwork, Network, Tokens, tokens

_FILTERS = 64
_BATCH = 128
_RATE, _DECAY = 3e-3, 1e-2
#: Of all steps, the share at the beginning in which the rate rises.
_RISE = 0.1
#: The longest step that a gradient may ask for.
_STEEPEST = 5.0
#: How often a pair must be met for a row of its own; more often where the pieces of a teacher repeat each.
_MET, _MET_TAUGHT = 5, 10


@dataclass(frozen=True, slots=True)
class Plan:
    """How a network is built and trained.

    Attributes:
        words: read words rather than characters.
        units: rows of the table of characters or words; ``pairs`` of the table of pairs, 1 for none.
        blanked: share of tokens left out at random in training; none where a teacher is heard, whose
            pieces and doubts steady the network enough.
        deep: filters of each layer, layer upon layer; 0 for filters side by side.
        taught: learn from the teacher's readings beside the labels, and from pieces that it read.
    """

    words: bool
    units: int
    pairs: int
    dim: int
    rounds: int
    blanked: float
    deep: int = 0
    taught: bool = False

    def tokens(self, texts: Sequence[str]) -> Tokens:
        return tokens([tidy(text) for text in texts], self.words, self.units, self.pairs)


CHINESE_PLAN = Plan(
    words=False, units=1 << 14, pairs=1 << 17, dim=64, rounds=3, blanked=0.2, deep=80, taught=True
)
ENGLISH_PLAN = Plan(words=True, units=1 << 15, pairs=1, dim=64, rounds=3, blanked=0.3)


def train_network(
    plan: Plan, texts: Sequence[str], positive: np.ndarray, seed: int, say: Callable[[str], None]
) -> AnyNetwork:
    """A network that tells positive texts from negative ones.

    Args:
        positive: (n,) bool, or how probable it is.
    """
    import torch

    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    found = common(plan, plan.tokens(texts))
    net = _built(plan)
    # Fused, a step over all rows of the tables takes half the time.
    learner = torch.optim.AdamW(net.parameters(), lr=_RATE, weight_decay=_DECAY, fused=True)
    steps = plan.rounds * -(-len(texts) // _BATCH)
    # Of so few steps that the rise would end where it begins, it takes one.
    rise = max(_RISE, 2 / (steps + 1))
    pace = torch.optim.lr_scheduler.OneCycleLR(learner, _RATE, total_steps=steps + 1, pct_start=rise)
    wanted = torch.from_numpy(positive.astype(np.float32))
    for number in range(plan.rounds):
        total = 0.0
        for chosen, units, pairs, mask in batches(found, rng):
            scores = net(torch.from_numpy(units), torch.from_numpy(pairs), torch.from_numpy(mask))
            loss = torch.nn.functional.binary_cross_entropy_with_logits(scores, wanted[chosen])
            learner.zero_grad()
            loss.backward()
            if plan.deep:
                torch.nn.utils.clip_grad_norm_(net.parameters(), _STEEPEST)
            learner.step()
            pace.step()
            total += loss.item() * len(chosen)
        say(f"network, round {number + 1}: loss {total / len(texts):.4f}")
    return net.frozen(found)


def common(plan: Plan, found: Tokens) -> Tokens:
    """``found`` with pairs that a deep network meets too seldom to learn in a row of their own."""
    if not plan.deep:
        return found
    rare = np.bincount(found.pairs, minlength=plan.pairs) < (_MET_TAUGHT if plan.taught else _MET)
    return replace(found, pairs=np.where(rare[found.pairs], plan.pairs, found.pairs))


def _built(plan: Plan) -> Any:
    if not plan.deep:
        return _Net(plan)
    from analytics.engine.sentiment.learning.text_network_deep import DeepNet

    return DeepNet(plan.units, plan.pairs, plan.dim, plan.deep, 0.0 if plan.taught else plan.blanked)


class _Net:
    """The network while it learns; ``__call__`` (n,) scores of padded batches."""

    def __init__(self, plan: Plan) -> None:
        import torch
        from torch import nn

        self.plan = plan
        self.units = nn.Embedding(plan.units, plan.dim)
        self.pairs = nn.Embedding(plan.pairs, plan.dim)
        nn.init.normal_(self.units.weight, std=0.3)
        nn.init.normal_(self.pairs.weight, std=0.1)
        if plan.pairs == 1:
            nn.init.zeros_(self.pairs.weight)
            self.pairs.weight.requires_grad_(False)
        self.filters: list[nn.Conv1d] = [nn.Conv1d(plan.dim, _FILTERS, width) for width in WIDTHS]
        self.last = nn.Linear(_FILTERS * len(WIDTHS), 1)
        self.modules = nn.ModuleList([self.units, self.pairs, *self.filters, self.last])
        self._torch = torch

    def parameters(self) -> list[Any]:
        return [one for one in self.modules.parameters() if one.requires_grad]

    def __call__(self, units: Any, pairs: Any, mask: Any) -> Any:
        torch, functional = self._torch, self._torch.nn.functional
        kept = mask * (torch.rand(mask.shape) > self.plan.blanked) / (1 - self.plan.blanked)
        vectors = ((self.units(units) + self.pairs(pairs)) * kept[:, :, None]).transpose(1, 2)
        largest = []
        for width, layer in zip(WIDTHS, self.filters, strict=True):
            answers = torch.relu(layer(functional.pad(vectors, (0, width - 1))))
            largest.append((answers * mask[:, None, :]).amax(2))
        return self.last(functional.dropout(torch.cat(largest, 1), 0.5, True))[:, 0]

    def frozen(self, found: Tokens) -> Network:
        """As numpy arrays; vectors of what was never found are zero."""
        units, unit_step = stepped(self.units.weight.detach().numpy(), found.units)
        pairs, pair_step = stepped(self.pairs.weight.detach().numpy(), found.pairs)
        layers = [layer.weight.detach().numpy() for layer in self.filters]
        blocks = [
            layer[:, :, offset].T
            for offset in range(len(WIDTHS))
            for width, layer in zip(WIDTHS, layers, strict=True)
            if width > offset
        ]
        return Network(
            units,
            pairs,
            np.array([unit_step, pair_step], np.float32),
            np.hstack(blocks).astype(np.float32),
            np.concatenate([layer.state_dict()["bias"].numpy() for layer in self.filters]),
            self.last.weight.detach().numpy()[0].copy(),
            float(self.last.bias.item()),
        )


def stepped(weights: np.ndarray, found: np.ndarray) -> tuple[np.ndarray, float]:
    """As eight-bit steps, and what a step is worth; a few outliers are cut."""
    seen = np.bincount(found, minlength=len(weights)) > 0
    step = float(np.quantile(np.abs(weights[seen]), 0.9998)) / 127 or 1.0
    return np.where(seen[:, None], np.clip(np.rint(weights / step), -127, 127), 0).astype(np.int8), step


def batches(
    found: Tokens, rng: np.random.Generator
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """(places, units, pairs, mask) of texts of about one length, padded, in a new order."""
    order = np.argsort(found.sizes + rng.random(len(found.sizes)), kind="stable")
    parts = [order[at : at + _BATCH] for at in range(0, len(order), _BATCH)]
    starts = np.cumsum(found.sizes) - found.sizes
    for number in rng.permutation(len(parts)):
        chosen = parts[number]
        span = np.arange(max(1, int(found.sizes[chosen].max())))
        mask = span[None, :] < found.sizes[chosen][:, None]
        places = np.where(mask, starts[chosen][:, None] + span, 0)
        yield chosen, found.units[places], found.pairs[places], mask.astype(np.float32)
