"""Small catalogues with pictures and sounds, for the tests of what happens after an import."""

from __future__ import annotations

import io
import wave
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from recommender.models import EncoderSpace, ImportBatch
from recommender.services import stored
from tests.services.importing import archive, bring_in

#: An encoder without weights: vectors from plain statistics.
QUICK_ENCODER = "python:tests.conformance.encoder_plugs:statistics"
INK = {"red": (200, 40, 45), "blue": (40, 80, 200), "green": (30, 140, 70)}


def photo(colour: str, shape: str = "bag") -> bytes:
    """A drawing of one thing in one colour, as JPEG."""
    image = Image.new("RGB", (320, 240), (244, 242, 238))
    draw = ImageDraw.Draw(image)
    if shape == "bag":
        draw.rectangle((90, 110, 230, 210), fill=INK[colour])
        draw.arc((120, 50, 200, 160), 180, 360, fill=INK[colour], width=12)
    else:
        draw.polygon(((160, 30), (90, 120), (230, 120)), fill=INK[colour])
        draw.rectangle((153, 120, 167, 215), fill=INK[colour])
    out = io.BytesIO()
    image.save(out, "JPEG")
    return out.getvalue()


def tone(hertz: float, seconds: float = 1.0) -> bytes:
    """A WAV of one tone, 8 kHz mono."""
    samples = np.sin(2 * np.pi * hertz * np.arange(int(8000 * seconds)) / 8000)
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes((samples * 12_000).astype("<i2").tobytes())
    return out.getvalue()


def shop_file(folder: Path) -> Path:
    """A ZIP of six items: bags and lamps in three colours with a picture each, the first with a sound too."""
    header = "external_id,title,description,title_zh,image_paths,audio_paths\n"
    zh = {"red": "红色", "blue": "蓝色", "green": "绿色", "bag": "手提包", "lamp": "台灯"}
    rows, files = [], {}
    for shape in ("bag", "lamp"):
        for colour in INK:
            name = f"{colour}-{shape}"
            files[f"images/{name}.jpg"] = photo(colour, shape)
            sound = "sounds/tone.wav" if name == "red-bag" else ""
            title = f"{colour.capitalize()} {shape}"
            rows.append(
                f"{name},{title},A {colour} {shape}.,{zh[colour]}{zh[shape]},images/{name}.jpg,{sound}"
            )
    files["sounds/tone.wav"] = tone(440)
    return archive(folder / "shop.zip", {"items.csv": header + "\n".join(rows) + "\n", **files})


def import_shop(folder: Path, **options: Any) -> ImportBatch:
    return bring_in(shop_file(folder), **options)


def damaged_query() -> str:
    """The name of a picture to search by that is there, and is none."""
    name = f"queries/{'0' * 64}.webp"
    stored.put(name, b"no picture")
    return name


def serving_space(settings: Any) -> EncoderSpace:
    """The space of the quick encoder, which the settings name."""
    from recommender.services.loaded import loaded_encoder
    from recommender.services.spaces import ensure_space

    settings.ENCODER = QUICK_ENCODER
    return ensure_space(loaded_encoder(QUICK_ENCODER).info, QUICK_ENCODER)
