"""The sounds that products make, from formulas: a clock's tick, a kettle, a drum."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.signal import lfilter

from recommender.contracts import Clip
from recommender.engine.demo.kinds import KINDS
from recommender.engine.demo.world import Product
from recommender.errors import RecommenderError

RATE = 16_000
SECONDS = 4.0
#: Semitones above the key note of a scale that never sounds wrong.
_PENTATONIC = (0, 2, 4, 7, 9, 12, 14, 16)
Maker = Callable[[np.random.Generator, np.ndarray], np.ndarray]


def product_sound(product: Product) -> Clip:
    """Four seconds of what a product sounds like; the same for the same product.

    Raises:
        RecommenderError: products of its kind make no sound.
    """
    name = KINDS[product.kind].sound
    if not name:
        raise RecommenderError(f"A {product.kind} makes no sound.", "Ask only where has_sound is set.")
    rng = np.random.default_rng([product.seed, 21])
    time = np.arange(round(SECONDS * RATE)) / RATE
    sound = _MAKERS[name](rng, time)
    edge = np.minimum(1.0, np.minimum(time, time[-1] - time) / 0.03)  # no clicks at either end
    peak = max(float(np.abs(sound).max()), 1e-9)
    return Clip((0.8 * edge * sound / peak).astype(np.float32), RATE)


def _strokes(rng: np.random.Generator, time: np.ndarray, pause: float, looseness: float) -> list[int]:
    """Sample numbers of strokes about ``pause`` seconds apart."""
    count = int(time[-1] / pause) + 1
    moments = pause * np.arange(count) + rng.uniform(0.0, looseness * pause, count) + 0.05
    return [int(moment * RATE) for moment in moments if moment < time[-1] - 0.05]


def _laid(time: np.ndarray, starts: list[int], voices: list[np.ndarray]) -> np.ndarray:
    """Each voice from its start on, added up."""
    out = np.zeros(len(time))
    for start, voice in zip(starts, voices, strict=True):
        part = voice[: len(out) - start]
        out[start : start + len(part)] += part
    return out


def _ring(seconds: float) -> np.ndarray:
    return np.arange(int(seconds * RATE)) / RATE


def _tick(rng: np.random.Generator, time: np.ndarray) -> np.ndarray:
    starts = _strokes(rng, time, float(rng.choice([0.25, 0.5, 1.0])), 0.0)
    after = _ring(0.03)
    high, low = rng.uniform(2600, 4200), rng.uniform(1500, 2400)
    voices = [
        np.sin(2 * np.pi * (high if number % 2 else low) * after) * np.exp(-after * 220)
        for number in range(len(starts))
    ]
    return _laid(time, starts, voices)


def _kettle(rng: np.random.Generator, time: np.ndarray) -> np.ndarray:
    steam = lfilter([1.0, -0.85], [1.0], rng.normal(size=len(time))) * (0.2 + 0.8 * time / time[-1])
    rise = np.clip((time - rng.uniform(1.2, 2.2)) / 1.2, 0, 1)
    pitch = rng.uniform(1700, 2300) * (0.7 + 0.3 * rise)
    return 0.25 * steam + rise**2 * np.sin(2 * np.pi * np.cumsum(pitch) / RATE)


def _beat(rng: np.random.Generator, time: np.ndarray) -> np.ndarray:
    pause = float(rng.uniform(0.4, 0.6))
    after = _ring(0.3)
    kick = np.sin(2 * np.pi * (50 * after + 9 * (1 - np.exp(-after * 30)))) * np.exp(-after * 9)
    hat = rng.normal(size=len(after)) * np.exp(-after * 60) * 0.25
    starts = _strokes(rng, time, pause / 2, 0.0)
    drums = _laid(time, starts, [kick if number % 2 == 0 else hat for number in range(len(starts))])
    roots = rng.uniform(70, 110) * 2.0 ** (rng.choice([0, 3, 5, 7], 64) / 12)
    bass = np.sin(2 * np.pi * np.cumsum(roots[(time / (2 * pause)).astype(int) % 64]) / RATE)
    return drums + 0.35 * bass


def _typing(rng: np.random.Generator, time: np.ndarray) -> np.ndarray:
    starts = _strokes(rng, time, float(rng.uniform(0.11, 0.2)), 0.9)
    after = _ring(0.05)
    body = float(rng.uniform(250, 600))
    voices = [
        rng.uniform(0.5, 1.0)
        * (
            rng.normal(size=len(after)) * np.exp(-after * 300)
            + np.sin(2 * np.pi * body * after) * np.exp(-after * 120)
        )
        for _ in starts
    ]
    return _laid(time, starts, voices)


def _pour(rng: np.random.Generator, time: np.ndarray) -> np.ndarray:
    stream = lfilter([1.0], [1.0, -0.7], rng.normal(size=len(time)))
    fill = rng.uniform(350, 500) + rng.uniform(500, 900) * (time / time[-1]) ** 1.5
    gurgle = 1 + 0.6 * np.sin(2 * np.pi * rng.uniform(6, 10) * time + 2 * np.sin(2 * np.pi * 1.3 * time))
    return 0.4 * stream + gurgle * np.sin(2 * np.pi * np.cumsum(fill) / RATE)


def _motor(rng: np.random.Generator, time: np.ndarray) -> np.ndarray:
    speed = rng.uniform(40, 70) * (1 + 0.5 * np.sin(2 * np.pi * rng.uniform(0.2, 0.5) * time) ** 2)
    phase = 2 * np.pi * np.cumsum(speed) / RATE
    return np.asarray(sum(np.sin(number * phase) / number for number in range(1, 14)))


def _notes(rng: np.random.Generator, count: int, base: float) -> np.ndarray:
    """A little melody: steps of at most two places in a pentatonic scale."""
    places = np.clip(np.cumsum(rng.integers(-2, 3, count)) + 3, 0, len(_PENTATONIC) - 1)
    return base * 2.0 ** (np.array(_PENTATONIC)[places] / 12)


def _pluck(rng: np.random.Generator, time: np.ndarray) -> np.ndarray:
    """Karplus and Strong 1983: a burst of noise in a delay line that loses its edges."""
    starts = _strokes(rng, time, float(rng.choice([0.25, 0.33, 0.5])), 0.03)
    return _laid(
        time, starts, [_string(rng, note) for note in _notes(rng, len(starts), rng.uniform(98, 196))]
    )


def _string(rng: np.random.Generator, pitch: float) -> np.ndarray:
    delay = max(2, round(RATE / pitch))
    excitation = np.zeros(int(1.4 * RATE))
    excitation[:delay] = rng.uniform(-1, 1, delay)
    feedback = np.zeros(delay + 2)
    feedback[0], feedback[delay], feedback[delay + 1] = 1.0, -0.497, -0.497
    return np.asarray(lfilter([1.0], feedback, excitation))


def _drum(rng: np.random.Generator, time: np.ndarray) -> np.ndarray:
    starts = _strokes(rng, time, float(rng.choice([0.25, 0.33, 0.5])), 0.05)
    after = _ring(0.5)
    heads = (float(rng.uniform(90, 130)), float(rng.uniform(150, 210)))
    voices = []
    for _ in starts:
        pitch = heads[int(rng.integers(2))] * (1 + 0.4 * np.exp(-after * 40))
        skin = np.sin(2 * np.pi * np.cumsum(pitch) / RATE) * np.exp(-after * 10)
        voices.append(
            rng.uniform(0.5, 1.0) * (skin + 0.2 * rng.normal(size=len(after)) * np.exp(-after * 90))
        )
    return _laid(time, starts, voices)


def _mallet(rng: np.random.Generator, time: np.ndarray) -> np.ndarray:
    starts = _strokes(rng, time, float(rng.choice([0.2, 0.25, 0.33])), 0.03)
    after = _ring(0.8)
    voices = [
        sum(
            share * np.sin(2 * np.pi * note * part * after) * np.exp(-after * (6 + 9 * number))
            for number, (part, share) in enumerate(((1.0, 1.0), (3.0, 0.4), (6.0, 0.15)))
        )
        for note in _notes(rng, len(starts), rng.uniform(392, 660))
    ]
    return _laid(time, starts, [np.asarray(voice) for voice in voices])


_MAKERS: dict[str, Maker] = {
    "tick": _tick,
    "kettle": _kettle,
    "beat": _beat,
    "typing": _typing,
    "pour": _pour,
    "motor": _motor,
    "pluck": _pluck,
    "drum": _drum,
    "mallet": _mallet,
}
