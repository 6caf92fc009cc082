"""Train the speech head on acted speech and on the voices of a made-up shop, and ship its trunk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from analytics.engine.sentiment.calibration import accuracy, expected_calibration_error, macro_f1
from analytics.engine.sentiment.head import Head
from analytics.engine.sentiment.learning.heads import HeadRecipe, train_head
from analytics.engine.sentiment.learning.image import cached
from analytics.engine.sentiment.learning.text_corpora import rows
from analytics.engine.sentiment.speech import hear
from analytics.engine.sentiment.speech_trunk import ARRAYS, STRIDES, Trunk
from recommender.contracts import Clip
from recommender.engine.preprocess.audio import load_clip

#: Label (its place in LABELS) that each acted emotion counts as.
VALENCE = {
    "angry": 0, "calm": 2, "disgust": 0, "fearful": 0, "happy": 2, "neutral": 1, "sad": 0, "surprised": 1,
}  # fmt: skip
EMOTIONS = tuple(sorted(VALENCE))
GERMAN = {
    "anger": "angry", "anxiety": "fearful", "disgust": "disgust", "happiness": "happy", "neutral": "neutral",
    "sadness": "sad",
}  # fmt: skip
MOODS = {"angry": "angry", "flat": "neutral", "happy": "happy"}
TEST_ACTORS = (17, 18, 19, 20)
DEMO_SEEDS = (101, 102)
VIEWS = 3
_MADE_UP = 10_000  # from here on, numbers of speakers who are synthesised
RECIPE = HeadRecipe(
    hidden=0, members=2, epochs=15, rate=1e-3, decay=0.3, input_dropout=0.5, mixing=0.4, smoothing=0.02
)
_SPEEDS, _GAIN, _NOISE = (0.88, 1.13), 6.0, (20.0, 40.0)  # factor, decibels, decibels below the speech
Say = Callable[[str], None]


@dataclass(frozen=True)
class Voices:
    """Recordings as rows: ``views`` (v, n, WIDTH), the first unchanged; who speaks; which emotion it is."""

    views: np.ndarray
    emotions: np.ndarray
    speakers: np.ndarray

    def take(self, where: np.ndarray) -> Voices:
        return Voices(self.views[:, where], self.emotions[where], self.speakers[where])

    @property
    def labels(self) -> np.ndarray:
        """(n,) places in LABELS."""
        return merge().argmax(axis=1)[self.emotions]


def merge() -> np.ndarray:
    """(emotions, 3) which label each emotion counts as."""
    return np.eye(3)[[VALENCE[emotion] for emotion in EMOTIONS]]


def published_trunk(data: Path) -> dict[str, np.ndarray]:
    """The first convolutions of the sound tagger under ``data``, laid out for ``Trunk``."""
    from recommender.engine.learning.teachers import convolutions, open_interpreter

    layers = convolutions(open_interpreter(data / "teachers" / "yamnet_spectra_in.tflite"))
    arrays: dict[str, np.ndarray] = {}
    for number, (kernel, bias) in zip(range(len(STRIDES)), layers, strict=False):
        last = kernel.transpose(2, 3, 1, 0)  # (h, w, in, out)
        shaped = last[0, 0] if kernel.shape[-1] == 1 else last if number == 0 else last[:, :, 0]
        arrays[f"k{number}"], arrays[f"b{number}"] = shaped.astype(np.float16), bias.astype(np.float32)
    return arrays


def changed(clip: Clip, seed: int) -> Clip:
    """The clip faster or slower (and so higher or lower), louder or softer, sometimes with noise."""
    rng = np.random.default_rng(seed)
    speed = rng.uniform(*_SPEEDS)
    places = np.arange(int(len(clip.samples) / speed)) * speed
    sound = np.interp(places, np.arange(len(clip.samples)), clip.samples)
    sound = sound * 10 ** (rng.uniform(-_GAIN, _GAIN) / 20)
    if rng.random() < 0.5:
        noise = np.sqrt(np.mean(sound**2)) * 10 ** (-rng.uniform(*_NOISE) / 20)
        sound = sound + rng.normal(0, 1, len(sound)) * noise
    return Clip(np.clip(sound, -1, 1).astype(np.float32), clip.rate)


def _views(trunk: Trunk, clips: list[Clip], views: int) -> np.ndarray:
    found = [[hear(trunk, clip).row() for clip in clips]]
    for view in range(1, views):
        found.append(
            [hear(trunk, changed(clip, view * 100_000 + n + 1)).row() for n, clip in enumerate(clips)]
        )
    return np.array(found)


def acted_english(data: Path, trunk: Trunk) -> Voices:
    """RAVDESS."""
    listed = list(rows(data / "speech" / "ravdess.csv"))
    clips = lambda: [load_clip(data / "speech" / row["file"]) for row in listed]  # noqa: E731
    views = cached("speech-ravdess-1", lambda: {"views": _views(trunk, clips(), VIEWS)})["views"]
    emotions = np.array([EMOTIONS.index(row["emotion"]) for row in listed])
    return Voices(views, emotions, np.array([int(row["actor"]) for row in listed]))


def acted_german(data: Path, trunk: Trunk) -> Voices:
    """EmoDB, less the bored, whom RAVDESS has no word for; for testing only, so not changed."""
    listed = [row for row in rows(data / "speech" / "emodb.csv") if row["emotion"] in GERMAN]
    clips = lambda: [load_clip(data / "speech" / row["file"]) for row in listed]  # noqa: E731
    views = cached("speech-emodb-1", lambda: {"views": _views(trunk, clips(), 1)})["views"]
    emotions = np.array([EMOTIONS.index(GERMAN[row["emotion"]]) for row in listed])
    return Voices(views, emotions, np.array([1000 + int(row["file"][6:8]) for row in listed]))


def demo_voices(seed: int, trunk: Trunk, views: int = VIEWS) -> Voices:
    """The voices of a demo world's reviews; no text of one world is spoken in another."""

    def make() -> dict[str, np.ndarray]:
        from recommender.engine.demo.attachments import review_voice
        from recommender.engine.demo.world import build_world

        spoken = [opinion for opinion in build_world(seed, 600, 200, 8000, 3000).reviews if opinion.voice]
        moods = np.array([EMOTIONS.index(MOODS[opinion.voice]) for opinion in spoken])
        persons = np.array([opinion.person for opinion in spoken])
        clips = [review_voice(opinion) for opinion in spoken]
        return {"views": _views(trunk, clips, views), "moods": moods, "persons": persons}

    found = cached(f"speech-demo-{seed}-{views}", make)
    return Voices(found["views"], found["moods"], _MADE_UP + seed * 1000 + found["persons"])


