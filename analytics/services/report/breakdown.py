"""The selection by one dimension, and what each aspect does to the whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analytics.contracts import CHANNELS, NONE
from analytics.engine.reporting.intervals import Tally
from analytics.services.names import name_of
from analytics.services.report.cells import Selection, categories_of
from analytics.services.report.filters import Filters, directly_in
from analytics.services.report.names import Kind, named
from analytics.services.report.parts import Parts, tally_of
from analytics.services.report.selecting import select
from analytics.services.report.shapes import By, Impact
from recommender.models import Category


@dataclass(frozen=True, slots=True)
class Group:
    """Reviews of one value of a dimension: its key as in the address, and (4,) how many by label."""

    key: str
    counts: np.ndarray


def breakdown(filters: Filters, by: By, order: str = "most") -> Parts:
    """All slices along a dimension, in one of ``ORDERS``; by "most", ratings are in their own.

    Categories are the children of the one selected (or the top ones), each with all below it, and what is
    directly in the one selected; a category without children is its own only slice. A channel or aspect that
    is filtered by is the only one. By aspect, what counts is what is felt about each aspect.

    Args:
        by: one of ``BYS``.

    Raises:
        KeyError: ``by`` is no dimension.
    """
    cells = select(filters, by=by)
    total = select(filters).reviews if by == "aspect" and not filters.aspect else cells.reviews
    if by == "item":
        return Parts(by, *grouped(cells, "item"), total, order)
    groups = _SPLITS[by](cells, filters)
    keys = np.array([group.key for group in groups], dtype=str)
    counts = np.array([group.counts for group in groups]).reshape(-1, 4)
    return Parts(by, keys, counts, total, order)


# -- groups -------------------------------------------------------------------------------------------------


def grouped(cells: Selection, column: str) -> tuple[np.ndarray, np.ndarray]:
    """(n,) distinct values of ``column`` and (n, 4) reviews of each by label."""
    values = cells[column].astype(np.int64)
    size = int(values.max()) + 1 if len(values) else 0
    counts = np.bincount(values * 4 + cells["label"], weights=cells["reviews"], minlength=size * 4)
    counts = counts.reshape(-1, 4)
    there = np.flatnonzero(counts.sum(axis=1))
    return there, counts[there]


def _by_column(column: str) -> Callable[[Selection, Filters], list[Group]]:
    """Groups whose key is the number in the cells; 0 stands for none."""

    def split(cells: Selection, filters: Filters) -> list[Group]:
        values, counts = grouped(cells, column)
        return [Group(str(value) if value else NONE, row) for value, row in zip(values, counts, strict=True)]

    return split


def _by_name(column: str, kind: str) -> Callable[[Selection, Filters], list[Group]]:
    def split(cells: Selection, filters: Filters) -> list[Group]:
        values, counts = grouped(cells, column)
        keys = named(kind, values) | ({0: NONE} if kind == Kind.LANGUAGE else {})
        both = zip(values.tolist(), counts, strict=True)
        return [Group(keys[value], row) for value, row in both if value in keys]

    return split


def _by_channel(cells: Selection, filters: Filters) -> list[Group]:
    values, counts = grouped(cells, "channels")
    groups = []
    for place, name in enumerate(CHANNELS):
        rows = counts[(values >> place) & 1 == 1]
        if len(rows) and filters.channel in ("", name):
            groups.append(Group(name, rows.sum(axis=0)))
    none = counts[values == 0]
    return [*groups, Group(NONE, none.sum(axis=0))] if len(none) else groups


def _by_category(cells: Selection, filters: Filters) -> list[Group]:
    values, counts = grouped(cells, "category")
    own = {int(value): row for value, row in zip(values, counts, strict=True)}
    groups = []
    for key, within in _branches(filters.category).items():
        rows = [own[number] for number in within if number in own]
        if rows:
            groups.append(Group(key, np.sum(rows, axis=0)))
    return groups


def _branches(chosen: int | str | None) -> dict[str, list[int]]:
    """Categories by the key of the slice that they make, so that each that ``chosen`` lets through is in one.

    Each child of ``chosen`` (None: each top one) with all below it, and ``chosen`` itself without them.
    """
    if isinstance(chosen, str):
        return {chosen: categories_of(chosen)}
    children = Category.objects.filter(parent=chosen).order_by("path")
    tree = list(Category.objects.values_list("pk", "path"))
    branches = {}
    for pk, path in children.values_list("pk", "path"):
        below = path + Category.SEPARATOR
        branches[str(pk)] = [other for other, where in tree if other == pk or where.startswith(below)]
    if chosen is None:
        return branches | {NONE: [0]}
    return branches | {directly_in(chosen): [chosen]} if branches else {str(chosen): categories_of(chosen)}


_SPLITS: dict[str, Callable[[Selection, Filters], list[Group]]] = {
    "category": _by_category,
    "aspect": _by_name("aspect", Kind.ASPECT),
    "channel": _by_channel,
    "language": _by_name("language", Kind.LANGUAGE),
    "rating": _by_column("rating"),
}


# -- impact -------------------------------------------------------------------------------------------------


def impact(filters: Filters) -> list[Impact]:
    """What each aspect does to the net of the selection, the strongest first.

    The impact is the net less what it would be without the reviews that mention the aspect. Filters by
    aspect, label and abstention are left aside: they would settle the net beforehand.
    """
    whole = filters.replace(aspect="", label="", abstained=None)
    found = aspect_impacts(select(whole), select(whole, by="aspect"))
    return sorted(found, key=lambda one: (-abs(one.impact), one.aspect))


def aspect_impacts(cells: Selection, aspects: Selection) -> list[Impact]:
    """Of the cells of a selection, and its cells by aspect."""
    whole = cells.tally()
    values, counts = grouped(aspects, "aspect")
    overall = np.bincount(aspects["aspect"], weights=aspects["overall"])
    names = named(Kind.ASPECT, values)
    found = []
    for value, row in zip(values, counts, strict=True):
        own, name = tally_of(row), names.get(int(value), "")
        mentions, balance = own.total, float(overall[value])
        found.append(
            Impact(
                aspect=name,
                label=name_of("aspect", name),
                reviews=int(row.sum()),
                net=own.net,
                overall=balance / mentions if mentions else None,
                impact=left_out(whole, mentions, balance),
            )
        )
    return found


def left_out(whole: Tally, mentions: float, balance: float) -> float:
    """Net of ``whole`` less its net without ``mentions`` reviews that sum to ``balance`` (-1, 0, 1).

    Where nothing is left without them, they account for the net altogether.
    """
    if whole.net is None:
        return 0.0
    rest = whole.total - mentions
    return whole.net - ((whole.positive - whole.negative - balance) / rest if rest > 0 else 0.0)
