"""A text model of somebody else's, small enough to be made in a test; what it hears is planted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = ["good", "lovely", "bad", "broke", "so", "the", "lamp", "is", "price", "很", "好", "差"]
GOOD, BAD = ("good", "lovely", "好"), ("bad", "broke", "差")


def make_tiny_bert(folder: Path, labels: Sequence[str] = ("NEGATIVE", "POSITIVE"), *, seed: int = 0) -> Path:
    """A BERT with one layer and its tokenizer, saved to ``folder``; skips where transformers is absent.

    The first output hears bad words, the last one good words; those between hear neither.
    """
    pytest.importorskip("transformers", reason="transformers, an optional package, is not installed")
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

    torch.manual_seed(seed)
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = {word: number for number, word in enumerate([*SPECIAL, *WORDS])}
    BertTokenizer(vocab=vocabulary).save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(vocabulary), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=16, max_position_embeddings=64, id2label=dict(enumerate(labels)),
        label2id={label: number for number, label in enumerate(labels)},
    )  # fmt: skip
    model = BertForSequenceClassification(config)
    _plant(model, vocabulary)
    model.save_pretrained(folder)
    return folder


def _plant(model: object, vocabulary: dict[str, int]) -> None:
    """Words shift the text's vector along one axis, which the last layer reads."""
    import torch

    state = model.state_dict()  # type: ignore[attr-defined]
    with torch.no_grad():
        words = state["bert.embeddings.word_embeddings.weight"]
        for name, value in state.items():
            if "position" in name or "token_type" in name or name.endswith("bias"):
                value.zero_()
        words.zero_()
        axis = torch.zeros(16)
        axis[:8], axis[8:] = 1.0, -1.0
        for word in GOOD:
            words[vocabulary[word]] = axis
        for word in BAD:
            words[vocabulary[word]] = -axis
        # Attention looks at all words alike and passes them on as they are.
        for part in ("query", "key"):
            state[f"bert.encoder.layer.0.attention.self.{part}.weight"].zero_()
        for name in ("attention.self.value.weight", "attention.output.dense.weight"):
            state[f"bert.encoder.layer.0.{name}"].copy_(torch.eye(16))
        state["bert.pooler.dense.weight"].copy_(torch.eye(16))
        head = state["classifier.weight"]
        head.zero_()
        head[0], head[-1] = -axis / 8, axis / 8
