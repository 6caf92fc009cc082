"""The deeper network of the text model while it learns (torch)."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from analytics.engine.sentiment.text_network import Tokens
from analytics.engine.sentiment.text_network_deep import STRIDES, DeepNetwork

#: Share of answers left out at random in training, between layers and at the end.
_BETWEEN, _END = 0.1, 0.5


class DeepNet(nn.Module):
    """Vectors of characters and pairs, layers of filters over three places, a weighted sum of what is kept.

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
        self.layers = nn.ModuleList(
            nn.Conv1d(dim if number == 0 else filters, filters, 3, padding=stride, dilation=stride)
            for number, stride in enumerate(STRIDES)
        )
        self.last = nn.Linear(filters * (len(STRIDES) + 1), 1)

    def forward(self, units: torch.Tensor, pairs: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """(n,) scores of (n, longest) padded places; ``mask`` 1 where there is a character."""
        kept = mask
        if self.training:
            kept = mask * (torch.rand(mask.shape) > self.blanked) / (1 - self.blanked)
        vectors = ((self.units(units) + self.pairs(pairs)) * kept[:, :, None]).transpose(1, 2)
        inside, pooled = mask[:, None, :], []
        for layer in self.layers:
            answers = torch.relu(layer(vectors)) * inside
            pooled.append(answers.amax(2))
            vectors = functional.dropout(answers, _BETWEEN, self.training)
        pooled.append(vectors.sum(2) / inside.sum(2).clamp(min=1))
        return self.last(functional.dropout(torch.cat(pooled, 1), _END, self.training))[:, 0]

    def frozen(self, found: Tokens) -> DeepNetwork:
        """As numpy arrays; vectors of what was never found are zero."""
        from analytics.engine.sentiment.learning.text_network import stepped

        units, unit_step = stepped(self.units.weight.detach().numpy(), found.units)
        common = found.pairs[found.pairs < self.pairs.num_embeddings - 1]
        pairs, pair_step = stepped(self.pairs.weight.detach().numpy()[:-1], common)
        state = {name: value.numpy().copy() for name, value in self.state_dict().items()}
        numbers = range(len(STRIDES))
        first, second, third = (
            state[f"layers.{number}.weight"].transpose(2, 1, 0).copy() for number in numbers
        )
        return DeepNetwork(
            units,
            pairs,
            np.array([unit_step, pair_step], np.float32),
            first,
            second,
            third,
            np.stack([state[f"layers.{number}.bias"] for number in numbers]),
            state["last.weight"][0],
            float(state["last.bias"][0]),
        )
