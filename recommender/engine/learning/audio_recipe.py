"""The training recipe for sound: a clip's vector goes where the text tower puts the words that are spoken."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from recommender.engine.encoders.audio_tower import SILENCE
from recommender.engine.encoders.tokenizer import JointTokenizer
from recommender.engine.learning.losses import alignment_loss, contrastive_loss, shared_targets
from recommender.engine.learning.recipe import schedule, text_rows
from recommender.engine.learning.sounds import KINDS, make_sounds
from recommender.engine.learning.spoken import Spoken
from recommender.engine.preprocess.audio import log_mel

Note = Callable[[str], None]
_SCALE = 20.0  # inverse temperature against text vectors that are fixed


@dataclass(frozen=True)
class AudioRecipe:
    """What a run of the audio tower depends on.

    Attributes:
        epochs: passes over all clips.
        batch_size: clips a step, of like length.
        rate: peak learning rate of AdamW.
        weight_decay: of matrices.
        masks: stretches of time and of frequency hidden in each clip (Park et al. 2019, SpecAugment).
        seed: of everything random.
    """

    epochs: int = 8
    batch_size: int = 64
    rate: float = 2e-3
    weight_decay: float = 0.05
    masks: int = 2
    seed: int = 0

    def as_dict(self) -> dict[str, float]:
        return asdict(self)


def sounds_as_spoken(each: int, seed: int, kinds: Sequence[str] = tuple(KINDS)) -> Spoken:
    """Formula sounds in the form of speech: frames, and a text that names the kind."""
    clips, labels = make_sounds(each, seed, kinds)
    frames = [log_mel(clip).astype(np.float16) for clip in clips]
    bounds = np.cumsum([0, *(len(part) for part in frames)])
    texts = tuple(KINDS[kind][1][number % 2] for number, kind in enumerate(labels))
    return Spoken(np.concatenate(frames), bounds, texts)


def train_audio(
    model: Any, tokenizer: JointTokenizer, spoken: Spoken, recipe: AudioRecipe, note: Note = print
) -> None:
    """Train ``model.audio`` in place against the text tower, which does not move."""
    torch.manual_seed(recipe.seed)
    rng = np.random.default_rng(recipe.seed)
    targets, keys = _targets(model.text, tokenizer, spoken)
    tower = model.audio.train().requires_grad_(True)
    optimiser = torch.optim.AdamW(
        tower.parameters(), lr=recipe.rate, betas=(0.9, 0.98), weight_decay=recipe.weight_decay
    )
    steps = recipe.epochs * -(-len(spoken) // recipe.batch_size)
    step = 0
    for epoch in range(recipe.epochs):
        losses = []
        for rows in _batches(spoken, recipe.batch_size, rng):
            optimiser.param_groups[0]["lr"] = recipe.rate * schedule(step / steps)
            vectors = nn.functional.normalize(tower(_padded(spoken, rows, rng, recipe.masks)), dim=1)
            wanted, same = targets[keys[rows]], shared_targets(keys[rows], keys[rows])
            loss = contrastive_loss(vectors, wanted, same, _SCALE) + alignment_loss(vectors, wanted)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(tower.parameters(), 1.0)
            optimiser.step()
            losses.append(float(loss.detach()))
            step += 1
        note(f"audio epoch {epoch + 1}/{recipe.epochs}: loss {np.mean(losses):.4f}")
    tower.eval().requires_grad_(False)


def _targets(text_tower: Any, tokenizer: JointTokenizer, spoken: Spoken) -> tuple[torch.Tensor, torch.Tensor]:
    """(unique texts, dim) unit rows, and the row of each clip's text (n,)."""
    unique = {text: number for number, text in enumerate(dict.fromkeys(spoken.texts))}
    texts = list(unique)
    with torch.no_grad():
        parts = [
            text_rows(text_tower, tokenizer(texts[start : start + 512]))
            for start in range(0, len(texts), 512)
        ]
    return torch.cat(parts), torch.tensor([unique[text] for text in spoken.texts])


def _batches(spoken: Spoken, size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Rows of like length together, batches in random order."""
    lengths = np.diff(spoken.bounds) * rng.uniform(0.9, 1.1, len(spoken))
    order = np.argsort(lengths)
    batches = [order[start : start + size] for start in range(0, len(order), size)]
    for turn in rng.permutation(len(batches)):
        if len(batches[turn]) > 1:
            yield batches[turn]


def _padded(spoken: Spoken, rows: np.ndarray, rng: np.random.Generator, masks: int) -> torch.Tensor:
    """(n, longest, 64) frames, padded with silence, with random stretches hidden."""
    clips = [spoken.clip(int(row)) for row in rows]
    table = np.full((len(clips), max(map(len, clips)), clips[0].shape[1]), SILENCE, np.float32)
    for order, clip in enumerate(clips):
        table[order, : len(clip)] = clip
        for _ in range(masks):
            start, band = rng.integers(0, len(clip)), rng.integers(0, clip.shape[1] - 8)
            table[order, start : start + rng.integers(1, 16)] = SILENCE
            table[order, :, band : band + rng.integers(1, 8)] = SILENCE
    return torch.from_numpy(table)
