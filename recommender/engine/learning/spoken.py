"""Spoken texts for the audio tower, synthesised in many voices, rates and pitches, kept as log-mel frames."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recommender.contracts import Clip
from recommender.engine.demo.speech import VOICES, synthesise
from recommender.engine.preprocess.audio import log_mel
from recommender.engine.preprocess.text import detect_language

Progress = Callable[[str, int, int], None]
#: Voices no training clip is spoken in, so that recognition of unheard voices can be measured.
HELD_OUT_VOICES = ("linda", "john")
TRAINING_VOICES = tuple(sorted(set(VOICES) - set(HELD_OUT_VOICES)))


@dataclass(frozen=True, slots=True)
class Spoken:
    """Log-mel frames of clips and the text that each says.

    Attributes:
        frames: (total, 64) float16, all clips one after the other.
        bounds: (n + 1,) where each clip starts.
        texts: what is said, n of them.
    """

    frames: np.ndarray
    bounds: np.ndarray
    texts: tuple[str, ...]

    def clip(self, number: int) -> np.ndarray:
        """(frames, 64) float32 of one clip."""
        return np.asarray(self.frames[self.bounds[number] : self.bounds[number + 1]], np.float32)

    def __len__(self) -> int:
        return len(self.texts)


def speak(
    texts: Sequence[str],
    directory: Path,
    *,
    seed: int = 0,
    voices: Sequence[str] = TRAINING_VOICES,
    progress: Progress | None = None,
) -> Spoken:
    """Every text spoken once, each by a voice, rate, pitch and loudness of its own; cached in ``directory``.

    Args:
        texts: what to say; Chinese where it holds Chinese characters, else English.
        directory: the cache.
        seed: of the speakers' properties.
        voices: whom to draw from.
        progress: called with a stage's name, done and total.
    """
    key = hashlib.sha256("\n".join([str(seed), *voices, *texts]).encode()).hexdigest()[:16]
    target = directory / f"speech-{key}.npz"
    if not target.is_file():
        directory.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(seed)
        parts = []
        for number, text in enumerate(texts):
            parts.append(log_mel(say(text, voices, rng)).astype(np.float16))
            if progress is not None and number % 100 == 0:
                progress("speech", number, len(texts))
        bounds = np.cumsum([0, *(len(part) for part in parts)])
        draft = target.with_suffix(".part.npz")
        np.savez(draft, frames=np.concatenate(parts), bounds=bounds)
        draft.rename(target)
    with np.load(target) as stored:
        return Spoken(stored["frames"], stored["bounds"], tuple(texts))


def say(text: str, voices: Sequence[str], rng: np.random.Generator) -> Clip:
    """One clip of ``text`` by a speaker drawn from ``voices``, with a lead of silence and some noise."""
    language = "zh" if detect_language(text) == "zh" else "en"
    voice = str(rng.choice(list(voices)))
    clip = synthesise(
        text,
        language,
        voice=voice,
        rate=int(rng.integers(130, 211)),
        pitch=int(rng.integers(25, 76)),
        variation=int(rng.integers(30, 71)),
    )
    lead = np.zeros(int(rng.uniform(0.0, 0.3) * clip.rate), np.float32)
    loudness = 10.0 ** rng.uniform(-1.0, 0.0)
    noise = rng.normal(0.0, 10.0 ** rng.uniform(-4.5, -2.3), len(lead) + len(clip.samples))
    sound = np.concatenate([lead, clip.samples]) * loudness + noise
    return Clip(np.clip(sound, -1.0, 1.0).astype(np.float32), clip.rate)


def join(parts: Sequence[Spoken]) -> Spoken:
    """Several sets as one."""
    offsets = np.cumsum([0, *(len(part.frames) for part in parts)])
    bounds = [part.bounds[:-1] + offset for part, offset in zip(parts, offsets, strict=False)]
    return Spoken(
        np.concatenate([part.frames for part in parts]),
        np.concatenate([*bounds, offsets[-1:]]),
        tuple(text for part in parts for text in part.texts),
    )
