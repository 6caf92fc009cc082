"""What the columns of a table mean: layouts known by heart, then names, then nothing is assumed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from recommender.contracts import RecordKind, RowProblem
from recommender.engine.formats.base import Row, as_text
from recommender.engine.formats.fields import (
    ATTRIBUTE_PREFIX,
    FIELD_BY_NAME,
    FIELDS,
    REPORT_PREFIX,
    Field,
    column_key,
    field_for,
)

# Columns of known sets that tell nothing about an item.
_NOISE = frozenset(
    """
    split hasposter index unnamed0 width height related alsobuy alsobought alsoview alsoviewed boughttogether
    salesrank rank helpful helpfulvote verifiedpurchase reviewername imdburl videorelease similaritem tech1
    tech2 fit
    """.split()  # noqa: SIM905 (a table of words reads better)
)
_VARIANT = re.compile(
    r"variant|option\d|giftcard|seo|google|imageposition|published(?!at)|taxcode|costperitem|customlabel"
)


# In files collected from shop pages a price is now and then a piece of the page.
_MARKUP = frozenset({"price"})


@dataclass(frozen=True, slots=True)
class Layout:
    """A known set of columns, all by their ``column_key``.

    Attributes:
        needs: columns that must all be there; ``one_of``: at least one of these, where any are given.
        fields: column to field, ahead of what the names alone would say.
        ignore: columns to leave out; ``worse`` those to leave out where a better one, its value, is there.
        group_by: neighbouring rows with the same value here are one record.
        joined: columns whose values in such rows are joined, by which separator; others keep the first value.
        spared: fields that cost the row only themselves where their value cannot be read.
    """

    name: str
    kind: RecordKind
    needs: frozenset[str]
    fields: dict[str, str]
    one_of: frozenset[str] = frozenset()
    ignore: re.Pattern[str] | None = None
    worse: dict[str, str] = field(default_factory=dict)
    group_by: str = ""
    joined: dict[str, str] = field(default_factory=dict)
    spared: frozenset[str] = frozenset()

    def fits(self, keys: set[str]) -> bool:
        return self.needs <= keys and (not self.one_of or bool(self.one_of & keys))


LAYOUTS: tuple[Layout, ...] = (
    Layout(
        "shopify",
        "item",
        frozenset({"handle", "title"}),
        {"handle": "external_id", "bodyhtml": "description", "type": "category", "vendor": "attr:vendor",
         "tags": "attr:tags", "variantprice": "price", "imagesrc": "image_urls",
         "imagealttext": "image_captions", "status": "availability"},
        one_of=frozenset({"bodyhtml", "variantprice", "imagesrc"}),
        ignore=_VARIANT,
        group_by="handle",
        joined={"imagesrc": "|", "imagealttext": "|"},
    ),
    Layout(
        "fashion",
        "item",
        frozenset({"id", "productdisplayname", "articletype"}),
        {"id": "external_id", "productdisplayname": "title", "mastercategory": "category",
         "subcategory": "category", "articletype": "category"},
    ),
    Layout(
        "coco",
        "item",
        frozenset({"id", "filename", "captions", "cocourl"}),
        {"id": "external_id", "filename": "image_paths", "captions": "description", "cocourl": "image_urls",
         "objects": "categories"},
    ),
    Layout(
        "captions",
        "item",
        frozenset({"image", "caption"}),
        {"image": "external_id", "caption": "description"},
        group_by="image",
        joined={"caption": "\n"},
    ),
    Layout(
        "amazon",
        "item",
        frozenset({"asin"}),
        {"asin": "external_id", "imurl": "image_urls", "imageurlhighres": "image_urls",
         "images": "image_urls", "categories": "category", "brand": "attr:brand", "store": "attr:store"},
        worse={"imageurl": "imageurlhighres"},
        one_of=frozenset({"imurl", "imageurl", "imageurlhighres", "salesrank", "alsobuy"}),
        spared=_MARKUP,
    ),
    Layout(
        "amazon of 2023",
        "item",
        frozenset({"parentasin", "maincategory"}),
        {"parentasin": "external_id", "images": "image_urls", "categories": "category",
         "maincategory": "category", "store": "attr:store"},
        ignore=re.compile("^videos$"),  # pages, not files
        spared=_MARKUP,
    ),
)  # fmt: skip


def find_layout(columns: Sequence[str]) -> Layout | None:
    """The first known layout that the columns fit."""
    keys = {column_key(column) for column in columns}
    return next((layout for layout in LAYOUTS if layout.fits(keys)), None)


def spared_fields(columns: Sequence[str], kind: RecordKind) -> frozenset[str]:
    """Fields of a known layout whose unreadable values do not cost the row."""
    layout = find_layout(columns)
    return layout.spared if layout is not None and layout.kind == kind else frozenset()


def guess_kind(columns: Sequence[str]) -> RecordKind:
    """What the rows describe, by the columns alone."""
    layout = find_layout(columns)
    if layout is not None:
        return layout.kind
    has_user = any(field_for("review", column) == "user" for column in columns)
    has_item = any(field_for("review", column) == "item" for column in columns)
    has_text = any(field_for("review", column) == "text" for column in columns)
    if has_user and has_item:
        has_voice = any(field_for("review", column) == "audio_paths" for column in columns)
        return "review" if has_text or has_voice else "interaction"
    return "item"


def guess_mapping(columns: Sequence[str], kind: RecordKind) -> dict[str, str]:
    """Column to canonical field, for every column that means something.

    A known layout decides first, then the column's name; of several columns for one field the one with the
    more telling name is taken. Columns of items that are left over become attributes (``attr:NAME``).
    """
    layout = find_layout(columns)
    if layout is not None and layout.kind != kind:
        layout = None
    mapping: dict[str, str] = {}
    keys = {column_key(column) for column in columns}
    open_columns = []
    for column in columns:
        found = _fixed(column, layout, keys)
        if found:
            mapping[column] = found
        elif found is None:
            open_columns.append(column)
    _by_name(open_columns, kind, mapping)
    if kind == "item":
        for column in open_columns:
            if (
                column not in mapping
                and column_key(column) not in _NOISE
                and not column.startswith("column ")
            ):
                mapping[column] = ATTRIBUTE_PREFIX + column[:100]
    return {column: mapping[column] for column in columns if column in mapping}


def _fixed(column: str, layout: Layout | None, keys: set[str]) -> str | None:
    """Field the column surely has, ``""`` when it is surely to be left out, None when its name must tell.

    Args:
        keys: of all columns.
    """
    if column.startswith(REPORT_PREFIX):
        return ""
    if column.startswith(ATTRIBUTE_PREFIX):
        return column
    if layout is None:
        return None
    key = column_key(column)
    if key in layout.fields:
        return layout.fields[key]
    if layout.worse.get(key) in keys:
        return ""
    return "" if layout.ignore is not None and layout.ignore.search(key) else None


def _by_name(columns: list[str], kind: RecordKind, mapping: dict[str, str]) -> None:
    """Adds to ``mapping`` what names tell, best name first; a field that is taken is not given twice."""
    ranked = []
    for position, column in enumerate(columns):
        key = column_key(column)
        if key in _NOISE:
            continue
        for entry in FIELDS[kind]:
            rank = _rank(key, entry)
            if rank is not None:
                ranked.append((rank, position, column, entry))
    taken = set(mapping.values())
    for *_order, column, entry in sorted(ranked, key=lambda found: found[:2]):
        if column in mapping or (entry.name in taken and entry.parse != "names"):
            continue
        mapping[column] = entry.name
        taken.add(entry.name)


def _rank(key: str, entry: Field) -> int | None:
    """Place of the column's name among the aliases; numbered columns (image2) count for lists of files."""
    if key in entry.aliases:
        return entry.aliases.index(key)
    bare = key.rstrip("0123456789")
    return 100 + entry.aliases.index(bare) if entry.parse == "names" and bare in entry.aliases else None


