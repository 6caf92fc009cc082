"""A shop with pictures, for journeys through the pages."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from recommender.models import Item

COLOURS = {
    "red": (196, 52, 58),
    "blue": (48, 92, 190),
    "green": (52, 140, 88),
    "yellow": (226, 178, 44),
}
KINDS = {"bag": ("Bags", "包袋"), "lamp": ("Lamps", "灯具"), "chair": ("Chairs", "椅子")}
KINDS_ZH = {"bag": "包", "lamp": "灯", "chair": "椅子"}
COLOURS_ZH = {"red": "红色", "blue": "蓝色", "green": "绿色", "yellow": "黄色"}


def picture(colour: str, kind: str, shade: int) -> Image.Image:
    """A plain drawing whose colour and outline say what it is."""
    image = Image.new("RGB", (320, 320), (246, 243, 238))
    ink = tuple(max(0, part - 9 * shade) for part in COLOURS[colour])
    draw = ImageDraw.Draw(image)
    if kind == "bag":
        draw.rectangle((70, 130, 250, 270), fill=ink)
        draw.arc((110, 70, 210, 190), 180, 360, fill=ink, width=14)
    elif kind == "lamp":
        draw.polygon(((160, 50), (80, 160), (240, 160)), fill=ink)
        draw.rectangle((152, 160, 168, 270), fill=ink)
    else:
        draw.rectangle((90, 60, 120, 280), fill=ink)
        draw.rectangle((90, 170, 230, 200), fill=ink)
        draw.rectangle((205, 170, 230, 280), fill=ink)
    return image


@pytest.fixture
def showroom(live_site: str) -> list[Item]:
    """Three kinds in four colours, five of each, with thumbnails ready; some have Chinese titles."""
    return [add_item(kind, colour, number) for kind in KINDS for colour in COLOURS for number in range(5)]


def add_item(kind: str, colour: str, number: int) -> Item:
    """One item with its picture, as the import and the preparing of media leave them."""
    from recommender.models import Category, Item, Media
    from recommender.services import stored

    name, name_zh = KINDS[kind]
    category, _new = Category.objects.get_or_create(path=name, defaults={"name": name, "name_zh": name_zh})
    item = Item.objects.create(
        external_id=f"{kind}-{colour}-{number}",
        title=f"{colour.capitalize()} {kind} {number}",
        title_zh=f"{COLOURS_ZH[colour]}{KINDS_ZH[kind]} {number} 号",
        description=f"A {colour} {kind} for every day.",
        category=category,
        price=20 + number,
        currency="USD",
        language="en",
    )
    image = picture(colour, kind, number)
    original = BytesIO()
    image.save(original, "PNG")
    checksum = hashlib.sha256(original.getvalue()).hexdigest()
    medium = Media.objects.create(
        item=item,
        kind=Media.Kind.IMAGE,
        file=f"originals/{checksum[:2]}/{checksum}.png",
        checksum=checksum,
        state=Media.State.READY,
        width=320,
        height=320,
    )
    for size in Media.SIZES:
        content = BytesIO()
        image.save(content, "WEBP")
        stored.put(medium.derived(f"{size}.webp"), content.getvalue())
    return item


@pytest.fixture
def no_overflow() -> Callable[[Any], None]:
    """Fails where a page is wider than its window."""

    def check(page: Any) -> None:
        # A phone zooms out until everything fits, and calls that its inner width: what was asked for counts.
        width, window = page.evaluate("document.documentElement.scrollWidth"), page.viewport_size["width"]
        assert width <= window, f"{page.url} is {width} wide in a window of {window}"

    return check
