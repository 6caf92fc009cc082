"""Search by words, a picture, a sound, items, and what should be more or less of."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from django.core.files.storage import default_storage
from django.http import HttpRequest
from ninja import File, Query, Router, Schema, Status
from ninja.files import UploadedFile
from pydantic import Field

from recommender.api.access import EVERYONE, OPEN, actor_of
from recommender.api.cards import CardOut, CategoryBrief, card_out, category_brief
from recommender.api.errors import Refused
from recommender.api.finding import find_items
from recommender.api.paging import PAGE, PAGE_MAX, next_offset
from recommender.contracts import MODALITIES
from recommender.services import queries
from recommender.services import search as searching
from recommender.services.search import HIGHEST_PRICE, Filters, SearchPage, SearchQuery

router = Router(tags=["search"])
TERMS_MAX, TERM_MAX, TEXT_MAX = 8, 80, 400
UNSTATED = "-"


class Asked(Schema):
    """A question; the names are those in the address of the site's search page."""

    q: str = Field("", max_length=TEXT_MAX, description="words, in English or Chinese")
    image: str = Field("", description="name of a picture, from POST /search/media")
    audio: str = Field("", description="name of a sound, from POST /search/media")
    item: list[str] = Field([], max_length=TERMS_MAX, description="external ids of items to be like")
    plus: list[str] = Field([], max_length=TERMS_MAX, description="words for what should be more of")
    minus: list[str] = Field([], max_length=TERMS_MAX, description="words for what should be less of")
    w_image: int = Field(100, ge=0, le=100, description="how much the look counts, in percent")
    w_text: int = Field(100, ge=0, le=100, description="how much the words count, in percent")
    w_audio: int = Field(100, ge=0, le=100, description="how much the sound counts, in percent")
    category: int | None = Field(None, description="a category's id")
    min: Decimal | None = Field(None, ge=0, le=HIGHEST_PRICE, description="lowest price")
    max: Decimal | None = Field(None, ge=0, le=HIGHEST_PRICE, description="highest price")
    currency: str = Field(
        "",
        pattern="^([A-Za-z]{3}|-)?$",
        description="what min and max are in, and only items with a price in it, such as EUR; - for those "
        "that do not say; by default min and max are in the currency of the most items",
    )
    language: str = Field("", max_length=10, description="language of the item, such as en or zh")
    video: bool = Field(False, description="only items with a film")
    sound: bool = Field(False, description="only items with a sound")
    offset: int = Field(0, ge=0, le=1_000_000)
    limit: int = Field(PAGE, ge=1, le=PAGE_MAX)


class CategoryCount(Schema):
    """How many of the results are in a category."""

    category: CategoryBrief
    count: int


class PriceRangeOut(Schema):
    """How many of the results have a price from ``min`` to ``max``, both included."""

    min: str | None = Field(description="a decimal number; null for no lowest price", examples=["20.00"])
    max: str | None = Field(description="a decimal number; null for no highest price", examples=["49.99"])
    count: int


class FacetsOut(Schema):
    """What the results could be narrowed to."""

    categories: list[CategoryCount]
    languages: dict[str, int]
    with_video: int
    with_audio: int
    currencies: dict[str, int] = Field(
        description="currency to how many of the results have a price in it; - where none is stated"
    )
    currency: str = Field(description="what prices are in")
    prices: list[PriceRangeOut]


class SearchOut(Schema):
    """One piece of the results, best first."""

    cards: list[CardOut]
    total: int
    next_offset: int | None = Field(description="where the next piece begins; null at the end")
    facets: FacetsOut
    folded: int = Field(description="near-duplicates that another result stands for")
    seconds: float = Field(description="how long it took")
    notice: str = Field(
        description="encoder_down, index_down: only exact words were compared; nothing_close: no result is "
        "very near; minus_alone: minus was left out, since there are only filters beside it"
    )


class MediumTaken(Schema):
    """A picture or sound to search by."""

    name: str = Field(description="what ``image`` or ``audio`` of GET /search takes")
    url: str


@router.get("/search", response=SearchOut, auth=EVERYONE, openapi_extra=OPEN, url_name="search")
def search(request: HttpRequest, asked: Query[Asked]) -> SearchOut:
    """Find items. Everything that is asked counts together."""
    page = searching.search(_question(asked), actor_of(request))
    return SearchOut(
        cards=[card_out(request, card) for card in page.cards],
        total=page.total,
        next_offset=next_offset(asked.offset, asked.limit if page.cards else 0, page.total),
        facets=_facets(page),
        folded=page.folded,
        seconds=round(page.seconds, 4),
        notice=page.notice,
    )


@router.post(
    "/search/media", response={201: MediumTaken}, auth=EVERYONE, openapi_extra=OPEN, url_name="search_media"
)
def search_media(
    request: HttpRequest,
    image: Annotated[UploadedFile | None, File(description="a picture")] = None,
    audio: Annotated[UploadedFile | None, File(description="a sound")] = None,
) -> Status:
    """Upload a picture or a sound to search by; it is kept for a day or so."""
    if (image is None) == (audio is None):
        raise Refused(422, "One file is needed.", "Send either image or audio.")
    name = queries.receive_media("image", image) if image else queries.receive_media("audio", audio)
    return Status(201, MediumTaken(name=name, url=request.build_absolute_uri(default_storage.url(name))))


def _question(asked: Asked) -> SearchQuery:
    plus, minus = _terms(asked.plus), _terms(asked.minus)
    filters = Filters(
        category=asked.category,
        price_min=asked.min,
        price_max=asked.max,
        currency={"": None, UNSTATED: ""}.get(asked.currency, asked.currency.upper()),
        language=asked.language,
        has_video=asked.video,
        has_audio=asked.sound,
    )
    text = asked.q.strip()
    if not (text or asked.image or asked.audio or plus or asked.item or filters != Filters()):
        if minus:
            raise Refused(422, "Minus alone finds nothing.", "Send q, image, audio, item or plus beside it.")
        raise Refused(422, "Nothing is asked for.", "Send q, image, audio, item, plus, or a filter.")
    return SearchQuery(
        text=text,
        image=_medium("image", asked.image),
        audio=_medium("audio", asked.audio),
        item_ids=tuple(find_items(asked.item)),
        plus=plus,
        minus=minus,
        weights={name: getattr(asked, f"w_{name}") / 100 for name in MODALITIES},
        filters=filters,
        offset=asked.offset,
        limit=asked.limit,
    )


def _medium(kind: Literal["image", "audio"], name: str) -> str | None:
    if not name:
        return None
    known = queries.known_media(kind, name)
    if not known:
        raise Refused(422, f"{kind}: there is no upload {name!r}.", "Upload it with POST /search/media.")
    return known


def _terms(words: list[str]) -> tuple[str, ...]:
    return tuple(word.strip()[:TERM_MAX] for word in words if word.strip())


def _facets(page: SearchPage) -> FacetsOut:
    found = page.facets
    return FacetsOut(
        categories=[
            CategoryCount(category=category_brief(one.category), count=one.count) for one in found.categories
        ],
        languages={code: n for code, n in found.languages.items() if code},
        with_video=found.with_video,
        with_audio=found.with_audio,
        currencies={code or UNSTATED: n for code, n in found.currencies.items()},
        currency=found.currency or UNSTATED,
        prices=[
            PriceRangeOut(min=_amount(one.low), max=_amount(one.high), count=one.count)
            for one in found.prices
        ],
    )


def _amount(price: Decimal | None) -> str | None:
    return None if price is None else f"{price:.2f}"
