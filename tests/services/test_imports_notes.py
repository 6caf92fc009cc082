"""Faults that cost a row only what they name: the row goes in, and is not counted as refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from recommender.models import ImportBatch, Item
from recommender.services import imports
from recommender.services.imports.issues import Room
from tests.services.importing import archive, bring_in, outcome, picture, table

pytestmark = pytest.mark.django_db

MARKUP = '<span class="a-price"><span class="a-offscreen">from the page of the shop</span></span>'


def metadata(tmp_path: Path, *rows: dict[str, Any]) -> Path:
    """Amazon's metadata, one object a line."""
    path = tmp_path / "meta.jsonl"
    also = {"title": "Cup", "imUrl": "", "salesRank": {}}
    path.write_text("".join(json.dumps(also | row) + "\n" for row in rows), encoding="utf-8")
    return path


def notes(batch: ImportBatch) -> list[tuple[str, bool]]:
    return list(batch.issues.values_list("column", "taken"))


def test_a_price_of_amazons_that_is_none_costs_the_item_its_price_only(tmp_path: Path) -> None:
    batch = bring_in(metadata(tmp_path, {"asin": "B1", "price": MARKUP}, {"asin": "B2", "price": 4.5}))
    assert outcome(batch) == (2, 0, 0, 0)
    assert {one.external_id: one.price and float(one.price) for one in Item.objects.all()} == {
        "B1": None,
        "B2": 4.5,
    }
    note = batch.issues.get()
    assert (note.column, note.value, note.taken) == ("price", MARKUP, True)
    assert note.reason == "is not a price"


def test_the_newer_metadata_of_amazon_is_spared_as_well(tmp_path: Path) -> None:
    path = tmp_path / "meta.jsonl"
    row = {"parent_asin": "B1", "main_category": "Baby", "title": "Cup", "price": MARKUP}
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    batch = bring_in(path)
    assert outcome(batch) == (1, 0, 0, 0)
    assert notes(batch) == [("price", True)]


def test_a_price_that_is_none_empties_the_one_of_before(tmp_path: Path) -> None:
    bring_in(metadata(tmp_path, {"asin": "B1", "price": 4.5}))
    assert outcome(bring_in(metadata(tmp_path, {"asin": "B1", "price": MARKUP}))) == (0, 1, 0, 0)
    assert Item.objects.get().price is None


def test_another_fault_of_the_row_refuses_it_with_its_price(tmp_path: Path) -> None:
    batch = bring_in(
        metadata(tmp_path, {"asin": "B1", "price": 1}, {"asin": "B2", "price": MARKUP, "title": "x" * 501})
    )
    assert outcome(batch) == (1, 0, 0, 1)
    assert sorted(notes(batch)) == [("price", False), ("title", False)]


def test_a_row_that_the_catalogue_refuses_is_refused_with_its_notes(tmp_path: Path) -> None:
    batch = bring_in(metadata(tmp_path, {"asin": "B1", "price": 1}, {"asin": "B1", "price": MARKUP}))
    assert outcome(batch) == (1, 0, 0, 1)
    assert sorted(notes(batch)) == [("asin", False), ("price", False)]


def test_a_table_of_any_other_shop_has_the_row_refused(tmp_path: Path) -> None:
    rows = [{"id": "1", "title": "Cup", "price": "5"}, {"id": "2", "title": "Pot", "price": MARKUP}]
    batch = bring_in(table(tmp_path / "a.csv", rows))
    assert outcome(batch) == (1, 0, 0, 1)
    assert notes(batch) == [("price", False)]


def test_a_picture_that_is_not_there_is_a_note_of_a_row_that_went_in(tmp_path: Path) -> None:
    files = {"a.csv": "id,title,image\n1,Cup,a.png|b.png\n,Pot,a.png\n", "a.png": picture()}
    batch = bring_in(archive(tmp_path / "a.zip", files))
    assert outcome(batch) == (1, 0, 0, 1)
    assert sorted(notes(batch)) == [("id", False), ("image", True)]


def test_a_row_that_went_in_is_not_among_those_to_correct_and_bring_in_again(tmp_path: Path) -> None:
    files = {"a.csv": "id,title,image\n1,Cup,a.png|b.png\n,Pot,a.png\n", "a.png": picture()}
    batch = bring_in(archive(tmp_path / "a.zip", files))
    refused, taken = ("".join(imports.issues_csv(batch, taken=taken)) for taken in (False, True))
    assert ("Pot" in refused, "Cup" in refused) == (True, False)
    assert ("Pot" in taken, "Cup" in taken) == (False, True)


def test_many_notes_leave_no_refused_row_untold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recommender.services.imports.running.Room", lambda: Room(faults=2, notes=1))
    rows = "".join(f"{number},Cup,none.png\n" for number in range(3)) + ",Pot,\n,Pan,\n,Jug,\n"
    files = {"a.csv": f"id,title,image\n{rows}", "a.png": picture()}
    batch = bring_in(archive(tmp_path / "a.zip", files))
    assert (batch.rejected, batch.issues.filter(taken=False).count()) == (3, 2)
    assert batch.issues.filter(taken=True).count() == 1


def test_a_long_cell_comes_back_whole_in_the_report(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"id,title,description\n,Cup,{'x' * 60_000}\n1,Pot,\n", encoding="utf-8")
    assert "x" * 60_000 in "".join(imports.issues_csv(bring_in(path)))


def test_the_report_of_notes_can_be_corrected_as_well(tmp_path: Path) -> None:
    meta = metadata(tmp_path, {"asin": "B1", "price": MARKUP}, {"asin": "B2", "price": 4.5})
    batch = bring_in(meta, mapping={"asin": "external_id", "price": "price", "title": "description"})
    path = tmp_path / "again.csv"
    written = "".join(imports.issues_csv(batch, taken=True)).replace(MARKUP.replace('"', '""'), "7.25", 1)
    path.write_text(written, encoding="utf-8")
    assert outcome(bring_in(path)) == (0, 1, 0, 0)
    item = Item.objects.get(external_id="B1")
    assert (float(item.price or 0), item.description) == (7.25, "Cup")  # read as the file was
