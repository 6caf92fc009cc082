"""Notes of imports that were written before a note said that its row went in."""

from __future__ import annotations

from typing import Any

import pytest

from recommender.models import ImportBatch, ImportIssue
from recommender.models.telling import kept
from recommender.said import say
from tests.migrating import migrate, put_right_after

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("put_right_after")]
__all__ = ["put_right_after"]
BEFORE = ("recommender", "0009_said_of_versions")
NO_FILE = "there is no file 'a.png'", "Add the file, or correct its name; upper and lower case count."
NO_TABLE = (
    'only the table was uploaded, not the file "it\'s.png"',
    "Upload a ZIP that holds the table and the files, or give http(s) addresses.",
)
NO_ADDRESS = "'ftp://x/a.png' is no http(s) address", "Correct it."
NO_TITLE = "there is no such item yet, and the row has no title to make one", "Give the row a title."
NO_PRICE = "is not a price", "Write one number such as 12.50, with the currency in its own column."


@pytest.fixture
def batch() -> ImportBatch:
    """One that stands as the release before left it."""
    migrate(BEFORE)
    return ImportBatch.objects.create(filename="shop.zip", path="shop.zip")


def told(batch: ImportBatch, row: int, said: tuple[str, str], **fields: Any) -> int:
    made = ImportIssue.objects.create(
        batch=batch, source="shop.csv", row=row, reason=said[0], remedy=said[1], **fields
    )
    return int(made.pk)


def taken() -> set[int]:
    return set(ImportIssue.objects.filter(taken=True).values_list("pk", flat=True))


def test_rows_of_which_only_a_lost_file_was_told_went_in(batch: ImportBatch) -> None:
    wanted = {told(batch, row, said) for row, said in enumerate((NO_FILE, NO_FILE, NO_TABLE, NO_ADDRESS), 1)}
    told(batch, 9, NO_TITLE)
    told(batch, 10, NO_PRICE)
    migrate()
    assert taken() == wanted


def test_a_row_that_was_refused_for_another_fault_too_stays_refused(batch: ImportBatch) -> None:
    told(batch, 1, NO_FILE)
    told(batch, 1, NO_TITLE)
    elsewhere = told(ImportBatch.objects.create(filename="b", path="b"), 1, NO_FILE)
    migrate()
    assert taken() == {elsewhere}


def test_an_import_of_which_not_everything_was_kept_is_left_alone(
    batch: ImportBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recommender.migrations.0010_notes_of_before.KEPT_MOST", 2)
    told(batch, 1, NO_FILE)
    told(batch, 2, NO_FILE)
    migrate()
    assert taken() == set()


def test_undone_it_leaves_notes_of_today_as_they_are(batch: ImportBatch) -> None:
    old = told(batch, 1, NO_FILE)
    today = kept(reason=say("there is no file {name}", name="'b.png'"), remedy=NO_FILE[1])
    new = ImportIssue.objects.create(batch=batch, source="shop.csv", row=2, taken=True, **today)
    migrate()
    assert taken() == {old, new.pk}
    migrate(BEFORE)
    assert taken() == {new.pk}
