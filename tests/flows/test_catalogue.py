"""A catalogue admin uploads a catalogue, mends its mapping, and learns which row was refused."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from recommender.models import ImportBatch, Item, Media

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.conftest import Cast

ROWS = [
    {"sku": "k1", "name": "Copper kettle", "cost": "39.90"},
    {"sku": "k2", "name": "Steel kettle", "cost": "not a number"},
    {"sku": "k3", "name": "Enamel kettle", "cost": "24.00"},
]


def test_an_upload_with_a_broken_row_brings_in_the_others(
    page: Page, live_site: str, cast: Cast, log_in: Callable[..., None], tmp_path: Path
) -> None:
    file = tmp_path / "kettles.csv"
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, ["sku", "name", "cost"])
        writer.writeheader()
        writer.writerows(ROWS)
    log_in(page, cast.catalogue_admin)
    page.goto(f"{live_site}/manage/")
    page.set_input_files("[data-upload-form] input[type=file]", file)
    expect(page.get_by_role("heading", name="What do the columns mean?")).to_be_visible()
    expect(page.get_by_text("Copper kettle")).to_be_visible()
    page.select_option("select[name='column:cost']", "price")
    page.get_by_role("button", name="Start the import").click()
    expect(page.locator(".counts")).to_contain_text("Refused")
    expect(page.get_by_text("Rows that were refused")).to_be_visible()
    expect(page.locator(".table-plain")).to_contain_text("not a number")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download as CSV").click()
    report = Path(waiting.value.path()).read_text(encoding="utf-8-sig")
    assert "k2" in report
    assert "k1" not in report
    assert set(Item.objects.values_list("external_id", flat=True)) >= {"k1", "k3"}
    assert ImportBatch.objects.get().rejected == 1


def test_a_file_that_cannot_be_read_is_refused_with_the_reason(
    page: Page, live_site: str, cast: Cast, log_in: Callable[..., None], tmp_path: Path
) -> None:
    file = tmp_path / "broken.zip"
    file.write_bytes(b"PK\x03\x04 cut short")
    log_in(page, cast.catalogue_admin)
    page.goto(f"{live_site}/manage/")
    page.set_input_files("[data-upload-form] input[type=file]", file)
    expect(page.locator("[data-upload-form] [role=alert]")).to_contain_text("broken.zip")
    assert not ImportBatch.objects.exists()


def test_a_catalogue_admin_works_on_a_phone(
    phone: Page, live_site: str, cast: Cast, log_in: Callable[..., None], no_overflow: Callable[[Any], None]
) -> None:
    item = Item.objects.create(external_id="1051417934", title="Copper kettle for six, with a lid of brass")
    Media.objects.create(item=item, kind="image", state="failed", error=f"{'31bef9d2' * 16}.png is damaged.")
    log_in(phone, cast.catalogue_admin)
    for path in ("/manage/", "/manage/items/", "/manage/media/", "/jobs/"):
        phone.goto(live_site + path)
        no_overflow(phone)
    phone.goto(f"{live_site}/manage/items/")
    number = phone.locator("#items code").bounding_box()
    assert number is not None
    assert number["height"] < 30  # in one line: the table is pushed sideways instead


def test_an_upload_after_the_session_has_ended_says_to_log_in(
    page: Page, live_site: str, cast: Cast, log_in: Callable[..., None], tmp_path: Path
) -> None:
    file = tmp_path / "kettles.csv"
    file.write_text("sku,name\nk1,Copper kettle\n", encoding="utf-8")
    log_in(page, cast.catalogue_admin)
    page.goto(f"{live_site}/manage/")
    page.context.clear_cookies(name="sessionid")
    page.set_input_files("[data-upload-form] input[type=file]", file)
    expect(page.locator("[data-upload-form] [role=alert]")).to_contain_text("log in if it asks for that")
    assert not ImportBatch.objects.exists()
