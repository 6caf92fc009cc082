"""Fitting the two fusion recipes: the same sums as at run time, in torch, with whole channels dropped."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch

from analytics.engine.sentiment.attention import HEADS, OWNERS, AttentionFusion
from analytics.engine.sentiment.calibration import log_rows
from analytics.engine.sentiment.fusion import Fusion, Signals
from analytics.engine.sentiment.fusion_gated import GatedFusion

WIDTH = 16
_CHANNELS = 3
#: How often a step leaves out a channel of a review that has others, so that its absence is known later.
_DROPPED = 0.25
_Parameters = dict[str, torch.Tensor]
_Forward = Callable[[_Parameters, torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]


def fit_gated(signals: Signals, labels: np.ndarray, *, seed: int, epochs: int = 60) -> GatedFusion:
    """The gated recipe; held near the plain product of the channels' probabilities."""
    start = {
        "maps": torch.eye(3).repeat(_CHANNELS, 1, 1),
        "shifts": torch.zeros(_CHANNELS, 3),
        "gates": torch.zeros(_CHANNELS, 3 + _CHANNELS + 1),
    }
    return GatedFusion.of(_fit(_gated, start, signals, labels, seed, epochs, penalty=3e-3))


def fit_attention(signals: Signals, labels: np.ndarray, *, seed: int, epochs: int = 60) -> AttentionFusion:
    """The recipe of cross-modal attention."""
    generator = torch.Generator().manual_seed(seed)

    def drawn(*shape: int, scale: float = 0.2) -> torch.Tensor:
        return torch.randn(*shape, generator=generator) * scale

    start = {
        "opinion": drawn(_CHANNELS, 3, WIDTH), "content": drawn(signals.photos.shape[1], WIDTH, scale=1.0),
        "place": drawn(len(OWNERS), WIDTH), "query": drawn(WIDTH, WIDTH), "key": drawn(WIDTH, WIDTH),
        "value": drawn(WIDTH, WIDTH), "out": drawn(WIDTH, WIDTH), "read": torch.zeros(_CHANNELS, WIDTH, 3),
        "weight": torch.ones(_CHANNELS), "shift": torch.zeros(3),
    }  # fmt: skip
    return AttentionFusion.of(_fit(_attention, start, signals, labels, seed, epochs, penalty=3e-3))


def _fit(
    forward: _Forward, start: Mapping[str, torch.Tensor], signals: Signals, labels: np.ndarray,
    seed: int, epochs: int, penalty: float,
) -> dict[str, np.ndarray]:  # fmt: skip
    """Arrays that tell ``labels`` of reviews with several channels; parameters are held near their start."""
    rng = np.random.default_rng([seed, 5])
    many = signals.mask.sum(axis=1) > 1
    logs = torch.from_numpy(log_rows(signals.probabilities[many])).float()
    mask = torch.from_numpy(signals.mask[many])
    photos = torch.from_numpy(signals.photos[many]).float()
    wanted = torch.from_numpy(np.asarray(labels)[many].astype(np.int64))
    values = {name: tensor.clone().requires_grad_(True) for name, tensor in start.items()}
    optimiser = torch.optim.Adam(list(values.values()), lr=0.01)
    for _ in range(epochs):
        for picks in np.array_split(rng.permutation(len(logs)), max(1, len(logs) // 256)):
            kept = torch.from_numpy(_dropped(mask[picks].numpy(), rng))
            scores = forward(values, logs[picks], kept, photos[picks])
            held = sum((values[name] - start[name]).square().sum() for name in values)
            loss = torch.nn.functional.cross_entropy(scores, wanted[picks]) + penalty * held
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return {name: tensor.detach().numpy().astype(np.float64) for name, tensor in values.items()}


def _dropped(mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """``mask`` with now and then one channel left out, never the last."""
    kept = mask.copy()
    rows = np.flatnonzero((rng.random(len(mask)) < _DROPPED) & (mask.sum(axis=1) > 1))
    for row in rows:
        kept[row, rng.choice(np.flatnonzero(mask[row]))] = False
    return kept


def _gated(p: _Parameters, logs: torch.Tensor, mask: torch.Tensor, photos: torch.Tensor) -> torch.Tensor:
    """Scores (n, 3); see ``GatedFusion``."""
    present = mask[:, None, :].expand(-1, _CHANNELS, -1).float()
    inputs = torch.cat([logs, present, torch.ones(*mask.shape, 1)], dim=2)
    strength = 2.0 * torch.sigmoid(torch.einsum("ncf,cf->nc", inputs, p["gates"])) * mask
    voices = torch.einsum("cij,ncj->nci", p["maps"], logs) + p["shifts"]
    return torch.einsum("nc,nci->ni", strength, voices)


def _attention(p: _Parameters, logs: torch.Tensor, mask: torch.Tensor, photos: torch.Tensor) -> torch.Tensor:
    """Scores (n, 3); see ``AttentionFusion``."""
    opinions = torch.einsum("nck,ckd->ncd", logs, p["opinion"])
    seen = mask[:, 1] & (photos != 0).any(dim=1)
    tokens = torch.cat([opinions, (photos @ p["content"])[:, None]], dim=1) + p["place"]
    present = torch.cat([mask, seen[:, None]], dim=1)
    foreign = torch.from_numpy(OWNERS[None, :] != np.arange(_CHANNELS)[:, None])
    answers = _attend(p, tokens, present[:, None, :] & foreign[None])
    states = torch.nn.functional.layer_norm(tokens[:, :_CHANNELS] + answers @ p["out"], (WIDTH,))
    own = torch.einsum("ncd,cdk->nck", states, p["read"]) + p["weight"][:, None] * logs
    return (own * mask[..., None]).sum(dim=1) + p["shift"]


def _attend(p: _Parameters, tokens: torch.Tensor, allowed: torch.Tensor) -> torch.Tensor:
    n = len(tokens)
    q, k, v = (
        (part @ p[name]).reshape(n, part.shape[1], HEADS, WIDTH // HEADS)
        for part, name in ((tokens[:, :_CHANNELS], "query"), (tokens, "key"), (tokens, "value"))
    )
    scores = torch.einsum("nqhd,nkhd->nhqk", q, k) / (WIDTH // HEADS) ** 0.5
    weights = torch.softmax(scores.masked_fill(~allowed[:, None], -1e9), dim=3) * allowed[:, None]
    return torch.einsum("nhqk,nkhd->nqhd", weights, v).reshape(n, _CHANNELS, WIDTH)


FITS: Mapping[str, Callable[..., Fusion]] = {"gated": fit_gated, "attention": fit_attention}
