"""Contrastive losses over unit rows, with more than one right answer a row."""

from __future__ import annotations

import torch
from torch import nn


def shared_targets(keys_a: torch.Tensor, keys_b: torch.Tensor) -> torch.Tensor:
    """(n, m) rows of a distribution: equal shares to every column whose key equals the row's.

    Captions made from a few attributes repeat within a batch; the picture of another black shirt is no wrong
    answer to "black shirt". A row without an equal key is all zeros and so takes no part in the loss.
    """
    same = (keys_a[:, None] == keys_b[None, :]).float()
    return same / same.sum(dim=1, keepdim=True).clamp_min(1.0)


def contrastive_loss(
    rows: torch.Tensor, columns: torch.Tensor, targets: torch.Tensor, scale: torch.Tensor | float
) -> torch.Tensor:
    """Symmetric cross entropy between similarities and ``targets``; a scalar.

    Args:
        rows: (n, dim) of unit length.
        columns: (m, dim) of unit length.
        targets: (n, m), not negative; a positive entry marks a pair that belongs together. Rows and columns
            are scaled to sum to one, those without a positive entry are left out.
        scale: inverse temperature.

    With the identity as targets this is the loss of Radford et al. 2021 (CLIP, figure 3); with several
    positives a row, that of Khosla et al. 2020 (equation 2).
    """
    logits = scale * rows @ columns.T  # (n, m)
    return 0.5 * (_cross_entropy(logits, targets) + _cross_entropy(logits.T, targets.T))


def _cross_entropy(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    mass = targets.sum(dim=1, keepdim=True)
    shares = targets / mass.clamp_min(1e-12)
    losses = -(shares * logits.log_softmax(dim=1)).sum(dim=1)
    kept = (mass[:, 0] > 0).float()
    return (losses * kept).sum() / kept.sum().clamp_min(1.0)


def alignment_loss(rows: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Mean of one minus the cosine of matching rows, both (n, dim); a scalar for distillation."""
    return (1.0 - nn.functional.cosine_similarity(rows, targets, dim=1)).mean()
