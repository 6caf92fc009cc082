"""Imports followed to their end: refused rows mended, one stopped on its way, all of it in Chinese."""

from __future__ import annotations

import csv
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from mmsite.celery import app
from recommender.models import ImportBatch, Item
from recommender.services import imports, index, jobs
from recommender.services.imports import running
from tests.services.importing import table
from tests.services.shop import QUICK_ENCODER

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.conftest import Cast

CHUNK = 40


class HeldImport:
    """An import under way in a thread, as in a worker; after each chunk it waits until it is let go."""

    def __init__(self) -> None:
        self._arrived, self._go = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self, batch: ImportBatch) -> None:
        """Returns when the first chunk is in."""
        self._thread = threading.Thread(target=self._run, args=(batch.pk,))
        self._thread.start()
        assert self._arrived.wait(60), "no chunk of the import went in"

    def _run(self, pk: int) -> None:
        from django.db import connections

        try:
            imports.run_import(pk, watch=self._hold)
        finally:
            connections.close_all()

    def _hold(self, _job: Any) -> None:
        self._arrived.set()
        self._go.wait(120)

    def end(self) -> None:
        self._go.set()
        if self._thread is not None:
            self._thread.join(60)
            assert not self._thread.is_alive()


@pytest.fixture
def held(live_site: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[HeldImport]:
    """Imports started on the page wait for this worker, which takes a few rows at a time."""
    monkeypatch.setattr(running, "CHUNK_ROWS", CHUNK)
    monkeypatch.setattr(jobs, "WRITE_SECONDS", 0.0)
    app.conf.task_always_eager = False
    worker = HeldImport()
    yield worker
    worker.end()
    app.conf.task_always_eager = True


def upload(page: Page, site: str, file: Path) -> ImportBatch:
    """Send a file from the page of imports; its batch once the mapping is shown."""
    page.goto(f"{site}/manage/")
    page.set_input_files("[data-upload-form] input[type=file]", file)
    page.wait_for_url(re.compile(r"/manage/imports/\d+/"))
    return ImportBatch.objects.latest("pk")


def lamps(count: int) -> list[dict[str, str]]:
    return [{"sku": f"l{n}", "name": f"Lamp {n}", "cost": str(20 + n % 30)} for n in range(count)]


# -- a refused row ------------------------------------------------------------------------------------------


def correct(report: Path, column: str, value: str) -> Path:
    """The downloaded table of refused rows with one cell of each corrected, as somebody saves it."""
    with report.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return table(report.with_name("corrected.csv"), [row | {column: value} for row in rows])


def test_a_refused_row_is_downloaded_corrected_uploaded_and_found(
    page: Page, live_site: str, cast: Cast, log_in: Callable[..., None], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, settings: Any,
) -> None:  # fmt: skip
    settings.ENCODER = QUICK_ENCODER
    monkeypatch.setattr(index, "REFRESH_SECONDS", 0.0)
    rows = [{"sku": "k1", "name": "Copper kettle", "cost": "39.90"}]
    rows.append({"sku": "k2", "name": "Enamel teapot", "cost": "cheap"})
    log_in(page, cast.catalogue_admin)
    upload(page, live_site, table(tmp_path / "kettles.csv", rows))
    page.select_option("select[name='column:cost']", "price")
    page.get_by_role("button", name="Start the import").click()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download as CSV").click()
    report = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(report)
    page.goto(f"{live_site}/search/?q=enamel+teapot")
    expect(page.locator("#results")).not_to_contain_text("Enamel teapot")

    upload(page, live_site, correct(report, "cost", "24.00"))
    expect(page.locator("select[name='column:import:reason']")).to_have_value("")  # left out, unasked
    page.select_option("select[name='column:cost']", "price")
    page.get_by_role("button", name="Start the import").click()
    expect(page.get_by_text("Rows that were refused")).to_have_count(0)
    page.goto(f"{live_site}/search/?q=enamel+teapot")
    page.locator("#results .tile-link").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Enamel teapot")
    assert Item.objects.filter(external_id__in=["k1", "k2"]).count() == Item.objects.count() == 2


# -- an import that is stopped ------------------------------------------------------------------------------


def test_a_running_import_is_cancelled_from_its_page_and_keeps_what_went_in(
    page: Page, live_site: str, cast: Cast, log_in: Callable[..., None], tmp_path: Path, held: HeldImport
) -> None:
    log_in(page, cast.catalogue_admin)
    batch = upload(page, live_site, table(tmp_path / "lamps.csv", lamps(3 * CHUNK)))
    page.get_by_role("button", name="Start the import").click()
    held.begin(batch)
    expect(page.locator(".job-bar")).to_contain_text(f"{CHUNK} / {3 * CHUNK}")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Stopping after the present rows.")).to_be_visible()
    held.end()
    expect(page.locator(".state-line")).to_contain_text("cancelled")
    kept = page.locator(".counts div").filter(has_text="New").locator("dd")
    expect(kept).to_have_text(str(2 * CHUNK))  # the rows it was at are the last
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
    assert Item.objects.count() == 2 * CHUNK


# -- in Chinese ---------------------------------------------------------------------------------------------

#: What is the file's own, the reasons and remedies of its refused rows, and what is English to be understood.
NOT_THE_INTERFACE = "code, .cell, .column-name, .file-title, .issue td, [lang=en]"
#: Three words of Latin letters in a row are a sentence; names of formats stand alone or between commas.
SENTENCE = re.compile(r"[A-Za-z][a-z']+(?: [A-Za-z][A-Za-z']*){2,}")


def english_of(page: Page) -> list[str]:
    """English sentences that the page shows, or says to who cannot see it."""
    told: list[str] = page.evaluate(
        """(own) => {
            const told = [document.title];
            const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
            while (walk.nextNode()) {
                const inside = walk.currentNode.parentElement;
                if (!inside.closest(`script, style, ${own}`)) told.push(walk.currentNode.data);
            }
            for (const element of document.body.querySelectorAll(`:not(${own})`))
                for (const { name, value } of element.attributes)
                    if (/^(title|aria-label|placeholder|alt|data-.*)$/.test(name)) told.push(value);
            return told;
        }""",
        NOT_THE_INTERFACE,
    )
    return [text.strip() for text in told if SENTENCE.search(text)]


def test_an_import_speaks_chinese_from_the_upload_to_the_refused_rows(
    new_page: Callable[..., Page], live_site: str, cast: Cast, log_in: Callable[..., None],
    tmp_path: Path, held: HeldImport,
) -> None:  # fmt: skip
    page = new_page(locale="zh-CN", viewport={"width": 1280, "height": 900})
    rows = [*lamps(CHUNK + 5), {"sku": "l-bad", "name": "Lamp", "cost": "cheap"}]
    log_in(page, cast.catalogue_admin)
    page.goto(f"{live_site}/manage/")
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    assert english_of(page) == [], "the page of imports"
    batch = upload(page, live_site, table(tmp_path / "lamps.csv", rows))
    assert english_of(page) == [], "the mapping"
    page.select_option("select[name='column:cost']", "price")
    page.get_by_role("button", name="开始导入").click()
    held.begin(batch)
    expect(page.locator(".job-bar")).to_contain_text(f"{CHUNK} / {len(rows)}")
    assert english_of(page) == [], "the progress"
    held.end()
    expect(page.get_by_role("heading", name="被拒的行")).to_be_visible()
    assert english_of(page) == [], "the refused rows"
    page.goto(f"{live_site}/jobs/")
    expect(page.locator("main")).to_contain_text("lamps.csv")
    assert english_of(page) == [], "the jobs"
