"""Every quality figure of an encoder, chance beside it: retrieval, attributes, speech, sounds, speed.

python -m benchmarks.encoder_quality [--encoder SPEC] [--data DIR] [--demo-items 1200]
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks._report import data_parser, is_there, machine, publish, verdict
from recommender.engine.encoders import load_encoder
from recommender.engine.learning.assessment import (
    Figure,
    attribute_share,
    corpus_retrieval,
    encode_files,
    kind_precision,
    recall_figure,
)
from recommender.engine.learning.corpora import fashion, flickr
from recommender.engine.learning.demo_corpus import demo_corpus, kind_share, spoken_descriptions
from recommender.engine.learning.sounds import make_sounds

DEMO_SEED = 7
Row = dict[str, Any]


def row(name: str, value: float, chance: float | str, queries: int | str, floor: float | str = "") -> Row:
    return {"figure": name, "value": value, "chance": chance, "queries": queries, "floor": floor}


def of_figure(name: str, figure: Figure, floor: float | str = "") -> Row:
    return row(name, figure.value, figure.chance, figure.queries, floor)


def real_pictures(encoder: Any, data: Path) -> Iterator[Row]:
    """Fashion test and Flickr8k dev: recall both ways; attribute queries in two languages."""
    for name, corpus, floor in (
        ("fashion test", fashion(data / "fashion", "test"), 0.75),
        ("Flickr8k dev", flickr(data / "flickr8k", "captions_dev.csv"), 0.40),
    ):
        found = corpus_retrieval(encoder, corpus)
        texts = sum(len(example.captions) for example in corpus.examples)
        for k in (1, 5, 10):
            chance = round(k / found.images, 4)
            value = found.text_to_image[f"recall@{k}"]
            yield row(f"{name}: text to image recall@{k}", value, chance, texts, floor if k == 10 else "")
        yield row(f"{name}: image to text recall@10", found.image_to_text["recall@10"], "", found.images)
    for language, floor_or_none in (("zh", 0.60), ("en", "")):
        share = attribute_share(encoder, data / "fashion", language)
        yield of_figure(f"fashion test: {language} attribute queries, share of top 10", share, floor_or_none)


def demo_world(encoder: Any, items: int, folder: Path) -> Iterator[Row]:
    """The demo's own world, which no training run has seen: words, pictures and speech find products."""
    corpus = demo_corpus(DEMO_SEED, items, folder)
    images = encode_files(encoder, [example.image for example in corpus.examples])
    for language, place in (("en", 0), ("zh", 1)):
        titles = encoder.encode_texts([example.captions[place] for example in corpus.examples])
        yield of_figure(f"demo: {language} title to picture recall@10", recall_figure(titles, images))
        share = kind_share(encoder, DEMO_SEED, items, images, language)
        yield of_figure(f"demo: {language} 'colour kind' to pictures, kind in top 10", share)
    if "audio" not in encoder.info.modalities:
        return
    for language in ("en", "zh"):
        said = encoder.encode_clips(spoken_descriptions(DEMO_SEED, items, language))
        own = encoder.encode_texts(
            [example.captions[0 if language == "en" else 1] for example in corpus.examples]
        )
        yield of_figure(f"demo: {language} speech to title recall@10", recall_figure(said, own), 0.30)
        yield of_figure(f"demo: {language} speech to picture recall@10", recall_figure(said, images))


def sounds(encoder: Any) -> Iterator[Row]:
    """Ten kinds of sound with parameters of their own, not those of training."""
    if "audio" in encoder.info.modalities:
        clips, kinds = make_sounds(each=12, seed=1_000)
        yield of_figure("sounds: share of 5 nearest of the same kind", kind_precision(encoder, clips, kinds))


def speed(encoder: Any, data: Path) -> Iterator[Row]:
    """Pictures a second of processor time, from files; texts likewise."""
    paths = sorted((data / "fashion" / "images").glob("*.jpg"))[:192]
    encode_files(encoder, paths[:32])
    began = time.process_time()
    encode_files(encoder, paths)
    spent = time.process_time() - began
    yield row("images a second of processor time", len(paths) / spent, "", len(paths), 25)
    began = time.process_time()
    encoder.encode_texts(["red leather handbag for women"] * 256)
    yield row("texts a second of processor time", 256 / (time.process_time() - began), "", 256)


def main() -> None:
    parser = data_parser(__doc__)
    parser.add_argument("--encoder", default="mmsite-mini")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--demo-items", type=int, default=1200)
    options = parser.parse_args()
    about = machine()
    whole = is_there("real pictures, and speed", options.data / "fashion", options.data / "flickr8k")
    encoder: Any = load_encoder(options.encoder, options.device)
    rows = list(real_pictures(encoder, options.data)) if whole else []
    with tempfile.TemporaryDirectory() as folder:
        rows += demo_world(encoder, options.demo_items, Path(folder))
    rows += sounds(encoder)
    rows += speed(encoder, options.data) if whole else []
    publish("encoder_quality", rows, about, encoder=options.encoder, weights=encoder.info.weights_hash)
    bars = {f"{row['figure']}: {row['floor']}": row["value"] >= row["floor"] for row in rows if row["floor"]}
    sys.exit(verdict(bars, whole=whole))


if __name__ == "__main__":
    main()
