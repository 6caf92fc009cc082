"""What facets count by, and how many results each further choice would leave."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from recommender.engine.preprocess.text import normalise_text
from recommender.models import Category, Item, Media
from recommender.services.search.question import CategoryCount, Facets

#: Categories that are all shown; of more, the top ones and those round the chosen one.
_MOST_CATEGORIES = 40
_AT_ONCE = 10_000
_TREE_SECONDS = 5.0


class Facts:
    """What facets count by, of some items, looked up once."""

    def __init__(self, ids: Iterable[int]) -> None:
        wanted = sorted(set(ids))
        self._items: dict[int, tuple[int | None, str, str, str]] = {}
        self._media: dict[str, set[int]] = {Media.Kind.VIDEO: set(), Media.Kind.AUDIO: set()}
        for start in range(0, len(wanted), _AT_ONCE):
            self._look_up(wanted[start : start + _AT_ONCE])

    def _look_up(self, ids: list[int]) -> None:
        rows = (
            Item.objects.available()
            .filter(pk__in=ids)
            .values_list("pk", "category_id", "language", "title", "title_zh")
        )
        self._items |= {pk: rest for pk, *rest in rows}
        media = Media.objects.ready().filter(item_id__in=ids, kind__in=list(self._media)).order_by()
        for pk, kind in media.values_list("item_id", "kind"):
            self._media[kind].add(pk)

    def __contains__(self, pk: int) -> bool:
        """Whether the item is there and available."""
        return pk in self._items

    def title(self, pk: int) -> str:
        """As two titles are compared."""
        _category, _language, title, _chinese = self._items[pk]
        return normalise_text(title).casefold()

    def categories(self, ids: Iterable[int]) -> Counter[int]:
        """Category to the number of items that are in it, and not below it."""
        return Counter(category for pk in ids if (category := self._items[pk][0]) is not None)

    def languages(self, ids: Iterable[int]) -> Counter[str]:
        """Code to the number of items; one with Chinese words counts as Chinese as well."""
        counts: Counter[str] = Counter()
        for pk in ids:
            _category, language, _title, chinese = self._items[pk]
            counts.update({language, "zh"} if chinese else {language})
        del counts[""]
        return counts

    def with_media(self, ids: Iterable[int], kind: str) -> int:
        return len(self._media[kind].intersection(ids))


def make_facets(facts: Facts, pools: Mapping[str, Collection[int]], chosen: int | None) -> Facets:
    """Facets of results.

    Args:
        pools: the results under each of the ``loosened`` filters, by the same names.
        chosen: the category that is filtered by.
    """
    languages = facts.languages(pools["language"])
    return Facets(
        categories=category_counts(facts.categories(pools["category"]), chosen),
        languages=dict(languages.most_common()),
        with_video=facts.with_media(pools["video"], Media.Kind.VIDEO),
        with_audio=facts.with_media(pools["audio"], Media.Kind.AUDIO),
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
