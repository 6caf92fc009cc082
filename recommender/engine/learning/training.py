"""Training of the embedded encoder from beginning to end: data, vocabulary, towers, calibration, card."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from recommender.contracts import Modality
from recommender.engine.encoders import calibration
from recommender.engine.encoders.base import DEFAULT_ENCODER, Encoder
from recommender.engine.encoders.tokenizer import VOCABULARY, JointTokenizer, build_vocabulary
from recommender.engine.learning import corpora
from recommender.engine.learning.audio_recipe import AudioRecipe, sounds_as_spoken, train_audio
from recommender.engine.learning.demo_corpus import demo_corpus, said_texts
from recommender.engine.learning.head_recipe import HeadRecipe, train_head
from recommender.engine.learning.recipe import Mixture, Recipe, train_image_text
from recommender.engine.learning.spoken import Spoken, join, speak
from recommender.engine.learning.stages import STAGES
from recommender.errors import EncoderError

TEACHER = "teachers/mobilenet_v1_1.0_224_quant_embedding_extractor.tflite"
Note = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """One run of ``train_encoder``.

    Attributes:
        data: folder of the data sets.
        cache: where feature maps and speech are kept between runs.
        output: folder of the encoder; its configuration is taken from there, or from the embedded encoder.
        demo_seeds: demo worlds to learn from, not that of the demo itself, which is for measuring.
        demo_items: products in each of them.
        stages: what to do, a subset of STAGES in that order.
        resume: start from the weights and the vocabulary in ``output``.
        views: views of each picture: the whole one, then mirrored crops.
        spoken_texts: how many texts of the product photographs are spoken, beside those of the demo worlds.
        recipe, head, audio: of the trainings.
    """

    data: Path
    cache: Path
    output: Path
    demo_seeds: tuple[int, ...] = (101, 102)
    demo_items: int = 1200
    stages: tuple[str, ...] = STAGES
    resume: bool = False
    views: int = 2
    spoken_texts: int = 1_500
    recipe: Recipe = field(default_factory=Recipe)
    head: HeadRecipe = field(default_factory=HeadRecipe)
    audio: AudioRecipe = field(default_factory=AudioRecipe)


def train(plan: Plan, note: Note = print) -> None:
    """Carry out ``plan``; each stage leaves ``plan.output`` loadable.

    Raises:
        EncoderError: data or a teacher is missing, or there is nothing to resume from.
    """
    from recommender.engine.encoders import mini

    sources = training_corpora(plan) if {"image-text", "head"} & set(plan.stages) else []
    tokenizer = _tokenizer(plan, sources)
    model = mini.build_model(plan.output)
    if plan.resume or "image-text" not in plan.stages:
        mini.load_state(model, plan.output)
    else:
        from recommender.engine.learning.teachers import trunk_state

        model.visual.trunk.load_state_dict(trunk_state(plan.data / TEACHER), strict=False)
    if "image-text" in plan.stages:
        train_image_text(model, tokenizer, _mixture(model, sources, plan, note), plan.recipe, note)
        mini.save_state(model, plan.output)
    if "head" in plan.stages:
        known = [source for source in sources if not source.name.startswith("demo")]
        new = [source for source in sources if source.name.startswith("demo")]
        train_head(model, tokenizer, known, new, plan.head, note)
        mini.save_state(model, plan.output)
    if "audio" in plan.stages:
        train_audio(model, tokenizer, spoken_corpus(plan, note), plan.audio, note)
        mini.save_state(model, plan.output)
    if "calibration" in plan.stages:
        table = calibrate(mini.load_mini(folder=plan.output, device="cpu"), held_out(plan))
        calibration.save(plan.output, table)
        note(f"calibrated {len(table)} pairs of modalities")


def training_corpora(plan: Plan) -> list[corpora.Corpus]:
    """What is learned from."""
    return [
        corpora.fashion(plan.data / "fashion", "train"),
        corpora.flickr(plan.data / "flickr8k", "captions_train.csv"),
        *(demo_corpus(seed, plan.demo_items, plan.cache / "demo") for seed in plan.demo_seeds),
    ]


def held_out(plan: Plan) -> list[corpora.Corpus]:
    """Pictures no training run sees, for calibration."""
    return [
        corpora.fashion(plan.data / "fashion", "test"),
        corpora.flickr(plan.data / "flickr8k", "captions_dev.csv"),
    ]


def _tokenizer(plan: Plan, sources: Sequence[corpora.Corpus]) -> JointTokenizer:
    """The vocabulary in ``output``, with the words of new corpora added, or a new one."""
    from recommender.engine.encoders import mini

    plan.output.mkdir(parents=True, exist_ok=True)
    target = plan.output / f"{DEFAULT_ENCODER}.json"
    if not target.is_file():
        shutil.copyfile(mini.FOLDER / target.name, target)
    vocabulary = plan.output / "vocabulary.txt"
    pieces = list(mini.load_tokenizer(plan.output).pieces) if plan.resume else []
    if "image-text" in plan.stages:
        room = VOCABULARY - 258 - len(pieces)
        texts = (text for source in sources for text in source.texts())
        fresh = [piece for piece in build_vocabulary(texts) if piece not in set(pieces)]
        pieces += fresh[:room]
        vocabulary.write_text("\n".join(pieces) + "\n", encoding="utf-8")
    return mini.load_tokenizer(plan.output)


def _mixture(model: Any, sources: Sequence[corpora.Corpus], plan: Plan, note: Note) -> Mixture:
    from recommender.engine.learning.features import frozen_maps

    def progress(stage: str, done: int, total: int) -> None:
        if done % 1600 < 16 or done == total:
            note(f"{stage}: {done} of {total}")

    trunk = model.visual.trunk.eval()
    views = [
        [
            frozen_maps(trunk, [e.image for e in source.examples], plan.cache, view=view, progress=progress)
            for view in range(plan.views)
        ]
        for source in sources
    ]
    return Mixture(sources, views)


def spoken_corpus(plan: Plan, note: Note) -> Spoken:
    """Texts of demo worlds and of product photographs read aloud, and sounds that are no speech."""
    rng = np.random.default_rng(plan.audio.seed)
    photographs = corpora.fashion(plan.data / "fashion", "train")
    texts = [said_texts(seed, plan.demo_items) for seed in plan.demo_seeds]
    texts.append(list(_drawn(photographs, plan.spoken_texts, rng)))
    note(f"speech: {sum(map(len, texts))} texts")
    parts = [speak(part, plan.cache, seed=plan.audio.seed + turn) for turn, part in enumerate(texts)]
    return join([*parts, sounds_as_spoken(60, plan.audio.seed)])


def _drawn(source: corpora.Corpus, count: int, rng: np.random.Generator) -> Iterator[str]:
    for number in range(count):
        example = source.examples[int(rng.integers(len(source.examples)))]
        choices = example.captions if number % 3 == 0 or not example.phrases else example.phrases
        yield choices[int(rng.integers(len(choices)))]


def calibrate(
    encoder: Encoder, sources: Sequence[corpora.Corpus], *, each: int = 600, seed: int = 0
) -> dict[tuple[Modality, Modality], calibration.Calibration]:
    """Similarities of matching and of random pairs, for each pair of modalities that can meet in a search.

    See ``pairs.matching_pairs`` for what matches.
    """
    from recommender.engine.learning.pairs import matching_pairs

    pairs = matching_pairs(encoder, sources, each=each, seed=seed)
    return {key: calibration.measure(queries, targets) for key, (queries, targets) in pairs.items()}


def write_summary(plan: Plan, figures: dict[str, Any]) -> None:
    """Keep what was measured, and by which recipe, beside the weights."""
    if not plan.output.is_dir():
        raise EncoderError(f"The folder {plan.output} does not exist.", "Train first.")
    about = {"recipe": plan.recipe.as_dict(), "audio": plan.audio.as_dict(), "figures": figures}
    (plan.output / "training.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
