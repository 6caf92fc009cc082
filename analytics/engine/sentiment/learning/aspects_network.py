"""The aspect network in torch: the same sums as ``aspects_polarity``, with dropout, and how it is fitted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from analytics.engine.sentiment.aspects_polarity import FACTS, UNKNOWN, Pack

HIDDEN, HEED = 64, 32
_WORDS_LOST, _VECTORS_LOST, _POOLED_LOST = 0.05, 0.2, 0.3
Embed = Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True, slots=True)
class Course:
    """How long and how fast to learn."""

    epochs: int
    rate: float
    batch: int
    decay: float = 1e-2


class Network(nn.Module):
    """Words and facts to log odds: ``head`` of three labels, ``films`` of positive against negative."""

    def __init__(self, embed: Embed, width: int) -> None:
        super().__init__()
        self.embed = embed
        self.gru = nn.GRU(width + FACTS, HIDDEN, batch_first=True, bidirectional=True)
        self.att = nn.Linear(2 * HIDDEN + FACTS, HEED)
        self.vec = nn.Linear(HEED, 1)
        self.head = nn.Linear(6 * HIDDEN, 3)
        self.films = nn.Linear(6 * HIDDEN, 1)

    def pooled(self, words: torch.Tensor, facts: torch.Tensor) -> torch.Tensor:
        """(n, 6 * hidden): pooled by attention, by maximum, at the name."""
        told = words > 0
        if self.training:
            lost = (torch.rand(words.shape) < _WORDS_LOST) & told
            words = words.masked_fill(lost, UNKNOWN)
        seen = functional.dropout(self.embed(words), _VECTORS_LOST, self.training)
        sequence = pack_padded_sequence(
            torch.cat([seen, facts], 2), told.sum(1), batch_first=True, enforce_sorted=False
        )
        states, _ = pad_packed_sequence(self.gru(sequence)[0], batch_first=True)
        heed = self.vec(torch.tanh(self.att(torch.cat([states, facts], 2))))[..., 0]
        heed = heed.masked_fill(~told, -1e9).softmax(1)
        name = facts[..., 0] + 1e-6 * told
        parts = [
            (heed[..., None] * states).sum(1),
            states.masked_fill(~told[..., None], -1e9).amax(1),
            (name[..., None] * states).sum(1) / name.sum(1, keepdim=True),
        ]
        return functional.dropout(torch.cat(parts, 1), _POOLED_LOST, self.training)

    def arrays(self) -> dict[str, np.ndarray]:
        """What ``aspects_polarity`` reads of one member, as float16."""
        kept = {
            name: value
            for name, value in self.state_dict().items()
            if not name.startswith(("films", "embed"))
        }
        return {name: value.numpy().astype(np.float16) for name, value in kept.items()}


def fit(
    network: Network, head: nn.Linear, pack: Pack, labels: np.ndarray, course: Course, seed: int
) -> float:
    """Teach ``network`` to tell ``labels`` by ``head``; the mean loss of the last epoch.

    Args:
        labels: (n,) whole numbers, or (n, 3) float32 probabilities.
    """
    rng = np.random.default_rng(seed)
    learned = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(learned, lr=course.rate, weight_decay=course.decay)
    steps = course.epochs * -(-len(labels) // course.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, course.rate, total_steps=steps, pct_start=0.15)
    loss_of = functional.cross_entropy if head.out_features > 1 else _binary
    network.train()
    total = 0.0
    for _ in range(course.epochs):
        total = 0.0
        for places in _batches(pack.lengths, course.batch, rng):
            loss = loss_of(head(network.pooled(*_tensors(pack, places))), torch.from_numpy(labels[places]))
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(learned, 1.0)
            optimiser.step()
            schedule.step()
            total += loss.item() * len(places)
    network.eval()
    return total / len(labels)


def read(network: Network, head: nn.Linear, pack: Pack) -> np.ndarray:
    """(n, outputs) log odds."""
    network.eval()
    with torch.no_grad():
        parts = [
            head(network.pooled(*_tensors(pack, places))).numpy()
            for places in np.array_split(np.arange(len(pack.lengths)), -(-len(pack.lengths) // 256))
        ]
    return np.concatenate(parts)


def _binary(scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return functional.binary_cross_entropy_with_logits(scores[:, 0], labels.float())


def _batches(lengths: np.ndarray, size: int, rng: np.random.Generator) -> Sequence[np.ndarray]:
    """Like lengths together, in an order drawn anew."""
    order = np.argsort(lengths // 4 + rng.random(len(lengths)) * 2, kind="stable")
    batches = [order[at : at + size] for at in range(0, len(order), size)]
    return [batches[place] for place in rng.permutation(len(batches))]


def _tensors(pack: Pack, places: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    longest = int(pack.lengths[places].max())
    return (
        torch.from_numpy(pack.words[places, :longest]),
        torch.from_numpy(pack.facts[places, :longest]),
    )
