"""Short films of products: once round, a little closer, with their sound or what is said about them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from recommender.contracts import Clip
from recommender.engine.demo.render.picture import render_product
from recommender.engine.demo.world import Product

if TYPE_CHECKING:
    from av import AudioFrame

SIDE = 480
RATE = 12  # pictures a second
SECONDS = 4
_DRAWN = 640
_SOUND_RATE = 48_000


def product_film(product: Product, sound: Clip | None = None) -> bytes:
    """An MP4 file of four seconds, 480 x 480, H.264, with ``sound`` as AAC where it is given."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        _write(path, product, sound)
        return path.read_bytes()


def _write(path: Path, product: Product, sound: Clip | None) -> None:
    import av

    # The index goes to the front of the file, so that browsers begin to play at once.
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as container:
        picture = container.add_stream("libx264", rate=RATE, options={"preset": "veryfast", "crf": "23"})
        picture.width = picture.height = SIDE
        picture.pix_fmt = "yuv420p"
        track = container.add_stream("aac", rate=_SOUND_RATE, layout="mono") if sound is not None else None
        for number, image in enumerate(_pictures(product)):
            frame = av.VideoFrame.from_image(image)
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            container.mux(picture.encode(frame))
        container.mux(picture.encode(None))
        if track is not None and sound is not None:
            for part in _sound_frames(sound):
                container.mux(track.encode(part))
            container.mux(track.encode(None))


def _pictures(product: Product) -> Iterator[Image.Image]:
    """The product turned once about its axis while the camera comes closer; one drawing serves two frames."""
    count = RATE * SECONDS
    drawing = None
    for number in range(count):
        share = number / count
        if drawing is None or number % 2 == 0:
            drawing = render_product(product, size=_DRAWN, turn=share)
        eased = 0.5 - 0.5 * np.cos(np.pi * share)
        half = _DRAWN / 2 * (1 - 0.22 * eased)
        middle = _DRAWN / 2
        box = (middle - half, middle - half, middle + half, middle + half)
        yield drawing.resize((SIDE, SIDE), Image.Resampling.BICUBIC, box)


def _sound_frames(sound: Clip) -> Iterator[AudioFrame]:
    import av

    samples = sound.samples[: SECONDS * sound.rate]
    samples = np.pad(samples, (0, SECONDS * sound.rate - len(samples)))
    frame = av.AudioFrame.from_ndarray(samples[None].astype(np.float32), format="fltp", layout="mono")
    frame.sample_rate = sound.rate
    resampler = av.AudioResampler(format="fltp", layout="mono", rate=_SOUND_RATE)
    yield from resampler.resample(frame)
    yield from resampler.resample(None)
