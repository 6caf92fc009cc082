"""Rows of reviews, with their photos and voices; the same file twice adds nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from recommender.contracts import RawRecord
from recommender.engine.formats import CatalogSource
from recommender.engine.preprocess.text import detect_language
from recommender.models import Review
from recommender.said import gettext_noop as _
from recommender.said import say
from recommender.services.imports.attachments import Attachments, attach, gather
from recommender.services.imports.counts import Chunk, Counts, named_place, place_of
from recommender.services.imports.people import UNKNOWN_ITEM, ensure_people, items_by_key
from recommender.services.imports.seen import SeenKeys
from recommender.services.signals import review_written

_FIELDS = ("user_id", "item_id", "text", "rating", "language", "created_at")


class ReviewWriter:
    """Writes chunks of reviews; a review without an id of its own is known by who said what of which item."""

    def __init__(
        self, source: CatalogSource, seen: SeenKeys, columns: Mapping[str, str], when: datetime
    ) -> None:
        self._source, self._seen, self._when = source, seen, when
        self._column = {field: column for column, field in columns.items()}
        self._gathered: dict[str, Attachments] = {}

    def prepare(self, chunk: Chunk) -> None:
        """Drop repeats and empty reviews, store photos and voices (outside of the transaction)."""
        keyed = [(review_key(record), record) for record in chunk.records]
        first = self._seen.first_places((key, place_of(record)) for key, record in keyed)
        self._gathered, self._keys = {}, {}
        kept = []
        for key, record in keyed:
            if first[key] != place_of(record):
                column = self._column.get("external_id", "")
                reason = say(_("{place} has this review already"), place=named_place(first[key]))
                told = record.values.get("external_id", "")
                chunk.refuse(record, column, told, reason, _("Leave one of them out."))
                continue
            if record.media:
                group = "photo" if record.media[0].kind == "image" else "audio"
                column = self._column.get(f"{group}_paths", "")
                self._gathered[key], problems = gather(self._source, record, column)
                chunk.problems += problems
            if not (_text(record.values) or record.values.get("rating") or record.media):
                reason, remedy = _("the review is empty"), _("Write a text or a rating.")
                chunk.refuse(record, self._column.get("text", ""), "", reason, remedy)
                continue
            self._keys[record.row, record.source] = key
            kept.append(record)
        chunk.records = kept

    def write(self, chunk: Chunk, counts: Counts) -> None:
        """Create, update, attach; rows of unknown items go to ``chunk``."""
        items = items_by_key(record.values["item"] for record in chunk.records)
        known = [record for record in chunk.records if self._is_known(record, items, chunk)]
        people = ensure_people(record.values["user"] for record in known)
        keys = [self._keys[record.row, record.source] for record in known]
        stored = {review.external_id: review for review in Review.objects.filter(external_id__in=keys)}
        new: list[Review] = []
        changed: dict[str, bool] = {}
        for key, record in zip(keys, known, strict=True):
            given = self._given(record.values, people, items)
            if key not in stored:
                new.append(Review(external_id=key, **({"created_at": self._when} | given)))
                continue
            changed[key] = any(getattr(stored[key], name) != value for name, value in given.items())
            for name, value in given.items():
                setattr(stored[key], name, value)
        Review.objects.bulk_create(new)
        other = [stored[key] for key in changed if changed[key]]
        for review in other:
            review.updated_at = timezone.now()
        Review.objects.bulk_update(other, (*_FIELDS, "updated_at"), batch_size=100)
        self._tell([*(review.external_id for review in new), *(review.external_id for review in other)])
        counts.media_added += self._attach(keys, changed)
        counts.created += len(new)
        counts.updated += sum(changed.values())
        counts.unchanged += len(changed) - sum(changed.values())

    def _tell(self, keys: list[str]) -> None:
        if keys:
            pks = list(Review.objects.filter(external_id__in=keys).values_list("pk", flat=True))
            review_written.send(Review, review_ids=pks)

    def _is_known(self, record: RawRecord, items: Mapping[str, int], chunk: Chunk) -> bool:
        key = record.values["item"]
        if key in items:
            return True
        chunk.refuse(record, self._column.get("item", ""), key, *UNKNOWN_ITEM)
        return False

    def _given(
        self, values: Mapping[str, Any], people: Mapping[str, int], items: Mapping[str, int]
    ) -> dict[str, Any]:
        """The fields the row names, as the model has them."""
        given: dict[str, Any] = {"user_id": people[values["user"]], "item_id": items[values["item"]]}
        if "text" in values or "title" in values:
            given["text"] = _text(values)
        if "rating" in values:
            given["rating"] = values["rating"]
        if values.get("timestamp"):
            given["created_at"] = values["timestamp"]
        given["language"] = values.get("language") or detect_language(given.get("text", ""))
        return given

    def _attach(self, keys: list[str], changed: dict[str, bool]) -> int:
        wanted = [key for key in keys if key in self._gathered]
        if not wanted:
            return 0
        pks = dict(Review.objects.filter(external_id__in=wanted).values_list("pk", "external_id"))
        added, owners = attach("review", {pk: self._gathered[key] for pk, key in pks.items()})
        for pk in owners:
            if pks[pk] in changed:
                changed[pks[pk]] = True
        return added


def _text(values: Mapping[str, Any]) -> str:
    """The heading and the text, one below the other."""
    return "\n".join(filter(None, (values.get("title", ""), values.get("text", ""))))


def review_key(record: RawRecord) -> str:
    """The review's own id, or one made from who said what of which item, and when."""
    values = record.values
    if values.get("external_id"):
        return str(values["external_id"])
    parts = (values["user"], values["item"], values.get("timestamp"), _text(values), values.get("rating"))
    return "row:" + hashlib.sha256(repr(parts).encode("utf-8")).hexdigest()[:32]
