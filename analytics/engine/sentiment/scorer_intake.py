"""What of a review can be used: text cut and freed of markup, photos that are vectors, voices that sound."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import gcd

import numpy as np

from analytics.contracts import Channel, Heard, Reading, Spoken, Word
from recommender.contracts import Clip
from recommender.engine.preprocess.audio import RATE

#: Characters that are read; who has not said it by then repeats himself, or is no reviewer.
LONGEST_TEXT = 10_000
SHORTEST_CLIP = 0.3  # seconds
_SILENCE = 10 ** (-60 / 20)  # root mean square of the loudest tenth of a second, -60 dB of full scale
_MARKUP = re.compile(
    r"<(script|style)\b.*?(</\1\s*>|$)|</?[a-zA-Z!][^<>]{0,2000}>", re.DOTALL | re.IGNORECASE
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(slots=True)
class Usable:
    """One review's usable parts.

    Attributes:
        text: as long as the original's beginning, character by character, so that places in it agree.
        images: (n, dim) finite rows of unit length.
        clips: (number among the review's clips, clip at 16 kHz).
        words, written: the text's evidence and its reading, once it has been read.
        heard: what was heard in the clips, once they have been listened to.
        missing: by channel, why something that was given could not be used.
    """

    text: str = ""
    images: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    clips: list[tuple[int, Clip]] = field(default_factory=list)
    words: tuple[Word, ...] = ()
    written: Reading | None = None
    heard: list[Heard] = field(default_factory=list)
    missing: dict[Channel, str] = field(default_factory=dict)

    def miss(self, channel: Channel, reason: str) -> None:
        """Add a reason to those of ``channel``; each is told once."""
        told = self.missing.get(channel, "")
        if reason not in told:
            self.missing[channel] = f"{told} {reason}".strip()


def usable(spoken: Spoken) -> Usable:
    """Whatever of ``spoken`` can be scored; never raises for its content."""
    found = Usable()
    _take_text(spoken.text, found)
    if spoken.images is not None and np.size(spoken.images):
        _take_images(spoken.images, found)
    if spoken.clips:
        _take_clips(spoken.clips, found)
    return found


def _take_text(text: str, found: Usable) -> None:
    if not text.strip():
        return
    clean = without_markup(text[:LONGEST_TEXT])
    if any(mark.isalnum() or ord(mark) > 0x2190 for mark in clean) or _has_face(clean):
        found.text = clean
    else:
        found.missing["text"] = "The text holds no words."


def without_markup(text: str) -> str:
    """``text`` with tags, scripts and control characters turned into as many spaces."""
    if "<" in text:
        text = _MARKUP.sub(lambda match: " " * len(match[0]), text)
    return text if text.isprintable() else _CONTROL.sub(" ", text)


def _has_face(text: str) -> bool:
    return re.search(r"[:;=8][-']?[)(\]\[/\\|]", text) is not None


def _take_images(vectors: np.ndarray, found: Usable) -> None:
    rows = np.atleast_2d(np.asarray(vectors, dtype=np.float32))
    lengths = np.linalg.norm(rows, axis=1) if rows.ndim == 2 else np.zeros(0)
    good = np.isfinite(lengths) & (lengths > 1e-6)
    if rows.ndim != 2 or not good.any():
        found.missing["image"] = "No photo could be read."
        return
    found.images = rows[good] / lengths[good, None]
    if not good.all():
        found.missing["image"] = f"{int((~good).sum())} of {len(rows)} photos could not be read."


def _take_clips(clips: Sequence[Clip], found: Usable) -> None:
    reasons = []
    for number, clip in enumerate(clips):
        reason = _unusable(clip)
        if reason:
            reasons.append(reason)
        else:
            found.clips.append((number, at_rate(clip)))
    if reasons and not found.clips:
        found.missing["speech"] = reasons[0]
    elif reasons:
        found.missing["speech"] = f"{len(reasons)} of {len(clips)} recordings: {reasons[0]}"


def _unusable(clip: Clip) -> str:
    """Why a recording cannot be read; "" where it can."""
    samples = np.asarray(clip.samples)
    if samples.ndim != 1 or clip.rate <= 0 or not np.isfinite(samples).all():
        return "The recording is damaged."
    if len(samples) < SHORTEST_CLIP * clip.rate:
        return "The recording is too short."
    step = max(1, clip.rate // 10)
    pieces = samples[: len(samples) // step * step].reshape(-1, step)
    loudest = float(np.sqrt(np.square(pieces, dtype=np.float64).mean(axis=1)).max())
    return "The recording is silent." if loudest < _SILENCE else ""


def at_rate(clip: Clip) -> Clip:
    """The clip at 16 kHz, float32."""
    samples = np.asarray(clip.samples, dtype=np.float32)
    if clip.rate != RATE:
        from scipy.signal import resample_poly  # heavy: imported by whoever asks

        divisor = gcd(RATE, clip.rate)
        samples = np.asarray(resample_poly(samples, RATE // divisor, clip.rate // divisor), np.float32)
    return Clip(samples, RATE)
