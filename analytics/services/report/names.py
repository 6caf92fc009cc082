"""The numbers that stand for languages, aspects and terms in the cells."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from analytics.models import RollupName

Kind = RollupName.Kind
_AT_ONCE = 800


def codes(kind: str, names: Collection[str], known: dict[str, int] | None = None) -> dict[str, int]:
    """Number of each name; those that have none are given one.

    Args:
        known: numbers of this kind that need not be asked for; what is found is added.
    """
    if known is not None:
        known |= codes(kind, [name for name in names if name not in known])
        return known
    wanted = {name for name in names if name}
    found = _known(kind, wanted)
    missing = sorted(wanted - found.keys())
    if missing:
        rows = [RollupName(kind=kind, name=name) for name in missing]
        RollupName.objects.bulk_create(rows, ignore_conflicts=True, batch_size=_AT_ONCE)
        found |= _known(kind, missing)
    return found


def code(kind: str, name: str) -> int | None:
    """Number of ``name``; None if no cell can have it."""
    return _known(kind, [name]).get(name)


def named(kind: str, numbers: Iterable[int]) -> dict[int, str]:
    """Name of each number."""
    # By number alone: asked for the kind as well, SQLite looks for many among all names of the kind.
    rows = RollupName.objects.filter(pk__in=[int(number) for number in numbers])
    return {number: name for number, of, name in rows.values_list("pk", "kind", "name") if of == kind}


def _known(kind: str, names: Collection[str]) -> dict[str, int]:
    if not names:
        return {}
    if len(names) > _AT_ONCE:
        ordered = sorted(names)
        parts = [ordered[start : start + _AT_ONCE] for start in range(0, len(ordered), _AT_ONCE)]
        return {name: number for part in parts for name, number in _known(kind, part).items()}
    return dict(RollupName.objects.filter(kind=kind, name__in=names).values_list("name", "pk"))
