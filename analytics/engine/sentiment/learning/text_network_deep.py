"""The deeper network of the text model while it learns (torch)."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from analytics.engine.sentiment.text_network import Tokens
from analytics.engine.sentiment.text_network_deep import PITCH, STOREYS, DeepNetwork

#: What the upper layer of a storey adds to what it was given counts so much in the beginning.
_LITTLE = 0.3


class DeepNet(nn.Module):
    """The sums of ``DeepNetwork`` over padded batches.

    Args:
        units: rows of the table of characters; ``pairs`` of that of pairs, where one row more stands for
            pairs too rare to learn; ``dim`` numbers in each.
        blanked: share of characters left out at random in training.
    """

    def __init__(self, units: int, pairs: int, dim: int, filters: int, blanked: float) -> None:
        super().__init__()
        self.blanked = blanked
        self.units, self.pairs = nn.Embedding(units, dim), nn.Embedding(pairs + 1, dim, padding_idx=pairs)
        nn.init.normal_(self.units.weight, std=0.3)
        nn.init.normal_(self.pairs.weight[:pairs].data, std=0.1)
        layers = [nn.Conv1d(dim, filters, 3, padding=1)]
        layers += [nn.Conv1d(filters, filters, 3, padding=1) for _ in range(2 * STOREYS)]
        for upper in layers[2::2]:
            upper.weight.data *= _LITTLE
        self.layers = nn.ModuleList(layers)
        self.last = nn.Linear(2 * filters * STOREYS, 1)

    def forward(self, units: torch.Tensor, pairs: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """(n,) scores of (n, longest) padded places; ``mask`` 1 where there is a character."""
        kept = mask
        if self.training:
            kept = mask * (torch.rand(mask.shape) >= self.blanked) / (1 - self.blanked)
        room = (0, -mask.shape[1] % PITCH)
        vectors = functional.pad((self.units(units) + self.pairs(pairs)) * kept[:, :, None], (0, 0, *room))
        inside = functional.pad(mask, room)[:, None, :]
        sums = self.layers[0](vectors.transpose(1, 2)) * inside
        pooled = []
        for storey in range(STOREYS):
            if storey:
                sums, inside = functional.max_pool1d(sums, 2), inside[:, :, ::2]
            lower, upper = self.layers[1 + 2 * storey : 3 + 2 * storey]
            sums = sums + upper(torch.relu(lower(torch.relu(sums))) * inside) * inside
            answers = torch.relu(sums)
            pooled += [answers.amax(2), answers.sum(2) / inside.sum(2).clamp(min=1)]
        return self.last(torch.cat(pooled, 1))[:, 0]

    def frozen(self, found: Tokens) -> DeepNetwork:
        """As numpy arrays; vectors of what was never found are zero."""
        from analytics.engine.sentiment.learning.text_network import stepped

        units, unit_step = stepped(self.units.weight.detach().numpy(), found.units)
        common = found.pairs[found.pairs < self.pairs.num_embeddings - 1]
        pairs, pair_step = stepped(self.pairs.weight.detach().numpy()[:-1], common)
        state = {name: value.numpy().copy() for name, value in self.state_dict().items()}
        first, *others = (_stacked(state[f"layers.{number}.weight"]) for number in range(1 + 2 * STOREYS))
        return DeepNetwork(
            units,
            pairs,
            np.array([unit_step, pair_step], np.float32),
            first,
            np.stack(others).reshape(STOREYS, 2, *others[0].shape),
            np.stack([state[f"layers.{number}.bias"] for number in range(1 + 2 * STOREYS)]),
            state["last.weight"][0],
            float(state["last.bias"][0]),
        )


def _stacked(filters: np.ndarray) -> np.ndarray:
    """(places * filters, numbers) of torch's (filters, numbers, places)."""
    return filters.transpose(2, 0, 1).reshape(-1, filters.shape[1])
