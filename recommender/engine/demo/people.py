"""People and the tastes that are planted in them."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from recommender.engine.demo.kinds import KINDS
from recommender.engine.demo.products import TRIBES, price_in_euros
from recommender.engine.demo.vocabulary import COLOURS, MATERIALS, STYLE_TASTE, STYLES
from recommender.engine.demo.world import Person, Product

_GIVEN = [
    "Ada",
    "Ben",
    "Chloe",
    "Daniel",
    "Elena",
    "Felix",
    "Grace",
    "Hugo",
    "Ines",
    "Jonas",
    "Kira",
    "Leo",
    "Maya",
    "Nils",
    "Olga",
    "Pablo",
    "Quinn",
    "Rosa",
    "Sam",
    "Tara",
    "Uma",
    "Victor",
    "Wanda",
    "Yara",
    "Zoe",
    "Amir",
    "Bianca",
    "Cora",
    "Dario",
    "Emil",
]
_FAMILY = [
    "Ashdown",
    "Berg",
    "Castellan",
    "Dahl",
    "Ekstrom",
    "Farrow",
    "Grant",
    "Holm",
    "Ito",
    "Jansen",
    "Keller",
    "Lind",
    "Moreau",
    "Novak",
    "Okafor",
]
_GIVEN_ZH = [
    "伟",
    "芳",
    "娜",
    "敏",
    "静",
    "磊",
    "洋",
    "艳",
    "勇",
    "杰",
    "娟",
    "涛",
    "明",
    "霞",
    "平",
    "刚",
    "雨桐",
    "子轩",
    "浩然",
    "欣怡",
    "梓涵",
    "思远",
    "佳琪",
    "一诺",
    "晨曦",
]
_FAMILY_ZH = [
    "王",
    "李",
    "张",
    "刘",
    "陈",
    "杨",
    "赵",
    "黄",
    "周",
    "吴",
    "徐",
    "孙",
    "马",
    "朱",
    "胡",
    "林",
    "郭",
    "何",
    "高",
    "罗",
]

#: How strongly each taste speaks when someone chooses.
WEIGHTS = {
    "tribes": 3.3,
    "kinds": 2.4,
    "colours": 1.3,
    "styles": 1.3,
    "materials": 0.7,
    "price": 0.5,
    "popularity": 0.55,
}


def make_people(seed: int, count: int) -> tuple[Person, ...]:
    """``count`` people of hidden crowds, with favourite kinds, colours, materials, styles and budgets."""
    rng = np.random.default_rng([seed, 2])
    return tuple(_person(rng, index) for index in range(count))


def _person(rng: np.random.Generator, index: int) -> Person:
    language = "zh" if rng.random() < 0.4 else "en"
    tribes = np.zeros(TRIBES)
    tribes[int(rng.integers(TRIBES))] = 1.0
    tribes[int(rng.integers(TRIBES))] += 0.35
    style, other = rng.choice(list(STYLES), 2, replace=False)
    return Person(
        index=index,
        user=f"demo{index + 1:03d}",
        name=_name(rng, language),
        language=language,
        bilingual=bool(rng.random() < 0.3),
        activity=float(rng.lognormal(0.0, 0.6)),
        tribes=tribes,
        colours=_favourites(rng, list(COLOURS), 3, STYLE_TASTE[str(style)][1]),
        materials=_favourites(rng, list(MATERIALS), 5, STYLE_TASTE[str(style)][2]),
        kinds=_favourites(rng, list(KINDS), 6, ()),
        styles={str(style): 1.0, str(other): 0.5},
        log_price=float(rng.normal(4.2, 0.6)),
    )


def _name(rng: np.random.Generator, language: str) -> str:
    if language == "zh":
        return str(rng.choice(_FAMILY_ZH)) + str(rng.choice(_GIVEN_ZH))
    return re.sub(r"\s+", " ", f"{rng.choice(_GIVEN)} {rng.choice(_FAMILY)}")


def _favourites(
    rng: np.random.Generator, names: list[str], count: int, leaning: Sequence[str]
) -> dict[str, float]:
    weights = np.array([4.0 if name in leaning else 1.0 for name in names])
    chosen = rng.choice(len(names), count, replace=False, p=weights / weights.sum())
    return {names[pick]: float(rng.uniform(0.6, 1.0)) for pick in chosen}


class Shelf:
    """The attributes of all products as columns, so that a person's utilities are a few look-ups."""

    def __init__(self, products: Sequence[Product]) -> None:
        self._tribes = np.stack([product.tribes for product in products])
        self._price = np.log([price_in_euros(product) for product in products])
        self._popularity = np.array([product.popularity for product in products])
        self._columns = {
            "kinds": (list(KINDS), [product.kind for product in products]),
            "colours": (list(COLOURS), [product.colour for product in products]),
            "styles": (list(STYLES), [product.style for product in products]),
            "materials": (list(MATERIALS), [product.material for product in products]),
        }
        self._codes = {
            taste: np.array([names.index(value) for value in values])
            for taste, (names, values) in self._columns.items()
        }

    def utilities(self, person: Person) -> np.ndarray:
        """How much a person is drawn to every product (n,): tastes, popularity and budget summed."""
        total = WEIGHTS["tribes"] * (self._tribes @ person.tribes) + WEIGHTS["popularity"] * self._popularity
        total -= WEIGHTS["price"] * np.clip(np.abs(self._price - person.log_price) - 0.7, 0.0, 2.0)
        for taste, (names, _) in self._columns.items():
            loved = getattr(person, taste)
            table = np.array([loved.get(name, 0.0) for name in names])
            total += WEIGHTS[taste] * table[self._codes[taste]]
        return np.asarray(total)
