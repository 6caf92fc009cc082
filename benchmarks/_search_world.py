"""A catalogue with words to search for, vectors in an encoder's space, and work for the encode worker.

Vectors of words are those of the encoder, turned a little for each item; those of pictures are as far from
the words as pictures are. So searches mean something, and nothing has to be drawn.
"""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np

CHUNK = 2_000
PICTURES = 24  # distinct ones that the encode worker is given, over and over
COLOURS = {
    "red": "红色", "navy": "藏青色", "olive": "橄榄绿", "ivory": "象牙白", "black": "黑色", "coral": "珊瑚色",
    "grey": "灰色", "white": "白色", "brown": "棕色", "pink": "粉色", "yellow": "黄色", "blue": "蓝色",
}  # fmt: skip
MATERIALS = {
    "wooden": "木制", "leather": "皮革", "cotton": "棉", "steel": "不锈钢", "silk": "丝绸", "wool": "羊毛",
    "glass": "玻璃", "ceramic": "陶瓷", "linen": "亚麻", "plastic": "塑料",
}  # fmt: skip
KINDS = {
    "dress": "连衣裙", "coat": "外套", "lamp": "台灯", "chair": "椅子", "mug": "杯子", "boot": "靴子",
    "scarf": "围巾", "kettle": "水壶", "handbag": "手提包", "watch": "手表", "sofa": "沙发", "guitar": "吉他",
    "tent": "帐篷", "ring": "戒指", "backpack": "背包", "shirt": "衬衫", "skirt": "裙子", "clock": "钟",
    "blanket": "毯子", "vase": "花瓶",
}  # fmt: skip
_MOODS = """
    soft light sturdy elegant modern vintage cosy everyday handmade durable travel garden kitchen bedroom
    office evening summer winter classic minimal
""".split()  # noqa: SIM905 (a list to read)
_LONG_AGO = timedelta(hours=2)


@dataclass(frozen=True)
class Sizes:
    items: int = 100_000
    waiting: int = 8_000  # items more, with a picture each, that have no vectors yet


def make(sizes: Sizes) -> None:
    """All that a site over this catalogue needs; in a process of its own, for it loads torch."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from benchmarks.feed_latency import _running, _wait_for_redis
    from mmsite import processes

    with _running(processes.redis()):
        _wait_for_redis()
        call_command("migrate", verbosity=0)
        call_command("collectstatic", verbosity=0, interactive=False)
        build(sizes, say=lambda text: print(text, flush=True))
        (settings.VAR_DIR / "made").touch()


def build(sizes: Sizes, say: Any = print) -> None:
    """Fill the empty database of this process's settings; loads the encoder, and so torch."""
    from django.conf import settings

    from recommender.services.loaded import loaded_encoder
    from recommender.services.spaces import ensure_space

    encoder = loaded_encoder(settings.ENCODER)
    space = ensure_space(encoder.info, settings.ENCODER)
    combinations = list(itertools.product(COLOURS, MATERIALS, KINDS))
    words = _meanings(encoder, combinations)
    rng = np.random.default_rng(5)
    chosen = rng.integers(len(combinations), size=sizes.items + sizes.waiting)
    ids = _items([combinations[n] for n in chosen])
    say(f"{len(ids)} items")
    _vectors(space, ids[: sizes.items], words[chosen[: sizes.items]], rng)
    say(f"vectors of {sizes.items} items")
    _media(ids[sizes.items :])
    _long_ago()


def questions(count: int, seed: int) -> list[str]:
    """Distinct questions as people type them, two in three in English."""
    rng = random.Random(seed)
    found: dict[str, None] = {}
    while len(found) < count:
        colour, material, kind = rng.choice([*COLOURS]), rng.choice([*MATERIALS]), rng.choice([*KINDS])
        mood = rng.choice(_MOODS)
        forms = [
            f"{colour} {kind}",
            f"{mood} {colour} {kind}",
            f"{colour} {material} {kind}",
            f"{mood} {material} {kind} for the {rng.choice(_MOODS)}",
            f"{COLOURS[colour]}{KINDS[kind]}",
            f"{COLOURS[colour]} {MATERIALS[material]} {KINDS[kind]}",
        ]
        found[rng.choice(forms)] = None
    return list(found)


