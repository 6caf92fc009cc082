"""Titles, descriptions and spoken descriptions, worded differently from product to product."""

from __future__ import annotations

import re

import numpy as np

from recommender.engine.demo.kinds import KINDS
from recommender.engine.demo.vocabulary import COLOURS, MATERIALS, PATTERNS, STYLES
from recommender.engine.demo.world import Product

_BEFORE_VOWEL = re.compile(r"\ba (?=[aeioAEIO])")
_TITLES = {
    "en": (
        "{brand} {name} {shape} {noun} in {colour} {material}",
        "{name} {pattern_}{material} {noun}, {colour}",
        "{colour_c} {pattern_}{noun} “{name}” by {brand}",
        "{brand} “{name}” {shape} {noun}, {colour} {material}",
        "The {name} {noun}: {shape}, {colour} {material}",
        "{brand} {colour} {material} {noun} {name}",
    ),
    "zh": (
        "{name}{colour}{material}{shape}{noun}",
        "{name}{style}风{pattern_}{noun} {colour}",
        "{colour}{pattern_}{material}{noun} {name}",
        "{name} {shape}{noun} {colour}{material}款",
        "{style}{colour}{shape}{noun}（{name}）",
    ),
}
_OPENINGS = {
    "en": (
        "{a} {style} {noun} in {colour} {material}.",
        "Made of {material} in {colour}, this {shape} {noun} has {a} {style} look.",
        "Our {name} {noun} pairs {colour} {material} with {a} {style} line.",
        "{colour_c} {material}, {a} {shape} shape: the {name} is {style} without trying.",
        "Meet {name}, {a} {shape} {colour} {material} {noun} for those who like things {style}.",
    ),
    "zh": (
        "这款{style}风格的{noun}采用{colour}{material}制成。",
        "{colour}{material}打造的{shape}{noun}，尽显{style}气质。",
        "{name}系列{noun}，{colour}配色，{material}质感，{style}又耐看。",
        "喜欢{style}风的你，一定会爱上这款{colour}{material}{noun}。",
        "选用优质{material}，{colour}清新耐看，是一款{style}的{noun}。",
    ),
}
_PATTERN_LINES = {
    "en": (
        "The {pattern} pattern in {second} catches the eye.",
        "Its {pattern} design is set off in {second}.",
        "{second_c} accents form the {pattern} motif.",
    ),
    "zh": (
        "{second}{pattern}图案十分亮眼。",
        "点缀{second}{pattern}，别具一格。",
        "{pattern}设计搭配{second}，层次分明。",
    ),
}
_PLAIN_LINES = {
    "en": ("One plain colour, nothing to distract.", "Left plain, so that the {material} speaks.", ""),
    "zh": ("纯色设计，简洁大方。", "不加修饰，突出{material}本身的质感。", ""),
}
_CARE = {
    "cloth": (
        ("Wash cold, dry in the shade.", "Soft from the first day."),
        ("建议冷水洗，阴凉处晾干。", "触感柔软，亲肤舒适。"),
    ),
    "satin": (
        ("Light, smooth and quick to dry.", "A quiet sheen in evening light."),
        ("轻盈顺滑，易干。", "光泽柔和。"),
    ),
    "velvet": (
        ("Deep pile that begs to be touched.", "Brush lightly to revive it."),
        ("绒面细腻，手感极佳。", "轻刷即可恢复光泽。"),
    ),
    "leather": (
        ("It darkens and softens with the years.", "Tanned without chrome."),
        ("越用越有味道。", "植鞣工艺，天然环保。"),
    ),
    "gloss": (
        ("Wipes clean in a second.", "Smooth to the touch, with a bright glaze."),
        ("表面光亮，一擦即净。", "釉面温润，手感顺滑。"),
    ),
    "semi": (
        ("No two pieces are alike.", "Finished by hand with natural oil."),
        ("每件纹理都独一无二。", "手工打磨，天然油涂层。"),
    ),
    "glass": (
        ("Blown by hand, clear as water.", "It plays with the light on the table."),
        ("手工吹制，清澈透亮。", "光影流转，别有情调。"),
    ),
    "metal": (
        ("Built to last a lifetime.", "Cool, solid and easy to clean."),
        ("坚固耐用，经久如新。", "质感冷峻，易于清洁。"),
    ),
    "matte": (
        ("Matte, calm and made to be seen.", "Cast in small batches."),
        ("哑光质感，低调高级。", "小批量制作。"),
    ),
}
_CLOSINGS = {
    "en": (
        "A gift that will be kept.",
        "Good for every day of the week.",
        "Sent in recycled packaging.",
        "Designed in our own studio.",
        "Small batch, numbered.",
        "Two-year guarantee.",
        "",
    ),
    "zh": ("送礼自用两相宜。", "日常百搭。", "环保包装发货。", "原创设计。", "限量发售。", "两年质保。", ""),
}


