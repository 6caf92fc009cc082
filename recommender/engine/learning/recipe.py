"""The training recipe for pictures and words: head first on frozen features, then the last stage gently.

Unfreezing everything at once destroys what the teacher knows, so the batch norms keep the teacher's
statistics throughout, the stages below the last never move, and the last one learns at a lower rate.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
from torch import nn

from recommender.engine.encoders.mini import text_features
from recommender.engine.encoders.tokenizer import PAD, JointTokenizer
from recommender.engine.learning.batches import Batch, TextBank, epoch_batches
from recommender.engine.learning.corpora import Corpus
from recommender.engine.learning.features import FROZEN_STAGES, as_input, finish, pooled_features
from recommender.engine.learning.losses import contrastive_loss, shared_targets

Note = Callable[[str], None]
_WARM_UP = 0.05


@dataclass(frozen=True)
class Recipe:
    """What one training run depends on; ``as_dict`` goes into the model card.

    Attributes:
        head_epochs, tail_epochs: passes with the trunk frozen, then with its last stage free.
        batch_size: pictures a step, all of one corpus.
        head_rate, tail_rate: peak learning rates of AdamW for new and for pretrained weights.
        weight_decay: of matrices; vectors (norms, biases) have none.
        dropout: share of pooled features dropped while training.
        word_dropout: share of tokens left out of a text.
        text_weight: weight of the loss between two texts of one picture.
        averaging: decay of the running average of weights that is kept in the end.
        lock_text: leave the text tower as it is, so that a sound tower trained against it stays right.
        seed: of everything random.
    """

    head_epochs: int = 20
    tail_epochs: int = 8
    batch_size: int = 512
    head_rate: float = 1e-3
    tail_rate: float = 1e-4
    weight_decay: float = 0.1
    dropout: float = 0.2
    word_dropout: float = 0.1
    text_weight: float = 0.25
    averaging: float = 0.99
    lock_text: bool = False
    seed: int = 0

    def as_dict(self) -> dict[str, float]:
        return asdict(self)


@dataclass
class Mixture:
    """Corpora with the cached views of their pictures.

    ``views[c]`` are arrays (n, 14, 14, 512) uint8; none for a corpus of which only the texts are learned.
    ``pooled[c]`` are the features (n, 1024) of those views under the teacher, computed where they are absent.
    """

    corpora: Sequence[Corpus]
    views: Sequence[Sequence[np.ndarray]]
    pooled: list[list[torch.Tensor]] = field(default_factory=list)


def train_image_text(
    model: Any, tokenizer: JointTokenizer, mixture: Mixture, recipe: Recipe, note: Note = print
) -> None:
    """Train ``model``'s image head, last image stage and text tower in place.

    Args:
        model: what ``mini.build_model`` gave, its trunk holding the teacher's weights.
        tokenizer: the vocabulary the text tower is for.
        mixture: corpora and their cached maps.
        recipe: see ``Recipe``.
        note: takes one line an epoch.
    """
    torch.manual_seed(recipe.seed)
    rng = np.random.default_rng(recipe.seed)
    banks = [TextBank(corpus, tokenizer) for corpus in mixture.corpora]
    model.eval().requires_grad_(False)  # eval throughout: batch norms keep the teacher's statistics
    if recipe.head_epochs:
        if not mixture.pooled:
            mixture.pooled = [[pooled_features(model.visual.trunk, m) for m in v] for v in mixture.views]
        groups = [_group(_new_weights(model, recipe), recipe.head_rate, recipe.weight_decay)]
        _epochs(model, banks, mixture, recipe, groups, recipe.head_epochs, rng, note, tail=False)
    if recipe.tail_epochs:
        stage = list(model.visual.trunk.blocks)[FROZEN_STAGES:]
        tail = [(n, p) for block in stage for n, p in block.named_parameters() if "bn" not in n]
        groups = [
            _group(_new_weights(model, recipe), recipe.head_rate / 3, recipe.weight_decay),
            _group(tail, recipe.tail_rate, 0.01),
        ]
        _epochs(model, banks, mixture, recipe, groups, recipe.tail_epochs, rng, note, tail=True)
    model.requires_grad_(False)


def _new_weights(model: Any, recipe: Recipe) -> list[tuple[str, nn.Parameter]]:
    text = [] if recipe.lock_text else list(model.text.named_parameters())
    return [*model.visual.head.named_parameters(), *text, ("logit_scale", model.logit_scale)]


def _group(named: Sequence[tuple[str, nn.Parameter]], rate: float, decay: float) -> list[dict[str, Any]]:
    """Two AdamW groups: matrices with weight decay, vectors and scalars without."""
    for _, parameter in named:
        parameter.requires_grad_(True)
    matrices = [p for n, p in named if p.ndim >= 2 and "embedding" not in n]
    rest = [p for n, p in named if p.ndim < 2 or "embedding" in n]
    return [
        {"params": matrices, "peak": rate, "weight_decay": decay},
        {"params": rest, "peak": rate, "weight_decay": 0.0},
    ]


def _epochs(
    model: Any,
    banks: Sequence[TextBank],
    mixture: Mixture,
    recipe: Recipe,
    groups: Sequence[Sequence[dict[str, Any]]],
    epochs: int,
    rng: np.random.Generator,
    note: Note,
    *,
    tail: bool,
) -> None:
    """AdamW with a warm-up and a cosine to nothing; the averaged weights are what remains."""
    flat = [group for pair in groups for group in pair]
    optimiser = torch.optim.AdamW(flat, lr=1e-3, betas=(0.9, 0.98))
    parameters = [p for group in flat for p in group["params"]]
    average = [p.detach().clone() for p in parameters]
    steps = epochs * sum(math.ceil(len(bank.captions) / recipe.batch_size) for bank in banks)
    step = 0
    for epoch in range(epochs):
        losses = []
        for batch in epoch_batches(banks, recipe.batch_size, rng, recipe.word_dropout):
            for group in optimiser.param_groups:
                group["lr"] = group["peak"] * schedule(step / steps)
            loss = _step_loss(model, mixture, batch, recipe, rng, tail=tail)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(parameters, 1.0)
            optimiser.step()
            with torch.no_grad():
                model.logit_scale.clamp_(0.0, math.log(100.0))
                # Averaging starts short and lengthens, or the first steps would linger.
                decay = min(recipe.averaging, (1 + step) / (10 + step))
                torch._foreach_lerp_(average, [p.detach() for p in parameters], 1.0 - decay)
            losses.append(float(loss.detach()))
            step += 1
        note(f"{'tail' if tail else 'head'} epoch {epoch + 1}/{epochs}: loss {np.mean(losses):.4f}")
    with torch.no_grad():
        for parameter, kept in zip(parameters, average, strict=True):
            parameter.copy_(kept)


def schedule(done: float) -> float:
    """Fraction of the peak rate after the fraction ``done`` of the steps."""
    if done < _WARM_UP:
        return (done + 1e-3) / _WARM_UP
    return 0.5 * (1.0 + math.cos(math.pi * (done - _WARM_UP) / (1.0 - _WARM_UP)))


def _step_loss(
    model: Any, mixture: Mixture, batch: Batch, recipe: Recipe, rng: np.random.Generator, *, tail: bool
) -> torch.Tensor:
    captions = text_rows(model.text, batch.captions)
    phrases = text_rows(model.text, batch.phrases)
    scale = model.logit_scale.exp()
    same_caption = shared_targets(batch.caption_keys, batch.caption_keys)
    same_phrase = shared_targets(batch.phrase_keys, batch.phrase_keys)
    between = contrastive_loss(captions, phrases, ((same_caption + same_phrase) > 0).float(), scale)
    if not mixture.views[batch.corpus]:
        return between
    images = _image_rows(model, mixture, batch, recipe, rng, tail=tail)
    loss = contrastive_loss(images, captions, same_caption, scale)
    loss = loss + contrastive_loss(images, phrases, same_phrase, scale)
    return loss + recipe.text_weight * between


def text_rows(tower: Any, tokens: torch.Tensor, chunks: int = 6) -> torch.Tensor:
    """(n, dim) unit rows of padded ``tokens``; texts of like length go together, so little padding is run."""
    lengths = (tokens != PAD).sum(dim=1)
    order = lengths.argsort()
    parts = [text_features(tower, tokens[part, : int(lengths[part].max())]) for part in order.chunk(chunks)]
    rows = torch.cat(parts)[order.argsort()]
    return nn.functional.normalize(rows, dim=1)


def _image_rows(
    model: Any, mixture: Mixture, batch: Batch, recipe: Recipe, rng: np.random.Generator, *, tail: bool
) -> torch.Tensor:
    """(n, dim) unit rows of a batch's pictures, each from a view drawn at random."""
    views = mixture.views[batch.corpus]
    drawn = rng.integers(len(views), size=len(batch.rows))
    if tail:
        maps = np.stack([views[view][row] for view, row in zip(drawn, batch.rows, strict=True)])
        pooled = torch.cat([finish(model.visual.trunk, as_input(part)) for part in _parts(maps)])
    else:
        stack = mixture.pooled[batch.corpus]
        pooled = torch.stack([stack[view][row] for view, row in zip(drawn, batch.rows, strict=True)])
    pooled = nn.functional.dropout(pooled, recipe.dropout, training=True)
    return nn.functional.normalize(model.visual.head(pooled), dim=1)


def _parts(maps: np.ndarray, size: int = 64) -> list[np.ndarray]:
    return [maps[start : start + size] for start in range(0, len(maps), size)]
