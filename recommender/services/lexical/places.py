"""How much a word counts by where it stands in an item."""

from __future__ import annotations

from collections.abc import Sequence

_WEIGHTS = {"title": 8, "category": 4, "attributes": 3, "description": 1}
PLACES = tuple(_WEIGHTS)
#: Where an item says what it is; elsewhere it may be told in passing.
TOLD_FIRST = ("title", "category")


def pattern(needle: str) -> str:
    """A LIKE pattern for ``needle`` anywhere; its own wildcards stand for themselves."""
    escaped = needle.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def where_it_stands(needles: Sequence[str], has: str) -> tuple[str, list[str]]:
    """SQL of the sum over all needles and places, and its parameters.

    Args:
        has: SQL for 1 where column ``{name}`` is LIKE a pattern, else 0.
    """
    parts = [f"{weight} * {has.format(name=name)}" for _ in needles for name, weight in _WEIGHTS.items()]
    return " + ".join(parts), [pattern(needle) for needle in needles for _ in _WEIGHTS]