def together(parts: list[Voices]) -> Voices:
    views = min(len(part.views) for part in parts)
    return Voices(
        np.concatenate([part.views[:views] for part in parts], axis=1),
        np.concatenate([part.emotions for part in parts]),
        np.concatenate([part.speakers for part in parts]),
    )


def unseen(voices: Voices) -> np.ndarray:
    """(n,) the recordings of the actors that are never trained on."""
    return np.isin(voices.speakers, TEST_ACTORS)


def fit_voices(voices: Voices, recipe: HeadRecipe, facts: dict[str, Any]) -> tuple[Head, np.ndarray]:
    """A head for ``voices`` and its readings of speakers held out in turn."""
    human = voices.speakers < _MADE_UP  # synthetic voices are so easy that they would make the head too sure
    return train_head(voices.views, voices.emotions, merge(), voices.speakers, recipe, facts, human)


def train_speech(data: Path, output: Path, *, seed: int, say: Say) -> dict[str, float]:
    """Train the head, write it and the trunk to ``output``; figures on actors that it never heard."""
    arrays = published_trunk(data)
    trunk = Trunk.of(arrays)
    english = acted_english(data, trunk)
    shop = [demo_voices(number, trunk) for number in DEMO_SEEDS]
    train = together([english.take(~unseen(english)), *shop])
    head, _ = fit_voices(train, replace(RECIPE, seed=seed), {})
    figures = {}
    for name, part in {
        "RAVDESS, actors 17-20": english.take(unseen(english)),
        "EmoDB": acted_german(data, trunk),
        "demo world 7": demo_voices(7, trunk, 1),
    }.items():
        read = head.read(part.views[0])
        figures[f"speech {name} macro-F1"] = macro_f1(read.argmax(1), part.labels)
        figures[f"speech {name} accuracy"] = accuracy(read.argmax(1), part.labels)
        figures[f"speech {name} calibration error"] = expected_calibration_error(read, part.labels)
    for name, value in figures.items():
        say(f"{name}: {value:.3f}")
    replace(head, facts={**head.facts, "figures": figures}).save(output)
    np.savez_compressed(output / ARRAYS, allow_pickle=False, **arrays)
    return figures
