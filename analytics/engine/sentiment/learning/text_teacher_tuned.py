"""Tune a pretrained encoder on the Chinese training texts, and keep what it says of them for the network.

It learns from what is not held out alone, so that what the network then reads right of the part held out is
honest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from analytics.engine.sentiment.learning import text_corpora as corpora
from analytics.engine.sentiment.learning.text_held_out import held_together
from analytics.engine.sentiment.learning.text_teacher import pieces, save_readings
from analytics.engine.sentiment.learning.text_teacher_packed import Packed, open_packed
from analytics.engine.sentiment.learning.tuning import (
    BEFORE,
    SPREAD,
    Course,
    cut_table,
    padded,
    tune,
)
from analytics.engine.sentiment.text_features import tidy
from recommender.errors import RecommenderError

#: Signs of a text that are read, and texts of a batch that is read.
_LONGEST, _READ = 160, 128
#: How far a label is trusted; the share of numbers left out before the head.
_TRUST, _DROPPED = 0.98, 0.1
#: More unknown tokens than this are a tokenizer of other languages.
_UNKNOWN = 0.1
COURSE = Course(rounds=2.0, batch=64, rate=1e-4)


def train_teacher(
    data: Path, output: Path, *, base: Path, seed: int, say: Callable[[str], None]
) -> dict[str, float]:
    """Tune the encoder ``base`` and write its readings to ``output``; accuracies on the parts held out.

    Args:
        base: the file of ``open_packed``.
        seed: decides which texts are held out, as it does for the network, and in which order it learns.

    Raises:
        RecommenderError: a set is not there, or ``base`` is no encoder of Chinese.
    """
    packed = open_packed(base)
    sets, parts = corpora.chinese_apart(data)
    held = held_together(parts, seed)
    texts = [tidy(text) for part in parts for text in part.texts]
    if _unknown(packed, texts) > _UNKNOWN:
        raise RecommenderError(f"{base} does not know the signs of these texts.", "Name e5-small-q4.bin.")
    positive, apart = np.concatenate([part.labels for part in parts]) == 2, np.concatenate(held)
    every = [*texts, *sorted({piece for text in texts for piece in pieces(text)} - set(texts))]
    teacher = Teacher(packed, every)
    given = np.flatnonzero(~apart)
    seen = teacher.tune([texts[place] for place in given], positive[given], COURSE, seed, say)
    say(f"teacher, reading {len(every)} texts")
    odds = teacher.read(every)
    # Of what it learned from, it is too sure afterwards.
    odds[given] = np.where(np.isnan(seen), odds[given], (odds[given] + seen) / 2)
    save_readings(every, odds, output, seed)
    right = (odds[: len(texts)] > 0) == positive
    each = np.split(right, np.cumsum([len(part.texts) for part in parts[:-1]]))
    return {one.name: float(found[out].mean()) for one, found, out in zip(sets, each, held, strict=True)}


def _unknown(packed: Packed, texts: Sequence[str]) -> float:
    """Share of the tokens of some of the texts that are unknown."""
    tokens = np.concatenate(packed.tokenize(texts[:: max(1, len(texts) // 1000)]))
    return float((tokens == packed.unknown).mean())


class Teacher:
    """An encoder with one linear answer over the mean of its vectors; ``read`` gives log odds.

    Args:
        packed: the encoder; its table of words is cut.
        texts: all that it will learn or read; of the table of words only their rows are kept.
    """

    def __init__(self, packed: Packed, texts: Sequence[str]) -> None:
        import torch

        model, self._tokenize = packed.model, packed.tokenize
        self._rows = cut_table(model, self._tokenize([BEFORE + text for text in texts]))
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model = model.to(device)
        # Else sums are in single precision between products in half, and cast to and fro.
        self.model.embeddings.register_forward_hook(lambda *given: given[-1].bfloat16())
        self.head = torch.nn.Linear(model.config.hidden_size, 1, device=device)
        torch.nn.init.zeros_(self.head.weight)
        torch.nn.init.zeros_(self.head.bias)

    def tune(
        self,
        texts: Sequence[str],
        positive: np.ndarray,
        course: Course,
        seed: int,
        say: Callable[[str], None],
    ) -> np.ndarray:
        """Learn from ``texts``, whose labels are ``positive`` (n,) bool.

        Returns (n,) log odds: what it said of each when it saw it last, right before that step; NaN of what
        it did not see.
        """
        import torch

        rows = self._numbers(texts)
        wanted = torch.from_numpy(np.where(positive, _TRUST, 1 - _TRUST).astype(np.float32))
        seen = np.full(len(texts), np.nan)

        def loss_of(chosen: np.ndarray) -> Any:
            scores = self._scores([rows[place] for place in chosen])
            seen[chosen] = scores.detach().cpu().numpy()
            told = wanted[chosen].to(scores.device)
            return torch.nn.functional.binary_cross_entropy_with_logits(scores, told)

        tune(self.model, self.head, rows, course, seed, loss_of, say)
        return seen

    def read(self, texts: Sequence[str]) -> np.ndarray:
        """(n,) log odds that texts are positive."""
        import torch

        rows = self._numbers(texts)
        order = np.argsort([len(row) for row in rows], kind="stable")
        odds = np.zeros(len(texts))
        self.model.eval()
        self.head.eval()
        with torch.no_grad():
            for at in range(0, len(order), _READ):
                chosen = order[at : at + _READ]
                odds[chosen] = self._scores([rows[place] for place in chosen]).cpu().numpy()
        return odds

    def _numbers(self, texts: Sequence[str]) -> list[np.ndarray]:
        found = self._tokenize([BEFORE + text for text in texts])
        return [self._rows[[*row[: _LONGEST - 1], row[-1]] if len(row) > _LONGEST else row] for row in found]

    def _scores(self, rows: Sequence[np.ndarray]) -> Any:
        import torch

        numbers, there = padded(rows)
        device = self.head.weight.device
        mask = torch.from_numpy(there).to(device)
        with torch.autocast(device.type, torch.bfloat16):
            given = torch.from_numpy(numbers).to(device)
            found = self.model(input_ids=given, attention_mask=mask.long()).last_hidden_state
        weights = mask[:, :, None].float()
        mean = (found.float() * weights).sum(1) / weights.sum(1)  # (n, width of the model)
        mean = torch.nn.functional.normalize(mean, dim=1) * SPREAD
        return self.head(torch.nn.functional.dropout(mean, _DROPPED, self.head.training))[:, 0]
