"""Catalogue files of every known kind, read as one stream of records: see docs/formats.md."""

from recommender.engine.formats.base import Blob, Format, Opened, Row, Sample, Table, as_text
from recommender.engine.formats.fields import FIELDS, REPORT_PREFIX, Field, kinds_named
from recommender.engine.formats.layouts import guess_kind, guess_mapping
from recommender.engine.formats.records import check_mapping
from recommender.engine.formats.registry import FORMATS
from recommender.engine.formats.source import CatalogSource, open_source

__all__ = [
    "FIELDS",
    "FORMATS",
    "REPORT_PREFIX",
    "Blob",
    "CatalogSource",
    "Field",
    "Format",
    "Opened",
    "Row",
    "Sample",
    "Table",
    "as_text",
    "check_mapping",
    "guess_kind",
    "guess_mapping",
    "kinds_named",
    "open_source",
]
