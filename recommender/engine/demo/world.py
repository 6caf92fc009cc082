"""What the demo world is made of, and the one function that makes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from recommender.errors import RecommenderError

#: The moment at which worlds end where no other is given, so that builds can be compared.
LAST_MOMENT = datetime(2026, 1, 15, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Product:
    """One product. ``seed`` draws what is not named: proportions, background, tune.

    ``tribes`` (T,) is its hidden appeal to each crowd: no picture or text shows it. ``quality`` maps an
    aspect to the mean opinion of it in [-1, 1].
    """

    index: int
    external_id: str
    kind: str
    colour: str
    second_colour: str
    material: str
    pattern: str
    shape: int
    style: str
    brand: str
    name: str
    name_zh: str
    price: float
    currency: str
    availability: str
    seed: int
    popularity: float
    launched_days_ago: float
    tribes: np.ndarray
    quality: Mapping[str, float]
    speech: str
    has_sound: bool
    has_video: bool
    views: int


@dataclass(frozen=True, slots=True)
class Person:
    """One person and the tastes planted in them; the arrays are weights of attributes by name."""

    index: int
    user: str
    name: str
    language: str
    bilingual: bool
    activity: float
    tribes: np.ndarray
    colours: Mapping[str, float]
    materials: Mapping[str, float]
    kinds: Mapping[str, float]
    styles: Mapping[str, float]
    log_price: float


@dataclass(frozen=True, slots=True)
class Event:
    """What a person did with a product; ``seconds`` before (negative) the world's last moment."""

    person: int
    product: int
    kind: str
    value: float | None
    seconds: int


@dataclass(frozen=True, slots=True)
class Opinion:
    """A review and what was planted in it.

    Attributes:
        aspects: aspect to polarity, -1 or 1.
        sarcastic: the words praise, the stars do not.
        incident: it belongs to the bad batch.
        photo: "" for none, else "fine" or "damaged".
        voice: "" for none, else the mood it is spoken in ("happy", "flat", "angry").
    """

    external_id: str
    person: int
    product: int
    text: str
    language: str
    rating: int
    seconds: int
    aspects: Mapping[str, int]
    sarcastic: bool
    incident: bool
    photo: str
    voice: str


@dataclass(frozen=True, slots=True)
class Incident:
    """A bad batch: one product, one week, one aspect."""

    product: int
    aspect: str
    first_second: int
    last_second: int


@dataclass(frozen=True)
class World:
    """A generated world; pure data, equal for equal arguments.

    Attributes:
        held_out: person's user name to external ids of the products that they will like after the last
            moment, in order; none of those meetings is among ``events``.
    """

    seed: int
    products: tuple[Product, ...]
    people: tuple[Person, ...]
    events: tuple[Event, ...] = ()
    reviews: tuple[Opinion, ...] = ()
    incident: Incident | None = None
    held_out: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def build_world(
    seed: int = 7, items: int = 1200, people: int = 300, events: int = 40_000, reviews: int = 3000
) -> World:
    """A world of products, people, what they did in the last ninety days and what they wrote.

    Args:
        seed: everything follows from it.
        items: number of products, 30 at least.
        people: number of people.
        events: number of interactions, met exactly where there are people.
        reviews: number of reviews, met exactly where there are people.

    Raises:
        RecommenderError: fewer items than there are kinds, or a negative number.
    """
    from recommender.engine.demo.behaviour import simulate
    from recommender.engine.demo.opinions import write_reviews
    from recommender.engine.demo.people import make_people
    from recommender.engine.demo.products import make_products

    if items < 30 or min(people, events, reviews) < 0:
        raise RecommenderError("A demo world needs 30 items, and no negative numbers.", "Ask for more items.")
    products = make_products(seed, items)
    crowd = make_people(seed, people)
    history, later = simulate(seed, products, crowd, events)
    opinions, incident = write_reviews(seed, products, crowd, history, reviews)
    held_out = {crowd[person].user: tuple(products[index].external_id for index in liked)
                for person, liked in later.items()}  # fmt: skip
    return World(seed, products, crowd, history, opinions, incident, held_out)


def item_texts(world: World, index: int) -> dict[str, str]:
    """Title and description of a product as one text by language, ``{"en": ..., "zh": ...}``."""
    from recommender.engine.demo.texts import description, title

    product = world.products[index]
    return {
        language: f"{title(product, language)}\n{description(product, language)}" for language in ("en", "zh")
    }


def spoken_description(world: World, index: int) -> tuple[str, str]:
    """What is said about a product, and in which language; not every one is recorded."""
    from recommender.engine.demo.texts import spoken

    product = world.products[index]
    language = product.speech or ("zh" if product.seed % 5 < 2 else "en")
    return spoken(product, language), language
