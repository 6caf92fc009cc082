"""A scorer with weights from a seed, so that laws can be tested where nothing was trained."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from analytics.contracts import Word
from analytics.engine.sentiment.attention import AttentionFusion
from analytics.engine.sentiment.calibration import Temperature
from analytics.engine.sentiment.fusion import Fusion
from analytics.engine.sentiment.fusion_gated import GatedFusion
from analytics.engine.sentiment.head import Head
from analytics.engine.sentiment.image import ImageModel
from analytics.engine.sentiment.scorer import ChannelScorer
from analytics.engine.sentiment.speech import WIDTH, SpeechModel
from analytics.engine.sentiment.speech_trunk import Trunk, shapes
from recommender.contracts import Clip

GOOD, BAD = ("good", "love", "lovely", "很好", "👍"), ("bad", "broke", "awful")


class PlantedText:
    """Knows a handful of words."""

    key = "planted"

    def read(self, texts: Sequence[str]) -> np.ndarray:
        rows = np.array([[text.lower().count(word) for word in (*BAD, *GOOD)] for text in texts], float)
        rows = rows.reshape(-1, len(BAD) + len(GOOD))
        logits = np.stack(
            [rows[:, : len(BAD)].sum(1), np.full(len(rows), 0.5), rows[:, len(BAD) :].sum(1)], 1
        )
        powers = np.exp(np.minimum(logits, 20) * 2)
        return powers / powers.sum(1, keepdims=True)

    def read_with_words(
        self, texts: Sequence[str], most: int = 12
    ) -> tuple[np.ndarray, list[tuple[Word, ...]]]:
        return self.read(texts), [self.words(text, most) for text in texts]

    def words(self, text: str, most: int = 12) -> tuple[Word, ...]:
        places = [
            (word, text.lower().find(word), sign) for sign, words in ((1, GOOD), (-1, BAD)) for word in words
        ]
        found = [
            Word(text[at : at + len(word)], at, at + len(word), sign) for word, at, sign in places if at >= 0
        ]
        return tuple(found[:most])


def planted_head(width: int, seed: int = 0, hidden: int = 4, **facts: object) -> Head:
    rng = np.random.default_rng(seed)
    return Head(
        np.zeros(width), np.ones(width), rng.normal(size=(2, width, hidden)), np.zeros((2, hidden)),
        rng.normal(size=(2, hidden, 3)), np.zeros((2, 3)), np.eye(3), Temperature(), facts,
    )  # fmt: skip


@lru_cache(maxsize=1)
def planted_trunk() -> Trunk:
    """A trunk of the right shape with small weights."""
    rng = np.random.default_rng(0)
    arrays: dict[str, np.ndarray] = {}
    for name, shape in shapes().items():
        kind = name.rpartition(".")[2]
        if kind == "rows":
            arrays[name] = rng.integers(-127, 128, shape, np.int8)
        else:
            arrays[name] = np.full(shape, {"step": 2e-4, "shift": 0.0, "gain": 1.0, "mel": 0.005}[kind])
    return Trunk.of(arrays)


def planted_recipes(seed: int = 0) -> dict[str, Fusion]:
    rng = np.random.default_rng(seed)

    def drawn(*shape: int) -> np.ndarray:
        return rng.normal(0, 0.4, shape)

    attention = {
        "opinion": drawn(3, 3, 16), "content": drawn(128, 16), "place": drawn(4, 16), "query": drawn(16, 16),
        "key": drawn(16, 16), "value": drawn(16, 16), "out": drawn(16, 16), "read": drawn(3, 16, 3),
        "weight": np.ones(3), "shift": np.zeros(3),
    }  # fmt: skip
    gated = GatedFusion(np.tile(np.eye(3), (3, 1, 1)), drawn(3, 3), drawn(3, 7), "planted")
    return {"gated": gated, "attention": AttentionFusion(attention, "planted")}


def planted_scorer() -> ChannelScorer:
    return ChannelScorer(
        text=PlantedText(),
        aspects=None,
        image=ImageModel(planted_head(128, dim=128, space_hash="planted")),
        speech=SpeechModel(planted_head(WIDTH), planted_trunk()),
        fusion=planted_recipes()["gated"],
    )


def tone(seconds: float = 1.0, hertz: float = 150.0, rate: int = 16_000, loudness: float = 0.3) -> Clip:
    """A buzz with harmonics, as a throat makes, swelling four times a second."""
    t = np.arange(int(seconds * rate)) / rate
    buzz = sum(np.sin(2 * np.pi * hertz * k * t) / k for k in range(1, 12))
    return Clip((loudness * buzz / 2 * (0.6 + 0.4 * np.sin(2 * np.pi * 4 * t))).astype(np.float32), rate)
