"""Fit the image head to further pictures, the text tower fixed, without forgetting what it knew.

The head learns contrastively on pooled features of the frozen trunk; on photographs it is also held to what
it said before. Source: Li and Hoiem 2016, "Learning without forgetting", with cosine in place of entropy.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from recommender.engine.encoders.mini import pixel_values, squashed
from recommender.engine.encoders.tokenizer import JointTokenizer
from recommender.engine.learning.corpora import Captioned, Corpus
from recommender.engine.learning.losses import contrastive_loss, shared_targets
from recommender.engine.learning.recipe import text_rows
from recommender.engine.preprocess.image import open_image

Note = Callable[[str], None]
_KNOWN_WEIGHT = 0.5  # of each corpus of photographs, beside 1 for the new pictures


@dataclass(frozen=True)
class HeadRecipe:
    """What a run depends on.

    Attributes:
        steps: of AdamW, each with a batch of every corpus.
        batch_size: pictures of a corpus a step.
        rate: peak learning rate.
        keep: weight of one minus the cosine to the head's earlier answer, on known corpora.
        known, new: pictures drawn from each known and each new corpus.
        dropout: share of pooled features dropped.
        seed: of everything random.
    """

    steps: int = 250
    batch_size: int = 256
    rate: float = 2e-4
    keep: float = 20.0
    known: int = 1_300
    new: int = 700
    dropout: float = 0.15
    seed: int = 0


@dataclass
class _Material:
    pooled: torch.Tensor  # (n, 1024)
    texts: torch.Tensor  # (m, dim) unit rows
    rows: list[list[int]]  # of each picture: its texts
    known: bool


def train_head(
    model: Any,
    tokenizer: JointTokenizer,
    known: Sequence[Corpus],
    new: Sequence[Corpus],
    recipe: HeadRecipe,
    note: Note = print,
) -> None:
    """Train ``model.visual.head`` in place on ``new`` pictures, held to its answers on ``known`` ones."""
    torch.manual_seed(recipe.seed)
    rng = np.random.default_rng(recipe.seed)
    model.eval().requires_grad_(False)
    parts = [_material(model, tokenizer, one, recipe.known, True, rng) for one in known]
    parts += [_material(model, tokenizer, one, recipe.new, False, rng) for one in new]
    before, head = copy.deepcopy(model.visual.head), model.visual.head.requires_grad_(True)
    optimiser = torch.optim.AdamW(head.parameters(), lr=recipe.rate, weight_decay=0.05)
    fall = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, recipe.steps)
    scale = float(model.logit_scale.exp())
    for step in range(recipe.steps):
        losses = [_loss(head, before, part, scale, recipe, rng) for part in parts]
        loss = torch.stack(losses).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        fall.step()
        if step % 50 == 0:
            note(f"head step {step}/{recipe.steps}: loss {float(loss.detach()):.4f}")
    head.requires_grad_(False)


def _loss(
    head: nn.Module, before: nn.Module, part: _Material, scale: float, recipe: HeadRecipe, rng: Any
) -> torch.Tensor:
    drawn = rng.choice(len(part.pooled), min(recipe.batch_size, len(part.pooled)), replace=False)
    keys = torch.tensor([int(rng.choice(part.rows[row])) for row in drawn])
    pooled = part.pooled[torch.from_numpy(drawn)]
    dropped = nn.functional.dropout(pooled, recipe.dropout)
    vectors = nn.functional.normalize(head(dropped), dim=1)
    loss = contrastive_loss(vectors, part.texts[keys], shared_targets(keys, keys), scale)
    if not part.known:
        return loss
    now, earlier = head(pooled), before(pooled)
    kept = 1.0 - nn.functional.cosine_similarity(now, earlier, dim=1).mean()
    return _KNOWN_WEIGHT * (loss + recipe.keep * kept)


def _material(
    model: Any, tokenizer: JointTokenizer, corpus: Corpus, count: int, known: bool, rng: Any
) -> _Material:
    picks = rng.permutation(len(corpus.examples))[:count]
    drawn: list[Captioned] = [corpus.examples[int(pick)] for pick in picks]
    place: dict[str, int] = {}
    rows = [[place.setdefault(t, len(place)) for t in (*e.captions, *e.phrases)] for e in drawn]
    texts, pooled = list(place), []
    with torch.no_grad():
        for start in range(0, len(drawn), 16):
            pixels = np.stack([squashed(open_image(e.image)) for e in drawn[start : start + 16]])
            pooled.append(model.visual.trunk(pixel_values(torch.from_numpy(pixels))))
        vectors = [text_rows(model.text, tokenizer(texts[s : s + 512])) for s in range(0, len(texts), 512)]
    return _Material(torch.cat(pooled), torch.cat(vectors), rows, known)
