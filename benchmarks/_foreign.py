"""Questions about what a fashion shop sells, and about what it does not; written before any was asked."""

from __future__ import annotations

import random
import re
import string
from collections.abc import Iterable, Mapping

from recommender.engine.learning.fashion_terms import ARTICLES, COLOURS

#: Things that no fashion shop sells.
THINGS = {
    "submarine": "潜水艇", "excavator": "挖掘机", "tractor": "拖拉机", "piano": "钢琴", "volcano": "火山",
    "refrigerator": "冰箱", "chainsaw": "电锯", "microscope": "显微镜", "lawn mower": "割草机",
    "washing machine": "洗衣机", "wheelbarrow": "独轮车", "telescope": "望远镜", "helicopter": "直升机",
    "violin": "小提琴", "bathtub": "浴缸", "cement": "水泥", "tomato soup": "番茄汤", "toaster": "烤面包机",
    "goldfish": "金鱼", "bicycle": "自行车", "sofa": "沙发", "chess board": "国际象棋", "printer": "打印机",
    "drill": "电钻", "fire extinguisher": "灭火器", "elephant": "大象", "ladder": "梯子",
    "locomotive": "火车头", "dishwasher": "洗碗机", "stapler": "订书机", "garden hose": "花园水管",
    "bulldozer": "推土机", "trombone": "长号", "aquarium": "鱼缸", "ironing board": "熨衣板", "tent": "帐篷",
    "crane": "起重机", "rice cooker": "电饭锅", "router": "路由器", "fishing rod": "钓鱼竿",
}  # fmt: skip
NONSENSE = 60
Questions = dict[str, list[str]]


def existing(rows: Iterable[Mapping[str, str]]) -> Questions:
    """Every colour and article type that occur together, in both languages."""
    pairs = sorted({(row["baseColour"], row["articleType"]) for row in rows})
    known = [(colour, article) for colour, article in pairs if colour in COLOURS and article in ARTICLES]
    return {
        "sold, en": [f"{colour} {article}".lower() for colour, article in known],
        "sold, zh": [f"{COLOURS[colour][0]} {ARTICLES[article][0]}" for colour, article in known],
    }


def foreign(titles: Iterable[str], seed: int = 0) -> Questions:
    """Letters that mean nothing; things that no word of ``titles`` names, bare and in a colour."""
    rng = random.Random(seed)
    sold = {word for title in titles for word in re.findall(r"[a-z]+", title.lower())}
    things = {en: zh for en, zh in THINGS.items() if not sold & set(en.split())}
    colours = [rng.choice(("Black", "Blue", "White", "Red", "Green", "Brown")) for _ in things]
    return {
        "nonsense letters": [_nonsense(rng) for _ in range(NONSENSE)],
        "not sold, en": list(things),
        "not sold, zh": list(things.values()),
        "colour and not sold, en": [f"{c} {en}".lower() for c, en in zip(colours, things, strict=True)],
        "colour and not sold, zh": [
            f"{COLOURS[c][0]} {zh}" for c, zh in zip(colours, things.values(), strict=True)
        ],
    }


def _nonsense(rng: random.Random) -> str:
    return " ".join("".join(rng.choices(string.ascii_lowercase, k=rng.randint(5, 8))) for _ in range(2))
