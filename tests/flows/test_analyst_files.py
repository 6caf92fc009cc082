"""An analyst takes the report along: each format fetched and read back, and a saved view sent by mail."""

from __future__ import annotations

import csv
import email
import email.policy
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import load_workbook
from playwright.sync_api import expect
from pypdf import PdfReader

from tests.analytics.scored import stocked

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.conftest import Cast


@pytest.fixture
def report(page: Page, live_site: str, cast: Cast, log_in: Callable[..., None]) -> Page:
    """The overview of a dozen reviews, six of them happy about lamps."""
    stocked()
    log_in(page, cast.analyst)
    page.goto(f"{live_site}/analytics/sentiment/")
    return page


def _fetched(page: Page, choice: str) -> bytes:
    page.get_by_text("Export", exact=True).click()
    with page.expect_download() as waiting:
        page.get_by_role("link", name=choice).click()
        if choice.startswith("PDF"):
            page.get_by_role("link", name="Download").click(timeout=60_000)
    return Path(waiting.value.path()).read_bytes()


def test_the_list_of_reviews_is_fetched_for_programs(report: Page) -> None:
    rows = list(csv.DictReader(_fetched(report, "CSV, for programs").decode("utf-8-sig").splitlines()))
    assert len(rows) == 12
    assert {row["title"] for row in rows} == {"Desk lamp", "Phone"}


def test_a_workbook_is_fetched_that_says_what_it_is_of(report: Page) -> None:
    report.locator("#f-label").select_option("positive")
    report.wait_for_url("**label=positive**")
    book = load_workbook(BytesIO(_fetched(report, "XLSX, to calculate with")))
    first = {row[0]: row[1] for row in book.worksheets[0].iter_rows(values_only=True)}
    assert first["Label"] == "Positive"
    assert book["Reviews"].max_row - 1 == 6


def test_a_report_to_print_is_made_aside_and_fetched(report: Page) -> None:
    text = "".join(one.extract_text() for one in PdfReader(BytesIO(_fetched(report, "PDF, to read"))).pages)
    assert "Desk lamp" in text


def test_a_saved_view_is_mailed_to_a_file_with_the_report(
    report: Page, settings: Any, tmp_path: Path
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)
    report.get_by_text("Save view", exact=True).click()
    report.get_by_label("Name").fill("Lamps, weekly")
    report.get_by_role("button", name="Save this view").click()
    report.get_by_role("link", name="Saved views").click()
    report.get_by_role("link", name="Edit Lamps, weekly").click()
    report.get_by_label("Recipients").fill("rita@example.org")
    report.get_by_role("button", name="Save the timetable").click()
    report.get_by_role("button", name="Mail it now").click()
    expect(report.get_by_text("last mailed")).to_be_visible()
    (path,) = tmp_path.glob("*.log")
    told = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert told["Subject"].startswith("Lamps, weekly: net sentiment +0.09")
    (attached,) = told.iter_attachments()
    assert attached.get_content()[:5] == b"%PDF-"
