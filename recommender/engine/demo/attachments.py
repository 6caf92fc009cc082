"""What reviewers attach: a snapshot taken at home, and a few words spoken in their mood."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from recommender.contracts import Clip
from recommender.engine.demo.render.picture import render_product
from recommender.engine.demo.speech import VOICES, synthesise
from recommender.engine.demo.world import Opinion, Product

SIDE = 480
_DRAWN = 560
SPOKEN_MOST = 160  # characters of a review that are read aloud
#: mood: words a minute, pitch and its movement (0 to 99)
_MOODS = {"happy": (185, 66, 85), "flat": (150, 45, 15), "angry": (205, 34, 60)}


def review_photo(product: Product, opinion: Opinion) -> Image.Image:
    """A reviewer's snapshot, RGB (480, 480): askew, in warm or dim light, and broken where it came so."""
    rng = np.random.default_rng([product.seed, 41, opinion.person])
    image = render_product(product, view=1 + int(rng.integers(2)), size=_DRAWN)
    if opinion.photo == "damaged":
        image = _damaged(image, rng)
    image = image.rotate(float(rng.uniform(-6, 6)), Image.Resampling.BICUBIC)
    # Near enough to the middle for the corners that the turn left empty to be cut off.
    left, top = (int(rng.integers(31, _DRAWN - SIDE - 30)) for _ in range(2))
    image = image.crop((left, top, left + SIDE, top + SIDE))
    light = np.asarray(image, np.float32) * _lamp(rng)
    light += rng.normal(0, rng.uniform(2, 7), (SIDE, SIDE, 1))
    return Image.fromarray(np.clip(light, 0, 255).astype(np.uint8)).filter(
        ImageFilter.GaussianBlur(float(rng.uniform(0.2, 1.1)))
    )


def _lamp(rng: np.random.Generator) -> np.ndarray:
    """Tint and fall-off of a living room's light, (480, 480, 3)."""
    warm = rng.uniform(-0.06, 0.14)
    tint = np.array([1 + warm, 1.0, 1 - warm]) * rng.uniform(0.72, 1.05)
    rows, columns = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    spot = rng.uniform(0.2, 0.8, 2)
    distance = np.hypot(rows - spot[0], columns - spot[1])
    return np.asarray((1.1 - 0.45 * distance)[..., None] * tint, np.float32)


def _damaged(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Cracks from one blow, and a stain."""
    picture = image.copy()
    draw = ImageDraw.Draw(picture, "RGBA")
    x, y = (float(part) for part in rng.uniform(0.38, 0.62, 2) * _DRAWN)
    for direction in rng.uniform(0, 2 * np.pi, 7):
        _crack(draw, rng, x, y, float(direction))
    stain = Image.new("RGBA", picture.size)
    spread = float(rng.uniform(40, 80))
    a, b = (float(part) for part in rng.uniform(0.35, 0.6, 2) * _DRAWN)
    ImageDraw.Draw(stain).ellipse((a, b, a + 1.6 * spread, b + spread), fill=(84, 58, 30, 150))
    stain = stain.filter(ImageFilter.GaussianBlur(7))
    return Image.alpha_composite(picture.convert("RGBA"), stain).convert("RGB")


def _crack(draw: ImageDraw.ImageDraw, rng: np.random.Generator, x: float, y: float, direction: float) -> None:
    points = [(x, y)]
    for step in rng.uniform(10, 34, int(rng.integers(4, 9))):
        direction += float(rng.normal(0, 0.45))
        x, y = x + step * np.cos(direction), y + step * np.sin(direction)
        points.append((x, y))
    draw.line([(a + 1.5, b + 1.5) for a, b in points], fill=(255, 255, 255, 120), width=2)
    draw.line(points, fill=(24, 20, 18, 235), width=3)


def review_voice(opinion: Opinion) -> Clip:
    """The beginning of the review read aloud in the mood it was written in."""
    rate, pitch, variation = _MOODS[opinion.voice]
    voice = VOICES[opinion.person % len(VOICES)]
    clip = synthesise(
        opinion.text[:SPOKEN_MOST],
        opinion.language,
        voice=voice,
        rate=rate,
        pitch=pitch,
        variation=variation,
    )
    loudness = {"happy": 1.0, "flat": 0.45, "angry": 1.1}[opinion.voice]
    return Clip(np.clip(clip.samples * loudness, -1, 1).astype(np.float32), clip.rate)
