"""The media of items and reviews brought in line with what their rows name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from recommender.contracts import MediaRef, RawRecord, RowProblem
from recommender.engine.formats import CatalogSource
from recommender.errors import RecommenderError, StorageUnavailable
from recommender.models import Media
from recommender.said import bare
from recommender.services.imports.storage import StoredFile, store_media

Owner = Literal["item", "review"]


@dataclass(slots=True)
class Attachment:
    """One medium a row names: fetched from its address later, or stored already."""

    ref: MediaRef
    stored: StoredFile | None = None


@dataclass(slots=True)
class Attachments:
    """What one row says of its owner's media: these, and of the ``settled`` kinds no others."""

    settled: tuple[str, ...]
    wanted: list[Attachment] = field(default_factory=list)


def gather(
    source: CatalogSource, record: RawRecord, column: str = ""
) -> tuple[Attachments, list[RowProblem]]:
    """Store the files that ``record`` names, outside of any transaction; a problem for each that fails."""
    found = Attachments(tuple(record.values.get("media_kinds", ())))
    problems = []
    for ref in record.media:
        if ref.url:
            found.wanted.append(Attachment(ref))
            continue
        try:
            with source.open_media(ref) as file:
                found.wanted.append(Attachment(ref, store_media(file, ref.kind, ref.source)))
        except StorageUnavailable:
            raise  # no fault of the row: the whole import waits
        except RecommenderError as error:
            lost = RowProblem(
                record.row,
                record.source,
                column,
                ref.source,
                bare(error.message),
                error.remedy,
                record.raw,
            )
            problems.append(lost)
    if problems:
        found.settled = ()  # what cannot be read says nothing about what should be there
    return found, problems


def attach(owner: Owner, by_owner: Mapping[int, Attachments]) -> tuple[int, set[int]]:
    """Make the media rows of each owner (by primary key) agree with its attachments.

    A file is recognised by checksum, an address by itself; media of the settled kinds that are no longer
    named go. Says how many rows are new, and which owners have others than before.
    """
    existing: dict[int, list[Media]] = {pk: [] for pk in by_owner}
    key = f"{owner}_id"
    for medium in Media.objects.filter(**{f"{key}__in": list(by_owner)}):
        existing[getattr(medium, key)].append(medium)
    new: list[Media] = []
    moved: list[Media] = []
    gone: list[int] = []
    changed: set[int] = set()
    for pk, attachments in by_owner.items():
        before = len(new) + len(moved)
        kept = _match(attachments.wanted, existing[pk], {key: pk}, new, moved)
        lost = [m.pk for m in existing[pk] if m.pk not in kept and m.kind in attachments.settled]
        gone += lost
        if lost or len(new) + len(moved) > before:
            changed.add(pk)
    Media.objects.filter(pk__in=gone).delete()
    Media.objects.bulk_update(moved, ["position", "caption"], batch_size=200)
    Media.objects.bulk_create(new, batch_size=200, ignore_conflicts=True)
    return len(new), changed


def _match(
    wanted: Sequence[Attachment],
    have: list[Media],
    owner: dict[str, int],
    new: list[Media],
    moved: list[Media],
) -> set[int]:
    """Sorts what one owner should have into ``new`` and ``moved``; gives the primary keys that stay."""
    by_checksum = {medium.checksum: medium for medium in have if medium.checksum}
    by_address = {medium.source: medium for medium in have if medium.source}
    kept: set[int] = set()
    taken: set[str] = set()
    for position, attachment in enumerate(wanted):
        ref, stored = attachment.ref, attachment.stored
        identity = stored.checksum if stored else ref.url
        if identity in taken:
            continue
        taken.add(identity)
        known = by_checksum.get(stored.checksum) if stored else by_address.get(ref.url)
        if known is None:
            new.append(Media(**owner, position=position, **_facts(ref, stored)))
            continue
        kept.add(known.pk)
        if (known.position, known.caption) != (position, ref.caption):
            known.position, known.caption = position, ref.caption
            moved.append(known)
    return kept


def _facts(ref: MediaRef, stored: StoredFile | None) -> dict[str, Any]:
    facts: dict[str, Any] = {"kind": ref.kind, "caption": ref.caption, "source": ref.source[-1000:]}
    if stored is not None:
        facts |= {
            "file": stored.name,
            "checksum": stored.checksum,
            "bytes": stored.bytes,
            "mime": stored.mime,
        }
    return facts
