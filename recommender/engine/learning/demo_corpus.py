"""The demo world as a corpus: its pictures, its texts, and ways to ask for a product in two languages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from recommender.contracts import Clip
from recommender.engine.demo.kinds import KINDS
from recommender.engine.demo.products import make_products
from recommender.engine.demo.texts import description, spoken, title
from recommender.engine.demo.vocabulary import COLOURS, MATERIALS, PATTERNS, STYLES
from recommender.engine.demo.world import Product
from recommender.engine.encoders.base import Encoder
from recommender.engine.learning.assessment import Figure
from recommender.engine.learning.corpora import Captioned, Corpus
from recommender.engine.learning.spoken import HELD_OUT_VOICES, say


def english(product: Product, rng: np.random.Generator, count: int = 4) -> list[str]:
    """``count`` phrases, from a noun alone to a full sentence."""
    kind = KINDS[product.kind]
    colour, material, pattern, style = product.colour, product.material, product.pattern, product.style
    shape, noun = kind.shapes[product.shape].en, kind.noun
    kind_of = "" if pattern == "plain" else pattern
    forms = [
        f"{colour} {noun}",
        f"{colour} {material} {noun}",
        f"{colour} {kind_of} {noun}",
        f"{kind_of} {material} {noun}",
        f"{style} {colour} {noun}",
        f"{shape} {noun} in {colour} {material}",
        f"a {style} {shape} {noun} made of {colour} {material}",
        f"{product.brand} {product.name} {noun}, {colour} {kind_of} {material}",
        f"{colour} {kind_of} {material} {shape} {noun} in a {style} style",
        f"{material} {noun}",
        f"{noun}",
        f"{kind.name} {colour}",
        f"{colour} and {product.second_colour} {kind_of} {noun}",
    ]
    return [" ".join(forms[pick].split()) for pick in rng.choice(len(forms), count, replace=False)]


def chinese(product: Product, rng: np.random.Generator, count: int = 4) -> list[str]:
    """The same in Chinese, with and without spaces between the words."""
    kind = KINDS[product.kind]
    colour, material = COLOURS[product.colour].zh, MATERIALS[product.material].zh
    pattern = "" if product.pattern == "plain" else PATTERNS[product.pattern].zh
    style, shape, noun = STYLES[product.style].zh, kind.shapes[product.shape].zh, kind.noun_zh
    forms: list[Sequence[str]] = [
        (colour, noun),
        (colour, material, noun),
        (colour, pattern, noun),
        (pattern, material, noun),
        (style, colour, noun),
        (style, "风格的", colour, noun),
        (product.name_zh, colour, pattern, material, noun),
        (colour, pattern, material, shape, noun),
        (material, noun),
        (noun,),
        (kind.name_zh, colour),
        (colour + "的", noun),
    ]
    phrases = []
    for pick in rng.choice(len(forms), count, replace=False):
        words = [word for word in forms[pick] if word]
        phrases.append((" " if rng.random() < 0.5 else "").join(words))
    return phrases


def texts_of(product: Product, rng: np.random.Generator) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What a product's own texts say, and how people may ask for it, both in two languages."""
    captions = [
        write(product, language) for write in (title, description, spoken) for language in ("en", "zh")
    ]
    return tuple(captions), (*english(product, rng, 6), *chinese(product, rng, 6))


def demo_corpus(seed: int, items: int, directory: Path, size: int = 256) -> Corpus:
    """A demo world with its pictures, rendered into ``directory`` where they are not there yet.

    Args:
        seed: of the world; the demo itself shows another, so that this one can be learned.
        items: products in it.
        directory: where the pictures go.
        size: side of the pictures in pixels, a multiple of 4.
    """
    from recommender.engine.demo.render.picture import render_product

    rng = np.random.default_rng(seed)
    folder = directory / f"{seed}-{items}-{size}"
    folder.mkdir(parents=True, exist_ok=True)
    examples = []
    for product in make_products(seed, items):
        path = folder / f"{product.external_id}.jpg"
        if not path.is_file():
            draft = path.with_suffix(".part")
            render_product(product, size=size).save(draft, format="JPEG", quality=92)
            draft.rename(path)
        examples.append(Captioned(path, *texts_of(product, rng)))
    return Corpus(f"demo-{seed}", tuple(examples))


def demo_texts(seed: int, items: int) -> Corpus:
    """The texts of a demo world without its pictures."""
    rng = np.random.default_rng(seed)
    examples = [
        Captioned(Path(product.external_id), *texts_of(product, rng))
        for product in make_products(seed, items)
    ]
    return Corpus(f"demo-texts-{seed}", tuple(examples))


def said_texts(seed: int, items: int) -> list[str]:
    """What may be said of each product: its spoken description and one short phrase, in both languages."""
    rng = np.random.default_rng([seed, 3])
    texts = []
    for product in make_products(seed, items):
        texts += [spoken(product, "en"), spoken(product, "zh")]
        texts += [*english(product, rng, 1), *chinese(product, rng, 1)]
    return texts


def spoken_descriptions(seed: int, items: int, language: str) -> list[Clip]:
    """Each product's spoken description, by speakers that no training clip is spoken by."""
    rng = np.random.default_rng([seed, language == "zh"])
    return [say(spoken(product, language), HELD_OUT_VOICES, rng) for product in make_products(seed, items)]


def kind_share(
    encoder: Encoder, seed: int, items: int, images: np.ndarray, language: str, top: int = 10
) -> Figure:
    """Share of the ``top`` pictures that are of the kind asked for, over every colour and kind there is.

    Args:
        encoder: what encodes the queries: ``red handbag``, ``红色 手提包``.
        seed, items: of the world that ``images`` (items, dim) show, one row a product.
        images: unit rows.
        language: of the queries, ``en`` or ``zh``.
        top: how many pictures are looked at.
    """
    products = make_products(seed, items)
    kinds = np.array([product.kind for product in products])
    asked = sorted({(product.colour, product.kind) for product in products})
    if language == "zh":
        texts = [f"{COLOURS[colour].zh} {KINDS[kind].noun_zh}" for colour, kind in asked]
    else:
        texts = [f"{colour} {KINDS[kind].noun}" for colour, kind in asked]
    best = np.argsort(-(encoder.encode_texts(texts) @ images.T), axis=1)[:, :top]
    wanted = np.array([kind for _, kind in asked])
    chance = np.mean([(kinds == kind).mean() for kind in wanted])
    share = (kinds[best] == wanted[:, None]).mean()
    return Figure(round(float(share), 4), round(float(chance), 4), len(asked))
