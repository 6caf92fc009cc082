"""Products: attributes that go together, invented brands, prices, hidden appeal."""

from __future__ import annotations

import numpy as np

from recommender.engine.demo.kinds import KINDS
from recommender.engine.demo.vocabulary import COLOURS, STYLE_TASTE, STYLES, Kind
from recommender.engine.demo.world import Product

TRIBES = 10
_FILMS = 1 / 30  # share of products with a film
_BRANDS: tuple[tuple[str, str], ...] = (
    ("Aldra", "艾卓"),
    ("Fennomark", "芬诺"),
    ("Okoru", "奥可"),
    ("Lumisa", "露米"),
    ("Tarn & Co", "塔恩"),
    ("Sorbelle", "索贝"),
    ("Vireo", "维瑞"),
    ("Hollin", "霍林"),
    ("Kestwick", "凯维"),
    ("Maroda", "玛洛"),
    ("Pikku", "皮库"),
    ("Yunsheng", "云生"),
    ("Qingmu", "青木"),
    ("Brindel", "布林"),
    ("Osthavn", "奥港"),
    ("Nimra", "宁拉"),
    ("Cauldwen", "考文"),
    ("Zephra", "泽芙"),
    ("Mistral Row", "海风"),
    ("Jadewell", "翠井"),
)
_FIRST: tuple[tuple[str, str], ...] = (
    ("Alba", "晨光"),
    ("Juniper", "杜松"),
    ("Cove", "海湾"),
    ("Wren", "鹪鹩"),
    ("Solstice", "夏至"),
    ("Ember", "余烬"),
    ("Harbour", "港湾"),
    ("Meadow", "草甸"),
    ("Onda", "波浪"),
    ("Luna", "月影"),
    ("Fjord", "峡湾"),
    ("Saffron", "藏红"),
    ("Willow", "垂柳"),
    ("Tundra", "苔原"),
    ("Marlow", "马洛"),
    ("Pebble", "卵石"),
    ("Clover", "三叶"),
    ("Orchid", "兰"),
    ("Aria", "咏叹"),
    ("Kite", "风筝"),
    ("Hazel", "榛果"),
    ("Drift", "浮云"),
    ("Sable", "墨"),
    ("Isla", "小岛"),
    ("Coast", "海岸"),
    ("Thistle", "蓟花"),
    ("Nova", "新星"),
    ("Rowan", "花楸"),
    ("Breeze", "微风"),
    ("Velo", "飞驰"),
    ("Amber", "琥珀"),
    ("Lark", "云雀"),
    ("Monsoon", "雨季"),
    ("Poppy", "罂粟"),
    ("Quill", "羽"),
    ("Reverie", "幻想"),
)
_CURRENCIES = ("EUR", "EUR", "USD", "CNY")
_PER_EURO = {"EUR": 1.0, "USD": 1.08, "CNY": 7.8}


