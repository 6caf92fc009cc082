"""What facets count by, and how many results each further choice would leave."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from django.db import connection

from recommender.engine.preprocess.text import normalise_text
from recommender.models import Category, Item, Media
from recommender.services import index
from recommender.services.measured import staged
from recommender.services.search.prices import price_ranges, shown_currency
from recommender.services.search.question import CategoryCount, Facets, Filters

#: Categories that are all shown; of more, the top ones and those round the chosen one.
_MOST_CATEGORIES = 40
#: How long an item's facts are remembered where this process hears of changes, and where not; and how many.
_SECONDS, _SECONDS_UNHEARD, _MOST = 600.0, 10.0, 100_000
_NEVER: tuple[float, None] = (float("-inf"), None)
_AT_ONCE = 10_000
_TREE_SECONDS = 5.0


class Fact(NamedTuple):
    """One available item; ``title`` as two titles are compared, ``price`` in hundredths."""

    category: int | None
    language: str
    title: str
    has_chinese: bool
    has_video: bool
    has_audio: bool
    price: int | None
    currency: str


_known: dict[int, tuple[float, Fact]] = {}
_lock = threading.Lock()


class Facts:
    """What facets count by, of some items. A process looks an item up once, and again when it has changed."""

    @staged("hydrate")
    def __init__(self, ids: Iterable[int]) -> None:
        after = time.monotonic() - (_SECONDS if index.is_followed() else _SECONDS_UNHEARD)
        self._items: dict[int, Fact] = {}
        missing = []
        for pk in set(ids):
            looked, fact = _known.get(pk, _NEVER)
            if looked > after and fact is not None:
                self._items[pk] = fact
            else:
                missing.append(pk)
        for start in range(0, len(missing), _AT_ONCE):
            self._items |= _looked_up(missing[start : start + _AT_ONCE])

    def __contains__(self, pk: int) -> bool:
        """Whether the item is there and available."""
        return pk in self._items

    def title(self, pk: int) -> str:
        """As two titles are compared."""
        return self._items[pk].title

    def categories(self, ids: Iterable[int]) -> Counter[int]:
        """Category to the number of items that are in it, and not below it."""
        return Counter(category for pk in ids if (category := self._items[pk].category) is not None)

    def languages(self, ids: Iterable[int]) -> Counter[str]:
        """Code to the number of items; one with Chinese words counts as Chinese as well."""
        counts: Counter[str] = Counter()
        for pk in ids:
            counts[self._items[pk].language] += 1
            if self._items[pk].has_chinese and self._items[pk].language != "zh":
                counts["zh"] += 1
        del counts[""]
        return counts

    def currencies(self, ids: Iterable[int]) -> Counter[str]:
        """Code to the number of items with a price in it."""
        facts = [self._items[pk] for pk in ids]
        return Counter(fact.currency for fact in facts if fact.price is not None)

    def prices(self, ids: Iterable[int], currency: str) -> Counter[int]:
        """Amount, in hundredths of ``currency``, to the number of items."""
        facts = [self._items[pk] for pk in ids]
        return Counter(fact.price for fact in facts if fact.price is not None and fact.currency == currency)

    def with_video(self, ids: Iterable[int]) -> int:
        return sum(self._items[pk].has_video for pk in ids)

    def with_audio(self, ids: Iterable[int]) -> int:
        return sum(self._items[pk].has_audio for pk in ids)


def _looked_up(ids: list[int]) -> dict[int, Fact]:
    """The available ones of these items, by hand, because there are hundreds in every answer.

    Availability and state are looked at here: asked for both them and numbers, SQLite takes the index of the
    former and reads the whole catalogue.
    """
    marks = ",".join(["%s"] * len(ids))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, category_id, language, title, title_zh <> '', price, currency, availability "  # noqa: S608 (marks)
            f"FROM recommender_item WHERE id IN ({marks})",
            ids,
        )
        rows = [row[:-1] for row in cursor.fetchall() if row[-1] == Item.Availability.AVAILABLE]
        cursor.execute(
            "SELECT item_id, kind, state FROM recommender_media "  # noqa: S608 (marks)
            f"WHERE kind IN ('video', 'audio') AND item_id IN ({marks})",
            ids,
        )
        media = {(item, kind) for item, kind, state in cursor.fetchall() if state == Media.State.READY}
    found = {
        pk: Fact(
            category,
            language,
            normalise_text(title).casefold(),
            bool(chinese),
            (pk, Media.Kind.VIDEO) in media,
            (pk, Media.Kind.AUDIO) in media,
            None if price is None else round(100 * price),
            currency,
        )
        for pk, category, language, title, chinese, price, currency in rows
    }
    now = time.monotonic()
    with _lock:
        if len(_known) + len(found) > _MOST:
            _known.clear()
        _known.update({pk: (now, fact) for pk, fact in found.items()})
    return found


def forget_facts() -> None:
    """Look every item up anew."""
    _known.clear()


def _forget(ids: set[int]) -> None:
    with _lock:
        for pk in ids:
            _known.pop(pk, None)


index.tell_of_changes(_forget)


@staged("hydrate")
def make_facets(facts: Facts, pools: Mapping[str, Collection[int]], chosen: Filters) -> Facets:
    """Facets of results.

    Args:
        pools: the results under each of the ``loosened`` filters, by the same names.
        chosen: the filters in force.
    """
    languages = facts.languages(pools["language"])
    currencies = facts.currencies(pools["currency"])
    currency = shown_currency(chosen.currency, currencies)
    return Facets(
        categories=category_counts(facts.categories(pools["category"]), chosen.category),
        languages=dict(languages.most_common()),
        with_video=facts.with_video(pools["video"]),
        with_audio=facts.with_audio(pools["audio"]),
        currencies=dict(currencies.most_common()),
        currency=currency,
        prices=price_ranges(facts.prices(pools["price"], currency)),
    )


def category_counts(own: Counter[int], chosen: int | None) -> list[CategoryCount]:
    """Categories with results, each with what is below it, in the order of the tree."""
    tree = {category.pk: category for category in _tree()}
    totals: Counter[int] = Counter()
    for pk, count in own.items():
        category = tree.get(pk)
        while category is not None:
            totals[category.pk] += count
            category = tree.get(category.parent_id or 0)
    if chosen in tree:
        totals[chosen] += 0  # it stays to be seen, and to be left
    shown = [tree[pk] for pk in totals]
    if len(shown) > _MOST_CATEGORIES:
        shown = [one for one in shown if _is_near(one, tree.get(chosen or 0))]
    return [CategoryCount(one, totals[one.pk]) for one in sorted(shown, key=lambda one: one.path)]


def _is_near(category: Category, chosen: Category | None) -> bool:
    """At the top, above the chosen one, or right below any of those."""
    if category.depth == 0 or chosen is None:
        return category.depth == 0
    parent = category.path.rsplit(Category.SEPARATOR, 1)[0]
    return f"{chosen.path}{Category.SEPARATOR}".startswith(f"{parent}{Category.SEPARATOR}")


_known_tree: tuple[float, list[Category]] = (float("-inf"), [])


def _tree() -> list[Category]:
    """All categories, looked up every few seconds."""
    global _known_tree
    if time.monotonic() - _known_tree[0] > _TREE_SECONDS:
        _known_tree = (time.monotonic(), list(Category.objects.all()))
    return _known_tree[1]


def forget_categories() -> None:
    global _known_tree
    _known_tree = (float("-inf"), [])