def is_field(kind: RecordKind, name: str) -> bool:
    """Whether ``name`` can stand on the right of a mapping."""
    if name.startswith(ATTRIBUTE_PREFIX):
        return kind == "item" and bool(name.removeprefix(ATTRIBUTE_PREFIX).strip())
    return name in FIELD_BY_NAME[kind]


def grouped(
    rows: Iterator[Row | RowProblem], columns: Sequence[str], mapping: dict[str, str]
) -> Iterator[Row | RowProblem]:
    """Neighbouring rows of one record made one row, where the layout has such; else ``rows`` as they are.

    The merged row is itself a valid single row of the same table, so a rejected one can be reported,
    corrected and imported again.
    """
    layout = find_layout(columns)
    by_key = {column_key(column): column for column in columns}
    key_column = by_key.get(layout.group_by, "") if layout else ""
    if layout is None or not key_column or mapping.get(key_column) != "external_id":
        return rows
    joined = {by_key[key]: mark for key, mark in layout.joined.items() if key in by_key}
    return _merge(rows, key_column, joined)


def _merge(
    rows: Iterator[Row | RowProblem], key_column: str, joined: dict[str, str]
) -> Iterator[Row | RowProblem]:
    lead = next(iter(joined), "")
    first: Row | None = None
    cells: dict[str, object] = {}
    for row in rows:
        if isinstance(row, RowProblem):
            yield row
            continue
        same = first is not None and row.cells.get(key_column) == first.cells.get(key_column)
        if first is not None and same and row.cells.get(key_column):
            _absorb(cells, row, joined, lead)
            continue
        if first is not None:
            yield Row(first.number, cells)
        first, cells = row, dict(row.cells)
    if first is not None:
        yield Row(first.number, cells)


def _absorb(cells: dict[str, object], row: Row, joined: dict[str, str], lead: str) -> None:
    """Adds a further row of the record: joined columns grow where the leading one has something new."""
    new_lead = as_text(row.cells.get(lead))
    # A variant repeats the picture of its product.
    grows = bool(new_lead) and new_lead not in as_text(cells.get(lead)).split(joined.get(lead, "|"))
    had_lead = bool(as_text(cells.get(lead)))
    for column, value in row.cells.items():
        if column in joined:
            if grows:
                before = as_text(cells.get(column))
                cells[column] = before + joined[column] + as_text(value) if had_lead else as_text(value)
        elif not cells.get(column) and value:
            cells[column] = value
