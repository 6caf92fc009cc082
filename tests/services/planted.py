"""A catalogue whose vectors are known: every word is a direction, and an item is the sum of its words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any

import numpy as np
from django.utils import timezone

from recommender.models import Category, Embedding, EncoderSpace, Item
from recommender.services import queries

DIM = 64
KINDS = ("bag", "lamp", "chair", "shoe")
COLOURS = ("red", "blue", "green", "white")
MATERIALS = ("leather", "wooden", "metal")
WORDS = (*KINDS, *COLOURS, *MATERIALS)
ZH = {
    "bag": "手提包", "lamp": "台灯", "chair": "椅子", "shoe": "鞋子", "red": "红色", "blue": "蓝色",
    "green": "绿色", "white": "白色", "leather": "皮革", "wooden": "木制", "metal": "金属",
}  # fmt: skip
#: A kind says more of what a thing is than its colour does.
_LOUDNESS = {**dict.fromkeys(KINDS, 1.0), **dict.fromkeys(COLOURS, 0.8), **dict.fromkeys(MATERIALS, 0.6)}


def direction(words: Iterable[str], seed: int = 0, noise: float = 0.0) -> np.ndarray:
    """Unit (DIM,) of the known ones of ``words``; something of no meaning where none is known."""
    rng = np.random.default_rng(seed)
    vector = np.zeros(DIM)
    for word in words:
        if word in WORDS:
            vector[WORDS.index(word)] += _LOUDNESS[word]
    if not vector.any():
        vector[len(WORDS) :] = rng.normal(size=DIM - len(WORDS))
    vector = vector / np.linalg.norm(vector) + noise * rng.normal(size=DIM) / np.sqrt(DIM)
    return vector / np.linalg.norm(vector)


def encode(space: EncoderSpace, parts: Iterable[Mapping[str, str]]) -> list[np.ndarray]:
    """What the query worker would answer; a picture's or sound's name says what it shows."""
    said = [part.get("text") or part["name"].replace("/", " ").split(".")[0] for part in parts]
    return [direction(one.lower().split(), seed=len(one)) for one in said]


def plant(monkeypatch: Any, modalities: tuple[str, ...] = ("image", "text")) -> dict[str, Item]:
    """48 items with vectors of ``modalities``, by external id such as ``red leather bag``."""
    monkeypatch.setattr(queries, "encode_query", encode)
    space = make_space()
    tree = {kind: Category.objects.create(name=kind, name_zh=ZH[kind], path=f"Things > {kind}", depth=1)
            for kind in KINDS}  # fmt: skip
    top = Category.objects.create(name="Things", name_zh="物品", path="Things")
    Category.objects.exclude(pk=top.pk).update(parent=top)
    made = {}
    for number, words in enumerate(product(COLOURS, MATERIALS, KINDS)):
        item = Item.objects.create(
            external_id=" ".join(words),
            title=f"{' '.join(words).capitalize()}",
            title_zh="".join(ZH[word] for word in words) if number % 3 == 0 else "",
            category=tree[words[-1]],
            price=10 + number,
            currency="EUR",
            language="en",
        )
        made[item.external_id] = item
        for place, modality in enumerate(modalities):
            give_vector(space, item, modality, direction(words, seed=100 * place + number, noise=0.3))
    return made


def make_space() -> EncoderSpace:
    return EncoderSpace.objects.create(
        spec="planted",
        name="planted",
        weights_hash="0",
        dim=DIM,
        preprocessing="0",
        modalities=["image", "text", "audio"],
        state="active",
        activated_at=timezone.now(),
    )


def give_vector(space: EncoderSpace, item: Item, modality: str, vector: np.ndarray) -> None:
    """As the encode worker does, but for the media row, of which an index knows nothing."""
    Embedding.objects.create(
        space=space, item=item, modality=modality, state="ready", vector=vector.astype("<f2").tobytes()
    )
