"""What comes into the catalogue, and what becomes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recommender.errors import FormatError, MediaError
from recommender.models import Item, Media
from recommender.services import encode, preprocess, sources
from recommender.services.measured import (
    ENCODE_BATCH,
    ENCODE_BUSY,
    ENCODE_FAILURES,
    ENCODE_SECONDS,
    ENCODED,
    IMPORT_MEDIA,
    IMPORT_PROBLEMS,
    IMPORT_ROWS,
    IMPORTS,
    MEDIA,
    MEDIA_FAILURES,
    MEDIA_SECONDS,
    QUERY_SECONDS,
    reason_of,
)
from tests.services.importing import bring_in, table
from tests.services.measured.conftest import Counted
from tests.services.shop import QUICK_ENCODER, import_shop

pytestmark = pytest.mark.django_db


def test_rows_are_counted_by_outcome_and_faults_by_field(tmp_path: Path, counted: Counted) -> None:
    rows = [{"id": "1", "title": "Bag", "price": "12"}, {"id": "2", "title": "Hat", "price": "9"}]
    bring_in(table(tmp_path / "first.csv", rows))
    rows[1]["title"] = "Straw hat"
    bring_in(table(tmp_path / "second.csv", [*rows, {"id": "", "title": "Nameless", "price": "1"}]))
    assert counted(IMPORT_ROWS) == {
        ("item", "created"): 2,
        ("item", "unchanged"): 1,
        ("item", "updated"): 1,
        ("item", "rejected"): 1,
    }
    assert counted(IMPORT_PROBLEMS) == {("item", "external_id"): 1}
    assert counted(IMPORTS) == {("item", "done"): 2}


def test_columns_that_a_user_named_are_no_labels(tmp_path: Path, counted: Counted) -> None:
    columns = {"id": "1", "title": "Bag", "my own price": "much"}
    mapping = {"id": "external_id", "title": "title", "my own price": "price"}
    bring_in(table(tmp_path / "shop.csv", [columns]), mapping=mapping)
    assert counted(IMPORT_PROBLEMS) == {("item", "price"): 1}


def test_an_import_that_takes_no_row_has_failed(tmp_path: Path, counted: Counted) -> None:
    bring_in(table(tmp_path / "shop.csv", [{"id": "", "title": "Nameless"}]))
    assert counted(IMPORTS) == {("item", "failed"): 1}


def test_items_that_a_file_retires_are_counted(tmp_path: Path, counted: Counted) -> None:
    Item.objects.create(external_id="old", title="Old")
    bring_in(table(tmp_path / "shop.csv", [{"id": "1", "title": "Bag"}]), retire_missing=True)
    assert counted(IMPORT_ROWS) == {("item", "created"): 1, ("item", "retired"): 1}


def test_media_are_counted_by_kind_and_timed(tmp_path: Path, counted: Counted) -> None:
    import_shop(tmp_path)
    preprocess.prepare_pending()
    assert counted(IMPORT_MEDIA) == {(): 7}
    assert counted(MEDIA) == {("image", "ready"): 6, ("audio", "ready"): 1}
    assert counted(MEDIA_SECONDS) == {("image",): 6, ("audio",): 1}


@pytest.mark.parametrize(("permanent", "outcome"), [(True, "failed"), (False, "to_retry")])
def test_media_that_fail_are_counted_by_the_class_of_the_error(
    permanent: bool, outcome: str, tmp_path: Path, counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(medium: Media) -> Any:
        raise MediaError(f"{medium.source} answered.", permanent=permanent) from TimeoutError("late")

    import_shop(tmp_path)
    Media.objects.exclude(kind="image").delete()
    monkeypatch.setattr(preprocess, "make_renditions", refuse)
    preprocess.prepare_pending(3)
    assert counted(MEDIA) == {("image", outcome): 3}
    assert counted(MEDIA_FAILURES) == {("image", "TimeoutError"): 3}


def test_a_library_that_breaks_over_a_file_is_the_reason(
    tmp_path: Path, counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(medium: Media) -> Any:
        raise ZeroDivisionError(medium.source)

    import_shop(tmp_path)
    Media.objects.exclude(kind="image").delete()
    monkeypatch.setattr(preprocess, "make_renditions", break_off)
    preprocess.prepare_pending(1)
    assert counted(MEDIA_FAILURES) == {("image", "ZeroDivisionError"): 1}


def test_an_error_without_another_behind_it_is_its_own_reason() -> None:
    assert reason_of(FormatError("no")) == "FormatError"


def test_vectors_are_counted_by_modality_with_their_batches(
    tmp_path: Path, settings: Any, counted: Counted
) -> None:
    settings.ENCODER = QUICK_ENCODER
    import_shop(tmp_path)
    preprocess.prepare_pending()
    while encode.encode_pending():
        pass
    assert counted(ENCODED) == {("text", "ready"): 6, ("image", "ready"): 6, ("audio", "ready"): 1}
    for metric in (ENCODE_SECONDS, ENCODE_BATCH):
        assert counted(metric) == {("text",): 1, ("image",): 1, ("audio",): 1}
    assert all(seconds > 0 for seconds in counted(ENCODE_BUSY).values())


def test_what_cannot_be_encoded_is_counted_by_the_class_of_the_error(counted: Counted) -> None:
    outcomes: list[sources.Outcome] = [np.zeros(4), MediaError("dark"), MediaError("darker")]
    encode._count("image", outcomes, 0.5)
    assert counted(ENCODED) == {("image", "ready"): 1, ("image", "failed"): 2}
    assert counted(ENCODE_FAILURES) == {("image", "MediaError"): 2}


def test_parts_of_queries_are_timed(tmp_path: Path, settings: Any, counted: Counted) -> None:
    settings.ENCODER = QUICK_ENCODER
    import_shop(tmp_path)
    encode.encode_pending()
    from recommender.models import EncoderSpace

    space = EncoderSpace.objects.get()
    parts = [{"modality": "text", "text": "red bag"}, {"modality": "text", "text": "hat"}]
    assert "vectors" in encode.encode_query_payload({"space": space.key, "parts": parts})
    assert counted(QUERY_SECONDS) == {("text",): 2}
