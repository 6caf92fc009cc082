"""Train the speech head on acted speech and on the voices of a made-up shop, over a trunk that is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from analytics.engine.sentiment.calibration import accuracy, expected_calibration_error, macro_f1
from analytics.engine.sentiment.head import WEIGHTS, Head
from analytics.engine.sentiment.learning.heads import LinearRecipe, train_head
from analytics.engine.sentiment.learning.image import cached
from analytics.engine.sentiment.learning.speech_published import trunk_arrays
from analytics.engine.sentiment.learning.text_corpora import rows
from analytics.engine.sentiment.speech import hear
from analytics.engine.sentiment.speech_frames import HOP, WINDOW, read_frames
from analytics.engine.sentiment.speech_trunk import ARRAYS, Trunk
from recommender.contracts import Clip
from recommender.engine.preprocess.audio import load_clip
from recommender.errors import RecommenderError

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
VIEWS = 4
_ROWS = 2  # to be raised where views or prosody are made otherwise, since rows are kept between runs
_MADE_UP = 10_000  # from here on, numbers of speakers who are synthesised
RECIPE = LinearRecipe(penalty=0.1)
_SPEEDS, _GAIN, _NOISE = (0.88, 1.13), 6.0, (20.0, 40.0)  # factor, decibels, decibels below the speech
Say = Callable[[str], None]


@dataclass(frozen=True)
class Voices:
    """Recordings as rows: ``views`` (v, n, WIDTH), see ``viewed``; who speaks; which emotion it is."""

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


def trunk_folder(output: Path, say: Say) -> Path:
    """``output``, where a trunk of this kind is in it; else the folder of the one that ships."""
    if not (output / ARRAYS).is_file():
        return WEIGHTS / "speech"
    try:
        Trunk.load(output)
    except RecommenderError as error:
        say(f"{error.message} The one that ships takes its place.")
        return WEIGHTS / "speech"
    return output


def spoken(clip: Clip) -> tuple[int, int]:
    """The samples between which there is speech; of a clip without any, all."""
    speech = np.flatnonzero(read_frames(clip).speech)
    if not len(speech):
        return 0, len(clip.samples)
    return int(speech[0]) * HOP, min(int(speech[-1]) * HOP + WINDOW, len(clip.samples))


def viewed(clip: Clip, view: int, seed: int) -> Clip:
    """The clip as it is (view 0), without the silence around its speech (1), or changed at random.

    Acted speech stands between silences of a second, which people leave neither so long nor always.
    """
    if view == 0:
        return clip
    return changed(clip, seed) if view > 1 else Clip(clip.samples[slice(*spoken(clip))], clip.rate)


def changed(clip: Clip, seed: int) -> Clip:
    """The clip with less silence, faster or slower (and so higher or lower), louder or softer, or noisy."""
    rng = np.random.default_rng(seed)
    start, end = spoken(clip)
    last = len(clip.samples)
    samples = clip.samples[int(start * rng.random()) : last - int((last - end) * rng.random())]
    speed = rng.uniform(*_SPEEDS)
    places = np.arange(int(len(samples) / speed)) * speed
    sound = np.interp(places, np.arange(len(samples)), samples)
    sound = sound * 10 ** (rng.uniform(-_GAIN, _GAIN) / 20)
    if rng.random() < 0.5:
        noise = np.sqrt(np.mean(sound**2)) * 10 ** (-rng.uniform(*_NOISE) / 20)
        sound = sound + rng.normal(0, 1, len(sound)) * noise
    return Clip(np.clip(sound, -1, 1).astype(np.float32), clip.rate)


def _views(trunk: Trunk, clips: list[Clip], views: int) -> np.ndarray:
    return np.array([
        [hear(trunk, viewed(clip, view, view * 100_000 + n)).row() for n, clip in enumerate(clips)]
        for view in range(views)
    ])  # fmt: skip


def acted_english(data: Path, trunk: Trunk) -> Voices:
    """RAVDESS."""
    listed = list(rows(data / "speech" / "ravdess.csv"))
    clips = lambda: [load_clip(data / "speech" / row["file"]) for row in listed]  # noqa: E731
    name = f"speech-ravdess-{VIEWS}-{_ROWS}-{trunk.key}"
    views = cached(name, lambda: {"views": _views(trunk, clips(), VIEWS)})["views"]
    emotions = np.array([EMOTIONS.index(row["emotion"]) for row in listed])
    return Voices(views, emotions, np.array([int(row["actor"]) for row in listed]))


def acted_german(data: Path, trunk: Trunk) -> Voices:
    """EmoDB, less the bored, whom RAVDESS has no word for; for testing only, so not changed."""
    listed = [row for row in rows(data / "speech" / "emodb.csv") if row["emotion"] in GERMAN]
    clips = lambda: [load_clip(data / "speech" / row["file"]) for row in listed]  # noqa: E731
    views = cached(f"speech-emodb-{_ROWS}-{trunk.key}", lambda: {"views": _views(trunk, clips(), 1)})["views"]
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

    found = cached(f"speech-demo-{seed}-{views}-{_ROWS}-{trunk.key}", make)
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


def fit_voices(voices: Voices, recipe: LinearRecipe, facts: dict[str, Any]) -> tuple[Head, np.ndarray]:
    """A head for ``voices`` and its readings of speakers held out in turn."""
    human = voices.speakers < _MADE_UP  # synthetic voices are so easy that they would make the head too sure
    return train_head(voices.views, voices.emotions, merge(), voices.speakers, recipe, facts, human)


def train_speech(
    data: Path, output: Path, *, seed: int, say: Say, base: Path | None = None
) -> dict[str, float]:
    """Train the head, write it and its trunk to ``output``; figures on actors that it never heard.

    Args:
        base: the file of a Whisper base, see ``trunk_arrays``, to take the trunk from; None for the one in
            ``output``, or else the one that ships.
    """
    arrays = trunk_arrays(base) if base else _kept(output, say)
    trunk = Trunk.of(arrays)
    english = acted_english(data, trunk)
    shop = [demo_voices(number, trunk) for number in DEMO_SEEDS]
    train = together([english.take(~unseen(english)), *shop])
    head, _ = fit_voices(train, replace(RECIPE, seed=seed), {"trunk": trunk.key})
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
    _write(output, replace(head, facts={**head.facts, "figures": figures}), arrays)
    return figures


def _kept(output: Path, say: Say) -> dict[str, np.ndarray]:
    place = trunk_folder(output, say)
    Trunk.load(place)  # refuses what is damaged, with the remedy
    with np.load(place / ARRAYS) as stored:
        return {name: stored[name] for name in stored.files}


def _write(output: Path, head: Head, trunk: Mapping[str, np.ndarray]) -> None:
    """Both, one right after the other, since neither is of use with another."""
    draft = output / f".draft-{ARRAYS}"
    try:
        np.savez_compressed(draft, allow_pickle=False, **trunk)
        head.save(output)
        draft.replace(output / ARRAYS)
    finally:
        draft.unlink(missing_ok=True)