def attributes(product: Product, language: str) -> dict[str, str]:
    """The named attributes of a product: colour, material, pattern, shape, style."""
    values = {
        "colour": COLOURS[product.colour],
        "material": MATERIALS[product.material],
        "pattern": PATTERNS[product.pattern],
        "shape": KINDS[product.kind].shapes[product.shape],
        "style": STYLES[product.style],
    }
    return {name: term.zh if language == "zh" else term.en for name, term in values.items()}


def category(product: Product, language: str) -> str:
    """The category path, such as ``Fashion > Dresses``."""
    kind = KINDS[product.kind]
    return f"{kind.root_zh} > {kind.name_zh}" if language == "zh" else f"{kind.root} > {kind.name}"


def title(product: Product, language: str) -> str:
    """A title of one of several forms."""
    forms = _TITLES[language]
    text = forms[product.seed % len(forms)].format(**_words(product, language))
    return text[0].upper() + text[1:]


def description(product: Product, language: str) -> str:
    """Two to four sentences; each names colour, material and style, the rest varies."""
    rng = np.random.default_rng([product.seed, 11])
    words = _words(product, language)
    opening = _pick(rng, _OPENINGS[language])
    lines = (_PLAIN_LINES if product.pattern == "plain" else _PATTERN_LINES)[language]
    care = _CARE[MATERIALS[product.material].finish][language == "zh"]
    size = KINDS[product.kind].size
    measure = f"{size.zh}。" if language == "zh" else f"{size.en[0].upper()}{size.en[1:]}."
    rest = [_pick(rng, lines), _pick(rng, care), measure, _pick(rng, _CLOSINGS[language])]
    kept = [line for line in rest if line and rng.random() < 0.8]
    return _sentence([opening, *kept], words, language)


def spoken(product: Product, language: str) -> str:
    """One or two sentences to be read aloud."""
    rng = np.random.default_rng([product.seed, 12])
    words = _words(product, language)
    lines = [_pick(rng, _OPENINGS[language])]
    if product.pattern != "plain" and rng.random() < 0.6:
        lines.append(_pick(rng, _PATTERN_LINES[language]))
    return _sentence(lines, words, language)


def _sentence(lines: list[str], words: dict[str, str], language: str) -> str:
    text = ("" if language == "zh" else " ").join(line.format(**words) for line in lines)
    text = _BEFORE_VOWEL.sub("an ", text)
    return text[0].upper() + text[1:]


def _words(product: Product, language: str) -> dict[str, str]:
    kind = KINDS[product.kind]
    words = attributes(product, language)
    second = COLOURS[product.second_colour]
    plain = product.pattern == "plain"
    if language == "zh":
        return words | {
            "noun": kind.noun_zh,
            "name": product.name_zh,
            "second": second.zh,
            "a": "",
            "pattern_": "" if plain else words["pattern"],
        }
    return words | {
        "noun": kind.noun,
        "name": product.name,
        "brand": product.brand,
        "second": second.en,
        "second_c": second.en.capitalize(),
        "colour_c": words["colour"].capitalize(),
        "pattern_": "" if plain else words["pattern"] + " ",
        "a": "a",
    }


def _pick(rng: np.random.Generator, options: tuple[str, ...]) -> str:
    return options[int(rng.integers(len(options)))]
