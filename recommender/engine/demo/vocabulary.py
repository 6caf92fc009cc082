"""The words of the demo world in English and Chinese: colours, materials, patterns, styles, kinds."""

from __future__ import annotations

from dataclasses import dataclass

RGB = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Term:
    """A named attribute value in both languages."""

    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class Colour(Term):
    """A colour with its sRGB value."""

    rgb: RGB


@dataclass(frozen=True, slots=True)
class Material(Term):
    """A material; ``finish`` names how light falls on it, ``grain`` its surface (see ``render.surface``)."""

    finish: str
    grain: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A category of product.

    Attributes:
        key: its name in the code and the name of its picture.
        root, root_zh, name, name_zh: the two levels of its category path.
        noun, noun_zh: one such product.
        materials, patterns, shapes: keys it may have; the first are the likeliest.
        price: lowest and highest usual price in euros.
        sound: key of the sound it makes; empty for none.
        aspects: what reviewers speak about.
        size: English and Chinese measure put in descriptions.
    """

    key: str
    root: str
    root_zh: str
    name: str
    name_zh: str
    noun: str
    noun_zh: str
    materials: tuple[str, ...]
    patterns: tuple[str, ...]
    shapes: tuple[Term, ...]
    price: tuple[float, float]
    sound: str
    aspects: tuple[str, ...]
    size: Term


COLOURS: dict[str, Colour] = {
    colour.en: colour
    for colour in (
        Colour("red", "红色", (196, 45, 48)),
        Colour("coral", "珊瑚色", (240, 122, 100)),
        Colour("orange", "橙色", (232, 125, 40)),
        Colour("mustard", "芥末黄", (214, 164, 44)),
        Colour("yellow", "黄色", (246, 208, 74)),
        Colour("olive", "橄榄绿", (118, 122, 62)),
        Colour("green", "绿色", (54, 132, 84)),
        Colour("mint", "薄荷绿", (150, 209, 182)),
        Colour("teal", "青色", (28, 124, 128)),
        Colour("sky blue", "天蓝色", (120, 178, 222)),
        Colour("blue", "蓝色", (42, 92, 182)),
        Colour("navy", "藏青色", (32, 44, 84)),
        Colour("purple", "紫色", (112, 72, 150)),
        Colour("lavender", "薰衣草紫", (182, 164, 216)),
        Colour("pink", "粉色", (240, 164, 184)),
        Colour("burgundy", "酒红色", (118, 28, 50)),
        Colour("brown", "棕色", (116, 74, 46)),
        Colour("beige", "米色", (220, 200, 168)),
        Colour("white", "白色", (240, 238, 232)),
        Colour("grey", "灰色", (142, 146, 150)),
        Colour("black", "黑色", (40, 40, 44)),
    )
}

MATERIALS: dict[str, Material] = {
    material.en: material
    for material in (
        Material("cotton", "棉", "cloth", "weave"),
        Material("linen", "亚麻", "cloth", "linen"),
        Material("silk", "真丝", "satin", "plain"),
        Material("wool", "羊毛", "cloth", "knit"),
        Material("denim", "牛仔布", "cloth", "twill"),
        Material("velvet", "丝绒", "velvet", "plain"),
        Material("leather", "皮革", "leather", "leather"),
        Material("suede", "麂皮", "cloth", "felt"),
        Material("canvas", "帆布", "cloth", "canvas"),
        Material("nylon", "尼龙", "satin", "ripstop"),
        Material("straw", "草编", "cloth", "straw"),
        Material("felt", "毛毡", "cloth", "felt"),
        Material("plush", "毛绒", "velvet", "fur"),
        Material("ceramic", "陶瓷", "gloss", "plain"),
        Material("stoneware", "粗陶", "semi", "speckle"),
        Material("glass", "玻璃", "glass", "plain"),
        Material("wood", "木", "semi", "wood"),
        Material("bamboo", "竹", "semi", "bamboo"),
        Material("steel", "不锈钢", "metal", "brushed"),
        Material("brass", "黄铜", "metal", "plain"),
        Material("aluminium", "铝", "metal", "brushed"),
        Material("plastic", "塑料", "gloss", "plain"),
        Material("rubber", "橡胶", "semi", "plain"),
        Material("concrete", "水泥", "matte", "concrete"),
        Material("rattan", "藤编", "semi", "rattan"),
        Material("paper", "纸", "matte", "felt"),
    )
}

PATTERNS: dict[str, Term] = {
    term.en: term
    for term in (
        Term("plain", "纯色"),
        Term("striped", "条纹"),
        Term("dotted", "波点"),
        Term("checked", "格子"),
        Term("floral", "碎花"),
        Term("zigzag", "锯齿纹"),
        Term("two-tone", "拼色"),
        Term("geometric", "几何图案"),
        Term("terrazzo", "水磨石纹"),
        Term("gradient", "渐变"),
    )
}

STYLES: dict[str, Term] = {
    term.en: term
    for term in (
        Term("minimalist", "极简"),
        Term("vintage", "复古"),
        Term("bohemian", "波西米亚"),
        Term("sporty", "运动"),
        Term("elegant", "优雅"),
        Term("playful", "俏皮"),
        Term("industrial", "工业"),
        Term("nordic", "北欧"),
    )
}

#: Which patterns, colours and materials a style prefers, so that a style can be seen.
STYLE_TASTE: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "minimalist": (
        ("plain",),
        ("white", "black", "grey", "beige", "navy"),
        ("cotton", "ceramic", "aluminium"),
    ),
    "vintage": (
        ("checked", "striped", "two-tone"),
        ("mustard", "burgundy", "olive", "brown", "teal"),
        ("leather", "wood", "brass", "denim"),
    ),
    "bohemian": (
        ("floral", "zigzag", "geometric"),
        ("orange", "mustard", "burgundy", "teal", "purple"),
        ("linen", "straw", "rattan", "suede", "stoneware"),
    ),
    "sporty": (
        ("striped", "two-tone", "zigzag"),
        ("red", "blue", "black", "yellow", "green"),
        ("nylon", "rubber", "plastic", "canvas"),
    ),
    "elegant": (
        ("plain", "gradient"),
        ("black", "burgundy", "navy", "pink", "lavender"),
        ("silk", "velvet", "leather", "glass", "brass"),
    ),
    "playful": (
        ("dotted", "terrazzo", "two-tone", "striped"),
        ("pink", "yellow", "coral", "sky blue", "mint"),
        ("plastic", "plush", "cotton", "ceramic"),
    ),
    "industrial": (
        ("plain", "geometric"),
        ("grey", "black", "brown", "olive", "navy"),
        ("steel", "concrete", "leather", "aluminium", "denim"),
    ),
    "nordic": (
        ("plain", "geometric", "checked"),
        ("white", "grey", "sky blue", "mint", "beige"),
        ("wood", "wool", "felt", "linen", "paper"),
    ),
}
