"""Train the image head: photos of posts, and what reviewers of a made-up shop photograph."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from analytics.contracts import LABELS
from analytics.engine.sentiment.calibration import accuracy, expected_calibration_error, macro_f1
from analytics.engine.sentiment.learning.heads import HeadRecipe, train_head
from analytics.engine.sentiment.learning.text_corpora import rows

RECIPE = HeadRecipe(hidden=24, members=4, epochs=20, decay=0.3, dropout=0.3, input_dropout=0.3, folds=5)
DEMO_SEEDS = (101, 102)
_BATCH = 32
Say = Callable[[str], None]


@dataclass(frozen=True)
class Posts:
    """Posts of a photo and words: ``groups`` number equal texts alike."""

    texts: tuple[str, ...]
    labels: np.ndarray
    groups: np.ndarray
    vectors: np.ndarray


def cached(name: str, make: Callable[[], Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """What ``make`` gives, kept in the machine's folder for temporary files between runs."""
    path = Path(tempfile.gettempdir()) / "mmsite-sentiment" / f"{name}.npz"
    if not path.is_file():
        found = make()
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".part.npz")
        np.savez(draft, allow_pickle=False, **found)
        draft.replace(path)
    with np.load(path, allow_pickle=False) as stored:
        return {key: stored[key] for key in stored.files}


def posts(data: Path, encoder: Any) -> Posts:
    """The MVSA posts with the encoder's vectors of their photos."""
    folder = data / "sentiment" / "mvsa"
    listed = list(rows(folder / "labels.csv"))
    paths = [folder / "images" / f"{row['id']}.jpg" for row in listed]
    key = hashlib.sha256(f"{encoder.info.weights_hash}{len(paths)}".encode()).hexdigest()[:12]
    vectors = cached(f"mvsa-{key}", lambda: {"vectors": _vectors(paths, encoder)})["vectors"]
    texts = tuple(row["text"] for row in listed)
    labels = np.array([LABELS.index(row["label"]) for row in listed])
    return Posts(texts, labels, np.unique(texts, return_inverse=True)[1], vectors)


def _vectors(paths: list[Path], encoder: Any) -> np.ndarray:
    parts = []
    for start in range(0, len(paths), _BATCH):
        images = []
        for path in paths[start : start + _BATCH]:
            with Image.open(path) as file:
                images.append(file.convert("RGB"))
        parts.append(encoder.encode_images(images))
    return np.concatenate(parts)


def demo_photos(encoder: Any, seed: int, most: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Vectors (n, dim) of the photos of a demo world's reviews, and the label that each review means."""

    def make() -> dict[str, np.ndarray]:
        from recommender.engine.demo.attachments import review_photo
        from recommender.engine.demo.world import build_world

        world = build_world(seed, 600, 200, 8000, 3000)
        shown = [opinion for opinion in world.reviews if opinion.photo][:most]
        parts = [
            encoder.encode_images(
                [review_photo(world.products[opinion.product], opinion) for opinion in shown[at : at + 16]]
            )
            for at in range(0, len(shown), 16)
        ]
        means = np.array([np.mean(list(opinion.aspects.values())) for opinion in shown])
        return {"vectors": np.concatenate(parts), "means": means}

    found = cached(f"demo-photos-{encoder.info.weights_hash}-{seed}", make)
    return found["vectors"], np.digitize(found["means"], [-0.3, 0.3])


def train_image(data: Path, output: Path, *, seed: int, say: Say) -> dict[str, float]:
    """Train the head for the embedded encoder and write it to ``output``; figures on held-out rows."""
    from recommender.engine.encoders import load_encoder

    encoder: Any = load_encoder(device="cpu")
    found = posts(data, encoder)
    shop = [demo_photos(encoder, number) for number in DEMO_SEEDS]
    vectors = np.concatenate([found.vectors, *(part[0] for part in shop)])
    labels = np.concatenate([found.labels, *(part[1] for part in shop)])
    extra = len(labels) - len(found.labels)
    groups = np.concatenate([found.groups, found.groups.max() + 1 + np.arange(extra)])
    recipe = replace(RECIPE, seed=seed)
    facts = {"dim": vectors.shape[1], "space_hash": encoder.info.weights_hash, "encoder": encoder.info.name}
    head, held = train_head(vectors[None], labels, np.eye(3), groups, recipe, facts)
    here = slice(0, len(found.labels))
    figures = {
        "image MVSA macro-F1": macro_f1(held[here].argmax(1), labels[here]),
        "image MVSA accuracy": accuracy(held[here].argmax(1), labels[here]),
        "image MVSA calibration error": expected_calibration_error(held[here], labels[here]),
        "image demo accuracy": accuracy(held[len(found.labels) :].argmax(1), labels[len(found.labels) :]),
    }
    for name, value in figures.items():
        say(f"{name}: {value:.3f}")
    replace(head, facts={**head.facts, "figures": figures}).save(output)
    return figures
