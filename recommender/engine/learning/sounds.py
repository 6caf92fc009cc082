"""Sounds that are no speech, made from formulas: ten kinds, every clip with parameters of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.signal import lfilter

from recommender.contracts import Clip

RATE = 16_000
Maker = Callable[[np.random.Generator, np.ndarray], np.ndarray]


def _tone(rng: np.random.Generator, t: np.ndarray) -> np.ndarray:
    return np.sin(2 * np.pi * rng.uniform(200, 2000) * t)


def _bell(rng: np.random.Generator, t: np.ndarray) -> np.ndarray:
    base, pause = rng.uniform(400, 1200), rng.uniform(0.4, 1.0)
    partials = (1.0, 2.0, 2.76, 5.4)
    strokes = t % pause
    return np.asarray(
        sum(np.sin(2 * np.pi * base * p * t) * np.exp(-strokes * (3 + 2 * p)) for p in partials)
    )


def _siren(rng: np.random.Generator, t: np.ndarray) -> np.ndarray:
    low, high, speed = rng.uniform(400, 700), rng.uniform(900, 1500), rng.uniform(0.3, 2.0)
    pitch = low + (high - low) * (0.5 + 0.5 * np.sin(2 * np.pi * speed * t))
    return np.sin(2 * np.pi * np.cumsum(pitch) / RATE)


def _bird(rng: np.random.Generator, t: np.ndarray) -> np.ndarray:
    pitch = rng.uniform(2500, 4500) + rng.uniform(400, 1200) * np.sin(2 * np.pi * rng.uniform(12, 30) * t)
    gate = (t % rng.uniform(0.3, 0.8)) < rng.uniform(0.1, 0.25)
    return np.sin(2 * np.pi * np.cumsum(pitch) / RATE) * gate


def _rain(rng: np.random.Generator, t: np.ndarray) -> np.ndarray:
    drops = rng.normal(size=len(t)) * (rng.random(len(t)) < 0.02)
    return lfilter([1.0], [1.0, -0.6], drops) + 0.15 * rng.normal(size=len(t))


def _sea(rng: np.random.Generator, t: np.ndarray) -> np.ndarray:
    swell = 0.55 + 0.45 * np.sin(2 * np.pi * rng.uniform(0.15, 0.5) * t + rng.uniform(0, 6))
    return lfilter([1.0], [1.0, -0.9], rng.normal(size=len(t))) * swell


def _engine(rng: np.random.Generator, t: np.ndarray) -> np.ndarray:
    turns = rng.uniform(35, 90)
    harmonics = np.arange(1, 20)
    shares = rng.uniform(0.3, 1.0, len(harmonics)) / harmonics
    return np.asarray(
        sum(s * np.sin(2 * np.pi * turns * h * t) for s, h in zip(shares, harmonics, strict=True))
    )


def _knock(rng: np.random.Generator, t: np.ndarray) -> np.ndarray:
    strokes = t % rng.uniform(0.25, 0.6)
    return np.sin(2 * np.pi * rng.uniform(100, 260) * t) * np.exp(-strokes * 40) + 0.3 * rng.normal(
        size=len(t)
    ) * np.exp(-strokes * 120)


def _clock(rng: np.random.Generator, t: np.ndarray) -> np.ndarray:
    strokes = t % rng.uniform(0.4, 1.0)
    return rng.normal(size=len(t)) * np.exp(-strokes * rng.uniform(250, 500))


def _music(rng: np.random.Generator, t: np.ndarray) -> np.ndarray:
    notes = 220.0 * 2.0 ** (rng.choice([0, 2, 4, 7, 9, 12], size=64) / 12) * 2 ** rng.integers(0, 2)
    length = rng.uniform(0.18, 0.4)
    pitch = notes[(t / length).astype(int) % len(notes)]
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    return (np.sin(phase) + 0.4 * np.sin(2 * phase) + 0.2 * np.sin(3 * phase)) * np.exp(-3 * (t % length))


#: Kind to its maker and the texts that describe it.
KINDS: dict[str, tuple[Maker, tuple[str, str]]] = {
    "tone": (_tone, ("a steady tone", "持续的音调")),
    "bell": (_bell, ("a bell ringing", "铃声")),
    "siren": (_siren, ("a siren wailing", "警报声")),
    "bird": (_bird, ("a bird singing", "鸟叫声")),
    "rain": (_rain, ("rain falling", "雨声")),
    "sea": (_sea, ("waves of the sea", "海浪声")),
    "engine": (_engine, ("an engine running", "发动机声")),
    "knock": (_knock, ("knocking on a door", "敲门声")),
    "clock": (_clock, ("a clock ticking", "钟表滴答声")),
    "music": (_music, ("music playing", "音乐")),
}


def make_sound(kind: str, rng: np.random.Generator) -> Clip:
    """One clip of ``kind``, 2 to 5 seconds, with its own loudness and a little noise."""
    t = np.arange(int(rng.uniform(2.0, 5.0) * RATE)) / RATE
    sound = KINDS[kind][0](rng, t)
    sound = sound / max(1e-6, float(np.abs(sound).max())) * rng.uniform(0.1, 0.9)
    noisy = sound + rng.normal(0.0, 10.0 ** rng.uniform(-4.0, -2.5), len(t))
    return Clip(np.clip(noisy, -1.0, 1.0).astype(np.float32), RATE)


def make_sounds(each: int, seed: int, kinds: Sequence[str] = tuple(KINDS)) -> tuple[list[Clip], list[str]]:
    """``each`` clips of every one of ``kinds``, and the kind of each clip."""
    rng = np.random.default_rng(seed)
    labels = [kind for kind in kinds for _ in range(each)]
    return [make_sound(kind, rng) for kind in labels], labels
