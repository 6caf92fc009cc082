"""How a pretrained encoder is tuned: its table of words is cut, its layers learn at rates of their own.

The learning rate falls along a cosine (Loshchilov and Hutter 2017); layers further from the answer learn more
slowly (Howard and Ruder 2018).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence, Sized
from dataclasses import dataclass
from typing import Any

import numpy as np

#: multilingual-e5 was trained on texts that begin so.
BEFORE = "query: "
#: Length that the mean of a text's vectors is brought to; of one, the head's steps would hardly be felt.
SPREAD = 20.0
#: The longest step that a gradient may ask for.
_STEEPEST = 1.0
#: The head's rate; how much slower each layer learns than the one above.
_HEAD, _SLOWER = 1e-3, 0.92
#: Signs of a batch, where texts are long.
_MOST = 5000
#: Decay of weights, and the share of steps in which the rate rises.
_DECAY, _RISE = 0.01, 0.06


@dataclass(frozen=True, slots=True)
class Course:
    """How long and how fast an encoder learns.

    Attributes:
        rounds: how often every text is seen.
        batch: texts of a step; fewer where they are long.
        rate: of the topmost layer, at its highest.
    """

    rounds: float
    batch: int
    rate: float


def cut_table(model: Any, tokens: Sequence[Sequence[int]]) -> np.ndarray:
    """Leave only the words of ``tokens`` in the encoder's table.

    Returns the new number (vocabulary,) of each word, -1 where it is gone.
    """
    import torch

    known = np.unique(np.concatenate(tokens))
    rows = np.full(model.config.vocab_size, -1)
    rows[known] = np.arange(len(known))
    table = model.get_input_embeddings().weight.detach()[torch.from_numpy(known)]
    model.set_input_embeddings(torch.nn.Embedding.from_pretrained(table.clone(), freeze=False))
    return rows


def padded(rows: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of words (n, longest) int64, 0 after the end of each row, and where there are some (bool)."""
    there = np.arange(max(map(len, rows))) < np.array([[len(row)] for row in rows])
    numbers = np.zeros(there.shape, np.int64)
    numbers[there] = np.concatenate(rows)
    return numbers, there


def tune(
    model: Any,
    head: Any,
    texts: Sequence[Sized],
    course: Course,
    seed: int,
    loss_of: Callable[[np.ndarray], Any],
    say: Callable[[str], None],
) -> None:
    """Let an encoder and its head learn.

    Args:
        texts: as many words as each has.
        loss_of: the loss of the texts at some places (n,).
    """
    import torch

    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    steps = int(course.rounds * len(batches(texts, course.batch, rng)))
    learner, pace = schedule(model, head, course.rate, steps)
    learned = [one for one in (*model.parameters(), *head.parameters()) if one.requires_grad]
    model.train()
    head.train()
    for number, chosen in zip(range(steps), forever(texts, course.batch, rng), strict=False):
        loss = loss_of(chosen)
        learner.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learned, _STEEPEST)
        learner.step()
        pace.step()
        if number % 100 == 99:
            say(f"teacher, step {number + 1} of {steps}: loss {loss.item():.3f}")


def schedule(model: Any, head: Any, rate: float, steps: int) -> tuple[Any, Any]:
    """AdamW over the head and what of the encoder is not frozen, and the course of its rate.

    Args:
        rate: of the topmost layer, at its highest.
    """
    import torch

    layers = model.config.num_hidden_layers
    groups = [{"params": list(head.parameters()), "lr": _HEAD, "weight_decay": 0.0}]
    for name, one in model.named_parameters():
        depth = int(name.split(".")[2]) + 1 if name.startswith("encoder.layer.") else 0
        decay = _DECAY if one.dim() == 2 and depth else 0.0
        if one.requires_grad:
            groups.append({"params": [one], "lr": rate * _SLOWER ** (layers - depth), "weight_decay": decay})
    learner = torch.optim.AdamW(groups, betas=(0.9, 0.98), eps=1e-6, fused=True)
    rise = max(1, int(_RISE * steps))

    def share(step: int) -> float:
        return min(1.0, (step + 1) / rise) * (1 + math.cos(math.pi * min(1.0, step / steps))) / 2

    return learner, torch.optim.lr_scheduler.LambdaLR(learner, share)


def batches(rows: Sequence[Sized], size: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Places of texts of about one length, in a new order; fewer together where they are long."""
    sizes = np.array([len(row) for row in rows])
    order = np.argsort(sizes + 4 * rng.random(len(sizes)), kind="stable")
    found, at = [], 0
    while at < len(order):
        longest = int(sizes[order[min(at + size, len(order)) - 1]])
        count = max(size // 4, min(size, _MOST // longest))
        found.append(order[at : at + count])
        at += count
    return [found[place] for place in rng.permutation(len(found))]


def forever(rows: Sequence[Sized], size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    while True:
        yield from batches(rows, size, rng)