def make_products(seed: int, count: int) -> tuple[Product, ...]:
    """``count`` products, kinds by turns so that the first few hundred already show every kind."""
    rng = np.random.default_rng([seed, 1])
    keys = list(KINDS)
    order = [keys[turn] for _ in range(-(-count // len(keys))) for turn in rng.permutation(len(keys))]
    ranks = rng.permutation(count)
    return tuple(
        _product(rng, index, KINDS[order[index]], int(ranks[index]), count) for index in range(count)
    )


def _product(rng: np.random.Generator, index: int, kind: Kind, rank: int, count: int) -> Product:
    style = str(rng.choice(list(STYLES)))
    material = _material(rng, kind, style)
    colour, second = _colours(rng, style)
    brand = int(rng.integers(len(_BRANDS)))
    first = int(rng.integers(len(_FIRST)))
    currency = _CURRENCIES[int(rng.integers(len(_CURRENCIES)))]
    speech = str(rng.choice(["", "en", "zh"], p=[0.55, 0.25, 0.2]))
    return Product(
        index=index,
        external_id=f"demo-{index + 1:04d}",
        kind=kind.key,
        colour=colour,
        second_colour=second,
        material=material,
        pattern=_pattern(rng, kind, style, material),
        shape=int(rng.integers(len(kind.shapes))),
        style=style,
        brand=_BRANDS[brand][0],
        name=_FIRST[first][0],
        name_zh=_BRANDS[brand][1] + "「" + _FIRST[first][1] + "」",
        price=_price(rng, kind, style, currency),
        currency=currency,
        availability="available" if rng.random() < 0.97 else "unavailable",
        seed=int(rng.integers(2**31)),
        popularity=float(1.0 / (rank + 12) ** 0.7 * (count**0.5)),
        launched_days_ago=float(rng.uniform(1, 88) if rng.random() < 0.15 else rng.uniform(90, 700)),
        tribes=_tribes(rng, style),
        quality={aspect: float(np.clip(rng.normal(0.3, 0.45), -1, 1)) for aspect in kind.aspects},
        speech=speech,
        has_sound=bool(kind.sound) and rng.random() < 0.8,
        has_video=bool(rng.random() < _FILMS),
        views=2 if rng.random() < 1 / 3 else 1,
    )


def _material(rng: np.random.Generator, kind: Kind, style: str) -> str:
    weights = np.array([1.0 / (1 + 0.35 * place) for place in range(len(kind.materials))])
    weights *= [3.0 if name in STYLE_TASTE[style][2] else 1.0 for name in kind.materials]
    return str(rng.choice(kind.materials, p=weights / weights.sum()))


def _colours(rng: np.random.Generator, style: str) -> tuple[str, str]:
    names = list(COLOURS)
    weights = np.array([6.0 if name in STYLE_TASTE[style][1] else 1.0 for name in names])
    first = str(rng.choice(names, p=weights / weights.sum()))
    apart = np.array([_distance(first, name) > 110 for name in names])
    weights *= apart * [2.5 if name in ("white", "beige", "black", "navy") else 1.0 for name in names]
    return first, str(rng.choice(names, p=weights / weights.sum()))


def _distance(one: str, other: str) -> float:
    return float(np.linalg.norm(np.subtract(COLOURS[one].rgb, COLOURS[other].rgb)))


def _pattern(rng: np.random.Generator, kind: Kind, style: str, material: str) -> str:
    if material in ("steel", "brass", "aluminium", "straw", "rattan") and rng.random() < 0.75:
        return "plain" if "plain" in kind.patterns else kind.patterns[0]
    weights = np.array([2.2 if name == kind.patterns[0] else 1.0 for name in kind.patterns])
    weights *= [4.0 if name in STYLE_TASTE[style][0] else 1.0 for name in kind.patterns]
    return str(rng.choice(kind.patterns, p=weights / weights.sum()))


def _price(rng: np.random.Generator, kind: Kind, style: str, currency: str) -> float:
    low, high = np.log(kind.price)
    centre = 0.62 if style == "elegant" else 0.35 if style in ("playful", "sporty") else 0.45
    euros = np.exp(low + (high - low) * np.clip(rng.normal(centre, 0.2), 0, 1))
    amount = euros * _PER_EURO[currency]
    return float(np.floor(amount) + (0.9 if amount < 100 else 0.0))


def price_in_euros(product: Product) -> float:
    """The price in one currency, for tastes that know a price band."""
    return product.price / _PER_EURO[product.currency]


def _tribes(rng: np.random.Generator, style: str) -> np.ndarray:
    """Appeal to each hidden crowd (TRIBES,): one strong, one fair; a style leans to some crowd a little."""
    appeal = np.zeros(TRIBES)
    lean = list(STYLES).index(style)
    strong = lean if rng.random() < 0.2 else int(rng.integers(TRIBES))
    appeal[strong] = 1.0
    appeal[int(rng.integers(TRIBES))] += 0.5
    return appeal