def _meanings(encoder: Any, combinations: list[tuple[str, str, str]]) -> np.ndarray:
    """(n, dim) unit: the mean of each combination's words in both languages."""
    english = encoder.encode_texts([" ".join(one) for one in combinations])
    chinese = encoder.encode_texts([_chinese(one) for one in combinations])
    return _unit(english + chinese)


def _chinese(words: tuple[str, str, str]) -> str:
    colour, material, kind = words
    return COLOURS[colour] + MATERIALS[material] + KINDS[kind]


def _items(words: list[tuple[str, str, str]]) -> list[int]:
    from recommender.models import Category, Item

    rng = random.Random(5)
    aisles = {
        kind: Category.objects.create(name=kind.title(), name_zh=zh, path=kind.title())
        for kind, zh in KINDS.items()
    }
    for start in range(0, len(words), CHUNK):
        Item.objects.bulk_create(
            _item(number, words[number], aisles, rng)
            for number in range(start, min(len(words), start + CHUNK))
        )
    return list(Item.objects.order_by("pk").values_list("pk", flat=True))


def _item(number: int, words: tuple[str, str, str], aisles: dict[str, Any], rng: random.Random) -> Any:
    from recommender.models import Item

    colour, material, kind = words
    mood, *moods = rng.sample(_MOODS, 5)
    return Item(
        external_id=f"sku-{number:06d}",
        title=f"{mood.title()} {colour} {material} {kind}",
        title_zh=_chinese(words),
        description=f"A {moods[0]}, {moods[1]} {kind} in {colour}, made of {material}, for {moods[2]} and "
        f"{moods[3]} days. Easy to care for, and made to last for years.",
        description_zh=f"{COLOURS[colour]}的{KINDS[kind]}，{MATERIALS[material]}材质，适合日常使用，经久耐用。",
        category=aisles[kind],
        attributes={"colour": colour, "material": material},
        price=rng.randint(5, 400),
        currency="EUR",
        language="en",
    )


def _vectors(space: Any, ids: list[int], words: np.ndarray, rng: np.random.Generator) -> None:
    """Of words and look of every item, and a sound of every tenth."""
    from recommender.models import Embedding

    for modality, likeness, every in (("text", 0.8, 1), ("image", 0.6, 1), ("audio", 0.3, 10)):
        for start in range(0, len(ids), CHUNK):
            part = np.arange(start, min(len(ids), start + CHUNK), every)
            noise = _unit(rng.normal(size=(len(part), words.shape[1])))
            values = _unit(likeness * words[part] + np.sqrt(1 - likeness**2) * noise).astype("<f2")
            Embedding.objects.bulk_create(
                Embedding(space=space, item_id=ids[n], modality=modality, state="ready", vector=row.tobytes())
                for n, row in zip(part, values, strict=True)
            )


def _unit(values: np.ndarray) -> np.ndarray:
    return values / np.linalg.norm(values, axis=1, keepdims=True)


def _media(ids: list[int]) -> None:
    """A picture that is ready, for items whose vectors the encode worker has to make."""
    from django.core.files.base import ContentFile
    from django.core.files.storage import default_storage
    from PIL import Image

    from recommender.engine.preprocess.image import thumbnails
    from recommender.models import Media

    rng = np.random.default_rng(9)
    checksums = [f"{number:064x}" for number in range(PICTURES)]
    for checksum in checksums:
        coarse = Image.fromarray(rng.integers(0, 256, (12, 12, 3), dtype=np.uint8))
        picture = coarse.resize((480, 480), Image.Resampling.BICUBIC)
        for size, content in thumbnails(picture).items():
            name = Media(checksum=checksum).derived(f"{size}.webp")
            default_storage.save(name, ContentFile(content))
    Media.objects.bulk_create(
        Media(
            item_id=pk, kind="image", state="ready", checksum=checksums[n % PICTURES], file="originals/x.jpg"
        )
        for n, pk in enumerate(ids)
    )


def _long_ago() -> None:
    """As if made long ago, so that a snapshot may hold all of it."""
    from django.utils import timezone

    from recommender.models import Embedding, Item

    Embedding.objects.update(created_at=timezone.now() - _LONG_AGO)
    Item.objects.update(updated_at=timezone.now() - _LONG_AGO, created_at=timezone.now() - _LONG_AGO)
