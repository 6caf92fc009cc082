"""Ways to ask for a product of the demo world, in English and Chinese, from its attributes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recommender.engine.demo.kinds import KINDS
from recommender.engine.demo.vocabulary import COLOURS, MATERIALS, PATTERNS, STYLES
from recommender.engine.demo.world import Product


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
