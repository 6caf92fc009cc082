"""Rows of interactions into the history; the same file twice adds nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Max, Q

from recommender.contracts import RawRecord
from recommender.models import Interaction
from recommender.services.imports.counts import Chunk, Counts
from recommender.services.imports.people import UNKNOWN_ITEM, ensure_people, items_by_key

_Key = tuple[int, int, str]  # user, item, kind


class InteractionWriter:
    """Writes chunks of interactions, within the caller's transaction.

    Rows with a time are told apart by it; rows without one stand for one interaction of their kind between
    person and item, dated ``when``.
    """

    def __init__(self, columns: Mapping[str, str], when: datetime) -> None:
        self._column = {field: column for column, field in columns.items()}
        self._when = when

    def prepare(self, chunk: Chunk) -> None:
        """Nothing is stored outside of the transaction."""

    def write(self, chunk: Chunk, counts: Counts) -> None:
        """Create what is new, correct changed values; rows of unknown items go to ``chunk``."""
        items = items_by_key(record.values["item"] for record in chunk.records)
        known = [record for record in chunk.records if self._is_known(record, items, chunk)]
        people = ensure_people(record.values["user"] for record in known)
        rows = [self._row(record.values, people, items) for record in known]
        dated = [row for row, record in zip(rows, known, strict=True) if record.values.get("timestamp")]
        undated = [row for row, record in zip(rows, known, strict=True) if not record.values.get("timestamp")]
        fresh, corrected = self._split(undated)
        created = self._insert(dated + fresh)
        corrected += self._correct(dated) if created < len(dated) + len(fresh) else 0
        counts.created += created
        counts.updated += corrected
        counts.unchanged += len(rows) - created - corrected

    def _is_known(self, record: RawRecord, items: Mapping[str, int], chunk: Chunk) -> bool:
        key = record.values["item"]
        if key in items:
            return True
        chunk.refuse(record, self._column.get("item", ""), key, *UNKNOWN_ITEM)
        return False

    def _row(
        self, values: Mapping[str, Any], people: Mapping[str, int], items: Mapping[str, int]
    ) -> Interaction:
        return Interaction(
            user_id=people[values["user"]],
            item_id=items[values["item"]],
            kind=values["kind"],
            value=values.get("value"),
            created_at=values.get("timestamp") or self._when,
        )

    def _insert(self, rows: list[Interaction]) -> int:
        """How many were new; the database's own constraints decide."""
        if not rows:
            return 0
        before = Interaction.objects.aggregate(last=Max("pk"))["last"] or 0
        Interaction.objects.bulk_create(rows, ignore_conflicts=True)
        people = {row.user_id for row in rows}
        return Interaction.objects.filter(pk__gt=before, user_id__in=people).count()

    def _split(self, rows: list[Interaction]) -> tuple[list[Interaction], int]:
        """Rows without a time that are new, and how many known ones had their value corrected."""
        if not rows:
            return [], 0
        known: dict[_Key, Interaction] = {}
        for row in Interaction.objects.filter(_between(rows)).order_by("pk"):
            known.setdefault((row.user_id, row.item_id, row.kind), row)
        fresh: dict[_Key, Interaction] = {}
        corrected = []
        for row in rows:
            key = (row.user_id, row.item_id, row.kind)
            if key not in known:
                fresh[key] = row
            elif known[key].value != row.value:
                known[key].value = row.value
                corrected.append(known[key])
        Interaction.objects.bulk_update(corrected, ["value"], batch_size=200)
        return list(fresh.values()), len(corrected)

    def _correct(self, rows: list[Interaction]) -> int:
        """Values of stored interactions that the file gives otherwise; says how many were changed."""
        given = {(row.user_id, row.item_id, row.kind, row.created_at): row for row in rows}
        # By time alone: few rows share a moment, and the index on it is exact.
        stored = Interaction.objects.filter(created_at__in={row.created_at for row in rows}).values_list(
            "user_id", "item_id", "kind", "created_at", "pk", "value"
        )
        wrong = []
        for *key, pk, value in stored:
            row = given.get(tuple(key))  # type: ignore[arg-type]
            if row is not None and row.value != value:
                wrong.append(Interaction(pk=pk, value=row.value))
        Interaction.objects.bulk_update(wrong, ["value"], batch_size=200)
        return len(wrong)


def _between(rows: list[Interaction]) -> Q:
    """Interactions of the rows' people with the very items each row names."""
    by_person: dict[int, set[int]] = {}
    for row in rows:
        by_person.setdefault(row.user_id, set()).add(row.item_id)
    found = Q(pk__in=[])
    for person, items in by_person.items():
        found |= Q(user_id=person, item_id__in=items)
    return found
