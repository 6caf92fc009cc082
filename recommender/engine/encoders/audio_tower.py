"""The audio tower of ``mmsite-mini``: log-mel frames to one vector, for speech and for other sounds.

Three convolutions over time with the frequency bands as channels (eight times fewer frames), residual
depthwise-separable convolutions, and attentive statistics pooling.
Source of the pooling: Okabe, Koshinaka and Shinoda 2018, "Attentive statistics pooling", equations 1 to 5.
"""

from __future__ import annotations

import torch
from torch import nn

#: ln(0.001): what ``log_mel`` gives for digital silence; also the value that pads short clips.
SILENCE = -6.907755
_CENTRE, _SPREAD = -4.0, 2.5  # of log-mel values, so that inputs are near unit variance
_HEADS = 4


class _TimeBlock(nn.Module):
    """Residual depthwise-separable convolution over time, kernel 7; (n, width, frames) both ways."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.depthwise = nn.Conv1d(width, width, 7, padding=3, groups=width)
        self.norm = nn.GroupNorm(8, width)
        self.expand = nn.Conv1d(width, 2 * width, 1)
        self.shrink = nn.Conv1d(2 * width, width, 1)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hidden = nn.functional.gelu(self.expand(self.norm(self.depthwise(x))))
        return x + self.dropout(self.shrink(hidden))


class AudioTower(nn.Module):
    """Log-mel frames to a vector that is not yet of unit length.

    Args:
        embed_dim: width of the vector.
        width: channels over time.
        blocks: residual blocks.
        mel_bands: frequency bands of the input.
        dropout: rate while training.
    """

    def __init__(
        self, embed_dim: int, width: int = 192, blocks: int = 3, mel_bands: int = 64, dropout: float = 0.1
    ) -> None:
        super().__init__()
        self.front = nn.Sequential(
            nn.Conv1d(mel_bands, width, 5, stride=2, padding=2),
            nn.ReLU(),
            nn.Conv1d(width, width, 5, stride=2, padding=2),
            nn.ReLU(),
            nn.Conv1d(width, width, 3, stride=2, padding=1),
        )
        self.blocks = nn.Sequential(*(_TimeBlock(width, dropout) for _ in range(blocks)))
        self.norm = nn.LayerNorm(width)
        self.attention = nn.Sequential(nn.Linear(width, 64), nn.Tanh(), nn.Linear(64, _HEADS))
        self.project = nn.Sequential(nn.Dropout(dropout), nn.Linear(2 * _HEADS * width, embed_dim))

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """(n, frames, mel_bands) to (n, embed_dim); every row of a batch has the same number of frames."""
        x = ((frames - _CENTRE) / _SPREAD).transpose(1, 2)  # (n, bands, frames)
        x = self.blocks(self.front(x))  # (n, width, frames / 8)
        x = self.norm(x.transpose(1, 2))  # (n, frames / 8, width)
        weights = self.attention(x).softmax(dim=1)  # (n, frames / 8, heads)
        mean = torch.einsum("nth,ntw->nhw", weights, x)
        square = torch.einsum("nth,ntw->nhw", weights, x * x)
        spread = (square - mean * mean).clamp_min(1e-6).sqrt()
        return self.project(torch.cat([mean, spread], dim=2).flatten(1))
