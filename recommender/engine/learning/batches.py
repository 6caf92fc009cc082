"""Batches for contrastive training: pictures of one corpus at a time, each with two texts drawn anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from recommender.engine.encoders.tokenizer import PAD, JointTokenizer
from recommender.engine.learning.corpora import Corpus


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one corpus: their positions in it, and two texts each with the keys of equal texts.

    Attributes:
        corpus: position of the corpus in the mixture.
        rows: (n,) positions of the pictures in the corpus.
        captions, phrases: token numbers (n, length); phrases are second captions where there are none.
        caption_keys, phrase_keys: (n,) int64, equal where the texts are equal.
    """

    corpus: int
    rows: np.ndarray
    captions: torch.Tensor
    phrases: torch.Tensor
    caption_keys: torch.Tensor
    phrase_keys: torch.Tensor


class TextBank:
    """The texts of a corpus as token rows, so that an epoch draws without tokenising again."""

    def __init__(self, corpus: Corpus, tokenizer: JointTokenizer) -> None:
        self._keys: dict[str, int] = {}
        self._tokens: list[np.ndarray] = []
        self._end = tokenizer.end
        self.captions = [self._numbers(example.captions, tokenizer) for example in corpus.examples]
        self.phrases = [
            self._numbers(example.phrases or example.captions, tokenizer) for example in corpus.examples
        ]

    def _numbers(self, texts: Sequence[str], tokenizer: JointTokenizer) -> np.ndarray:
        for text in texts:
            if text not in self._keys:
                self._keys[text] = len(self._tokens)
                self._tokens.append(np.array(tokenizer.encode(text)[:-1], dtype=np.int64))
        return np.array([self._keys[text] for text in texts])

    def draw(
        self, rows: np.ndarray, choices: list[np.ndarray], rng: np.random.Generator, word_dropout: float
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """One text a row: padded tokens (n, longest) and keys (n,); a share of the tokens is left out."""
        keys = np.array([choices[row][rng.integers(len(choices[row]))] for row in rows])
        texts = []
        for key in keys:
            tokens = self._tokens[key]
            kept = tokens[rng.random(len(tokens)) >= word_dropout]
            texts.append(kept if len(kept) else tokens)
        table = torch.full((len(texts), max(map(len, texts)) + 1), PAD, dtype=torch.long)
        for order, tokens in enumerate(texts):
            table[order, : len(tokens)] = torch.from_numpy(tokens)
            table[order, len(tokens)] = self._end
        return table, torch.from_numpy(keys)


def epoch_batches(
    banks: Sequence[TextBank], batch_size: int, rng: np.random.Generator, word_dropout: float = 0.1
) -> Iterator[Batch]:
    """Every picture once, corpora interleaved at random; a corpus's last short batch is kept from 2 rows."""
    plan: list[tuple[int, np.ndarray]] = []
    for number, bank in enumerate(banks):
        order = rng.permutation(len(bank.captions))
        plan += [(number, order[start : start + batch_size]) for start in range(0, len(order), batch_size)]
    for turn in rng.permutation(len(plan)):
        number, rows = plan[turn]
        if len(rows) < 2:
            continue
        bank = banks[number]
        captions, caption_keys = bank.draw(rows, bank.captions, rng, word_dropout)
        phrases, phrase_keys = bank.draw(rows, bank.phrases, rng, word_dropout)
        yield Batch(number, rows, captions, phrases, caption_keys, phrase_keys)
