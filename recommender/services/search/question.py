"""What is asked of a search, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from recommender.models import Category
from recommender.services.recommend import Card

#: Nothing passed as a match: what is shown only comes nearest.
NOTHING_CLOSE = "nothing_close"
#: Words alone were compared, because no worker encoded the query.
ENCODER_DOWN = "encoder_down"
#: The same, because what keeps the index does not answer.
INDEX_DOWN = "index_down"
#: Minus terms were left out: nothing else says what to look for.
MINUS_ALONE = "minus_alone"


@dataclass(frozen=True, slots=True)
class Filters:
    """What a result has to be, whatever it is like.

    Attributes:
        category: primary key; categories below it count as well.
        price_min, price_max: inclusive, in ``currency``; an item without a price meets neither.
        currency: code, only items with a price in it; "" for those whose currency is not stated. Where there
            are limits and None is named, that of the most items is meant.
        language: code; an item with Chinese words beside those of its own language is in Chinese as well.
        has_video, has_audio: only items with a film, or a sound, that can be played.
    """

    category: int | None = None
    price_min: Decimal | None = None
    price_max: Decimal | None = None
    currency: str | None = None
    language: str = ""
    has_video: bool = False
    has_audio: bool = False


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """A question; all parts of it count together.

    Attributes:
        text: words, in any language the encoder knows.
        image, audio: names that ``queries.receive_media`` gave.
        item_ids: items to be like.
        plus, minus: words for what there should be more, or less, of.
        weights: how much look, words and sound of the items count, in [0, 1]; all in full where absent.
        offset, limit: the piece of the results that is wanted.
    """

    text: str = ""
    image: str | None = None
    audio: str | None = None
    item_ids: tuple[int, ...] = ()
    plus: tuple[str, ...] = ()
    minus: tuple[str, ...] = ()
    weights: Mapping[str, float] = field(default_factory=dict)
    filters: Filters = Filters()
    offset: int = 0
    limit: int = 24

    @property
    def is_browsing(self) -> bool:
        """Filters at most: nothing to be like, and so nothing that a minus term could take away from."""
        return not (self.text.strip() or self.image or self.audio or self.item_ids or self.plus)

    @property
    def is_words_only(self) -> bool:
        """Nothing but words says what to look for."""
        return bool(self.text.strip() or self.plus) and not (self.image or self.audio or self.item_ids)


@dataclass(frozen=True, slots=True)
class CategoryCount:
    """How many results a category would leave, those of the categories below it included."""

    category: Category
    count: int


@dataclass(frozen=True, slots=True)
class PriceRange:
    """How many results a range of prices would leave; both ends are inclusive, None is open."""

    low: Decimal | None
    high: Decimal | None
    count: int


@dataclass(frozen=True, slots=True)
class Facets:
    """How many results each further choice would leave, under the other filters in force.

    Attributes:
        categories: in the order of their paths.
        languages: code to count, the most first.
        currencies: code to the number of results with a price in it, the most first; "" where none is stated.
        currency: the one that ``prices`` are in.
    """

    categories: list[CategoryCount] = field(default_factory=list)
    languages: dict[str, int] = field(default_factory=dict)
    with_video: int = 0
    with_audio: int = 0
    currencies: dict[str, int] = field(default_factory=dict)
    currency: str = ""
    prices: list[PriceRange] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class SearchPage:
    """A piece of the results.

    Attributes:
        total: results that can be paged through.
        folded: near-duplicates left out, for each of which a result stands.
        seconds: how long it took.
        notice: "", ``NOTHING_CLOSE``, ``ENCODER_DOWN``, ``INDEX_DOWN`` or ``MINUS_ALONE``.
    """

    cards: list[Card]
    total: int
    facets: Facets
    folded: int = 0
    seconds: float = 0.0
    notice: str = ""
