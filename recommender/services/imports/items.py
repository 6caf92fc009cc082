"""Rows of items into the catalogue: new ones made, changed ones changed in the named fields only."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from recommender.contracts import RawRecord
from recommender.engine.formats import CatalogSource
from recommender.engine.preprocess.text import detect_language
from recommender.models import Embedding, Item
from recommender.said import gettext_noop as _
from recommender.said import say
from recommender.services.catalogue import WORDS
from recommender.services.imports.attachments import Attachments, attach, gather
from recommender.services.imports.categories import CategoryTree
from recommender.services.imports.counts import Chunk, Counts, named_place, place_of
from recommender.services.imports.seen import SeenKeys

_PLAIN = (
    "title",
    "description",
    "title_zh",
    "description_zh",
    "language",
    "price",
    "currency",
    "availability",
    "published_at",
)
_TITLE_FROM_TEXT = 120  # characters of a title made from the description


@dataclass(slots=True)
class _Known:
    """What the catalogue has under an external id."""

    pk: int
    content_hash: str
    availability: str


class ItemWriter:
    """Writes chunks of item records; one transaction each, opened by the caller round ``write``."""

    key_field = "external_id"

    def __init__(self, source: CatalogSource, seen: SeenKeys, columns: Mapping[str, str]) -> None:
        self._source, self._seen = source, seen
        self._column = {field: column for column, field in columns.items()}
        self._tree = CategoryTree()
        self._gathered: dict[str, Attachments] = {}

    # -- before the transaction -----------------------------------------------------------------------------

    def prepare(self, chunk: Chunk) -> None:
        """Tell new, changed and unchanged rows apart and store the files of those that are not unchanged."""
        self._drop_repeats(chunk)
        self._known = self._look_up(record.values["external_id"] for record in chunk.records)
        self._hashes = {record.values["external_id"]: self._hash(record) for record in chunk.records}
        self._gathered = {}
        for record in chunk.records:
            key = record.values["external_id"]
            if (record.media or record.values.get("media_kinds")) and not self._is_same(key, record):
                column = self._column.get(f"{record.media[0].kind}_paths", "") if record.media else ""
                self._gathered[key], problems = gather(self._source, record, column)
                chunk.problems += problems
                if problems:
                    # Without the hash the next import looks at the row again.
                    self._hashes[key] = ""

    def _drop_repeats(self, chunk: Chunk) -> None:
        """An id may stand in one row only; else which row counts would be a matter of chance."""
        first = self._seen.first_places((r.values["external_id"], place_of(r)) for r in chunk.records)
        once: dict[str, RawRecord] = {}
        for record in chunk.records:
            key = record.values["external_id"]
            if first[key] == place_of(record):
                once[key] = record
                continue
            column = self._column.get("external_id", "")
            reason = say(_("{place} has this id already"), place=named_place(first[key]))
            chunk.refuse(record, column, key, reason, _("Give every item an id of its own."))
        chunk.records = list(once.values())

    def _look_up(self, keys: Iterable[str]) -> dict[str, _Known]:
        rows = Item.objects.filter(external_id__in=list(keys))
        fields = rows.values_list("external_id", "pk", "content_hash", "availability")
        return {key: _Known(pk, content_hash, state) for key, pk, content_hash, state in fields}

    def _hash(self, record: RawRecord) -> str:
        """sha256 of everything the row says, its files by their fingerprints."""
        files = [(ref.kind, ref.source, ref.caption, self._source.fingerprint(ref)) for ref in record.media]
        return hashlib.sha256(
            repr((sorted(record.values.items()), files)).encode("utf-8", "replace")
        ).hexdigest()

    def _is_same(self, key: str, record: RawRecord) -> bool:
        known = self._known.get(key)
        if known is None or known.content_hash != self._hashes[key] or not known.content_hash:
            return False
        return (
            known.availability != Item.Availability.RETIRED or record.values.get("availability") == "retired"
        )

    # -- within the transaction -----------------------------------------------------------------------------

    def write(self, chunk: Chunk, counts: Counts) -> None:
        """Create, update, attach. Rejected rows go to ``chunk``."""
        new: list[RawRecord] = []
        touched: list[RawRecord] = []
        for record in chunk.records:
            key = record.values["external_id"]
            if key not in self._known:
                new.append(record)
            elif self._is_same(key, record):
                counts.unchanged += 1
            else:
                touched.append(record)
        created = self._create(new, chunk)
        changed = self._update(touched, chunk)
        counts.media_added += self._attach(changed)
        counts.created += len(created)
        counts.updated += sum(changed.values())
        counts.unchanged += len(changed) - sum(changed.values())

    def _attach(self, changed: dict[str, bool]) -> int:
        """Bring the media in line; an item whose media changed has changed. Says how many media are new."""
        if not self._gathered:
            return 0
        keys = {known.pk: key for key, known in self._look_up(self._gathered).items()}
        added, owners = attach("item", {pk: self._gathered[key] for pk, key in keys.items()})
        Item.objects.filter(pk__in=owners).update(updated_at=timezone.now())
        for pk in owners:
            if keys[pk] in changed:
                changed[keys[pk]] = True
        return added

    def _category(self, values: Mapping[str, Any]) -> int | None:
        return self._tree.ensure(values["category"], values.get("category_zh", ""))

    def _has_room(self, record: RawRecord, chunk: Chunk) -> bool:
        path = record.values.get("category", "")
        if not path or self._tree.knows(path) or not self._tree.is_full:
            return True
        column = self._column.get("category") or self._column.get("categories", "")
        reason = _("there are too many different categories")
        remedy = _("Is this column the category? Map it to an attribute.")
        chunk.refuse(record, column, path, reason, remedy)
        return False

    def _create(self, records: list[RawRecord], chunk: Chunk) -> list[str]:
        items: list[Item] = []
        for record in records:
            values = record.values
            title = values.get("title") or _first_words(values.get("description", ""))
            if not title:
                reason = _("there is no such item yet, and the row has no title to make one")
                column = self._column.get("external_id", "")
                chunk.refuse(record, column, values["external_id"], reason, _("Give the row a title."))
                continue
            if self._has_room(record, chunk):
                items.append(self._new_item(record, title))
        Item.objects.bulk_create(items)
        return [item.external_id for item in items]

    def _new_item(self, record: RawRecord, title: str) -> Item:
        values = record.values
        given = {name: values[name] for name in _PLAIN if name in values} | {"title": title}
        given["language"] = given.get("language") or detect_language(
            f"{title} {given.get('description', '')}"
        )
        given["availability"] = given.get("availability") or Item.Availability.AVAILABLE
        key = values["external_id"]
        return Item(
            external_id=key,
            category_id=self._category(values) if "category" in values else None,
            attributes=_without_blanks(values.get("attributes", {})),
            content_hash=self._hashes[key],
            **given,
        )

    def _update(self, records: list[RawRecord], chunk: Chunk) -> dict[str, bool]:
        """Change what the rows name and nothing else; by external id, whether the item really changed."""
        existing = Item.objects.in_bulk([r.values["external_id"] for r in records], field_name="external_id")
        changed: dict[str, bool] = {}
        fields: set[str] = set()
        reworded: list[int] = []
        for record in records:
            if not self._has_room(record, chunk):
                continue
            key = record.values["external_id"]
            item = existing[key]
            touched = self._apply(item, record.values)
            fields |= touched
            if touched & WORDS:
                reworded.append(item.pk)
            item.content_hash = self._hashes[key]
            changed[key] = bool(touched)
        self._save(
            [existing[key] for key in changed if changed[key]], fields | {"content_hash", "updated_at"}
        )
        self._save([existing[key] for key in changed if not changed[key]], {"content_hash"})
        Embedding.objects.filter(item_id__in=reworded, media__isnull=True).delete()
        return changed

    def _apply(self, item: Item, values: Mapping[str, Any]) -> set[str]:
        """Set on ``item`` what ``values`` names; the names of the fields that changed."""
        wanted = {name: values[name] for name in _PLAIN if name in values}
        if "category" in values:
            wanted["category_id"] = self._category(values)
        if "attributes" in values:
            wanted["attributes"] = _without_blanks(item.attributes | values["attributes"])
        _settle_blanks(item, wanted)
        touched = {name for name, value in wanted.items() if getattr(item, name) != value}
        for name in touched:
            setattr(item, name, wanted[name])
        return {"category" if name == "category_id" else name for name in touched}

    def _save(self, items: list[Item], fields: set[str]) -> None:
        """One statement for many rows; far faster than ``bulk_update``'s CASE for each field."""
        now = timezone.now()
        for item in items:
            item.updated_at, item.pk = now, None
        Item.objects.bulk_create(
            items, update_conflicts=True, unique_fields=["external_id"], update_fields=sorted(fields)
        )

    # -- at the end -----------------------------------------------------------------------------------------

    def retire_missing(self) -> int:
        """Retire what the whole file did not name; says how many."""
        retired, last = 0, 0
        while True:
            rows = list(
                Item.objects.filter(pk__gt=last)
                .exclude(availability=Item.Availability.RETIRED)
                .order_by("pk")
                .values_list("pk", "external_id")[:2_000]
            )
            if not rows:
                return retired
            last = rows[-1][0]
            seen = self._seen.among(key for _pk, key in rows)
            missing = [pk for pk, key in rows if key not in seen]
            gone = Item.objects.filter(pk__in=missing)
            retired += gone.update(
                availability=Item.Availability.RETIRED, content_hash="", updated_at=timezone.now()
            )


def _settle_blanks(item: Item, wanted: dict[str, Any]) -> None:
    """What a blank or missing availability or language comes to."""
    if not wanted.get("availability"):
        wanted.pop("availability", None)
        if item.availability == Item.Availability.RETIRED:
            wanted["availability"] = Item.Availability.AVAILABLE  # in the file again, so it is back
    if not wanted.get("language"):
        wanted.pop("language", None)
        if {"title", "description"} & wanted.keys():
            text = f"{wanted.get('title', item.title)} {wanted.get('description', item.description)}"
            wanted["language"] = detect_language(text) or item.language


def _without_blanks(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if value is not None}


def _first_words(text: str) -> str:
    """A title where there is only a description: its first line, cut at a word."""
    line = text.split("\n", 1)[0].strip()
    if len(line) <= _TITLE_FROM_TEXT:
        return line
    return line[:_TITLE_FROM_TEXT].rsplit(" ", 1)[0] + "…"
