"""The report as a file, written and read back."""

from __future__ import annotations

import csv
import io
import os
import time
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone, translation
from django.utils.formats import date_format
from openpyxl import load_workbook

from analytics.models import SentimentScore
from analytics.services import documents, exports
from analytics.services.documents import cells, xlsx_file
from analytics.services.report import Filters, evidence
from recommender.errors import JobCancelled, RecommenderError
from recommender.models import Category, Item, Job
from tests.analytics.scored import MODEL, add_review, make_shop, stocked, sum_up
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


def read_csv(filters: Filters) -> list[dict[str, str]]:
    text = "".join(documents.csv_lines(filters))
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def read_book(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    book = load_workbook(path, read_only=True)
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


def written(tmp_path: Path, filters: Filters | None = None) -> dict[str, list[tuple[Any, ...]]]:
    path = tmp_path / "book.xlsx"
    exports.write_now("xlsx", filters or Filters.latest(), path)
    return read_book(path)


# -- cells ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1+1", "-"]
)
def test_a_text_that_could_be_a_formula_is_told_to_be_text(text: str) -> None:
    assert cells.neutral(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "fine", "5 stars = good", " ", "é", "电池", "'quoted'"])
def test_any_other_text_stays_as_it_is(text: str) -> None:
    assert cells.neutral(text) == text


def test_a_text_longer_than_a_cell_is_cut_and_says_so() -> None:
    cut = cells.fitting("\U0001f600" * 40_000)
    assert len(cut.encode("utf-16-le")) // 2 <= cells.CELL_MOST
    assert cut.endswith("…")


@pytest.mark.parametrize("most", [xlsx_file.SHEET_MOST, 40])
def test_the_workbook_has_every_item_on_as_many_sheets_as_it_takes(
    tmp_path: Path, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlsx_file, "SHEET_MOST", most)
    make_shop()
    titles = {f"Thing {place}" for place in range(70)}
    for title in titles:
        add_review(Item.objects.create(external_id=title, title=title), f"A fine {title}.", 0.8)
    sum_up()
    book = written(tmp_path)
    sheets = [rows for name, rows in book.items() if name.startswith("Breakdown")]
    assert len(sheets) == (1 if most > 100 else 2)
    assert all(rows[0][:3] == ("by", "name", "reviews") for rows in sheets)
    assert {row[1] for rows in sheets for row in rows if row[0] == "Item"} == titles


def test_a_workbook_without_reviews_says_of_how_many_items_it_lists_those_with_the_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlsx_file, "SLICES_MOST", 1)
    stocked()
    exports.write_now("xlsx", Filters.latest(), tmp_path / "book.xlsx", reviews=False)
    book = read_book(tmp_path / "book.xlsx")
    assert [row[1] for row in book["Breakdown"] if row[0] == "Item"] == ["Desk lamp"]
    assert ("Breakdown: Item", "those with the most reviews, 1 of 2") in book["About"]


# -- CSV -----------------------------------------------------------------------------------------------------


def test_csv_has_a_line_for_each_review_with_its_score_and_aspects() -> None:
    stocked()
    rows = read_csv(Filters.latest())
    assert len(rows) == 12
    chinese = next(row for row in rows if row["language"] == "zh")
    assert chinese["text"] == "电池很差，但是颜色好看。"
    assert chinese["aspects"] == "battery -0.70; colour +0.60"
    assert (chinese["item"], chinese["label"], chinese["model"]) == ("P-1", "negative", MODEL)
    assert float(chinese["polarity"]) == pytest.approx(-0.4)


def test_csv_says_how_wide_stars_and_words_are_apart_beside_the_disagreement() -> None:
    add_review(make_shop().lamp, "Wonderful, I love it.", 0.9, rating=1, disagreement=0.1)
    sum_up()
    (row,) = read_csv(Filters.latest())
    assert (float(row["disagreement"]), float(row["mismatch"])) == (pytest.approx(0.1), pytest.approx(0.9))


def test_csv_lists_exactly_what_the_filters_select() -> None:
    shop = stocked()
    assert {row["item"] for row in read_csv(Filters.latest(item=shop.lamp.pk))} == {"L-1"}
    assert len(read_csv(Filters.latest(aspect="battery"))) == 5


def test_csv_lets_no_review_be_a_formula() -> None:
    shop = make_shop()
    add_review(shop.lamp, '=HYPERLINK("http://evil.example","click")')
    assert read_csv(Filters.latest())[0]["text"].startswith("'=")


def test_csv_keeps_line_ends_quotes_and_emoji() -> None:
    shop = make_shop()
    said = 'First "line"\nsecond, line 😀\r\nthird'
    add_review(shop.lamp, said)
    assert read_csv(Filters.latest())[0]["text"] == said


def test_csv_asks_as_little_for_many_reviews_as_for_few(django_assert_max_num_queries: Any) -> None:
    stocked()
    with django_assert_max_num_queries(3):
        read_csv(Filters.latest())


# -- XLSX ----------------------------------------------------------------------------------------------------


def test_a_workbook_has_the_aspects_that_come_up_in_the_reader_s_language(tmp_path: Path) -> None:
    stocked()
    with translation.override("zh-hans"):
        chinese = written(tmp_path)["新兴方面"]
    sheet = written(tmp_path)["Emerging aspects"]
    assert sheet[0][:3] == ("aspect", "this period", "period before")
    assert {row[0]: row[1:3] for row in sheet[1:]} == {"Battery": (5, 0), "Look": (6, 0)}
    assert {row[0] for row in chinese[1:]} == {"电池", "外观"}


def test_the_first_sheet_says_what_was_filtered_by_which_model_and_when(tmp_path: Path) -> None:
    shop = stocked()
    book = written(tmp_path, Filters.latest(item=shop.phone.pk, label="negative"))
    assert next(iter(book)) == "About"
    facts = dict(row[:2] for row in book["About"][1:])
    assert facts["Model"] == MODEL
    assert facts["Item"] == "Phone"
    assert facts["Label"] == "Negative"
    assert facts["Category"] == "all"
    assert {"Period", "Compared with", "Made"} <= facts.keys()


def test_a_workbook_of_words_says_them_and_holds_what_has_them(tmp_path: Path) -> None:
    stocked()
    book = written(tmp_path, Filters.latest(words="died, DAY"))
    assert dict(row[:2] for row in book["About"][1:])["Words in the review"] == "“died, DAY”"
    assert {row[0]: row[1] for row in book["Figures"][1:]}["reviews"] == 4
    assert {row[1]: row[2] for row in book["Breakdown"][1:] if row[0] == "Item"} == {"Phone": 4}
    assert len(book["Reviews"]) == 5


def test_it_says_how_far_back_words_were_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stocked()
    monkeypatch.setattr(evidence, "SEARCHED_AMONG", 3)
    book = written(tmp_path, Filters.latest(words="day"))
    facts = dict(row[:2] for row in book["About"][1:])
    told = facts["Words in the review"]
    newest = SentimentScore.objects.order_by("-reviewed_at").values_list("reviewed_at", flat=True)
    since = date_format(timezone.localtime(newest[2]), "DATETIME_FORMAT")
    assert told.startswith("“day” (searched among the newest ")
    assert told.endswith(f"back to {since})")
    assert facts["Compared with"] == "nothing: words were not looked for in the whole of both periods"


def test_the_sheets_of_figures_say_what_the_report_says(tmp_path: Path) -> None:
    stocked()
    book = written(tmp_path)
    figures = {row[0]: row[1] for row in book["Figures"][1:]}
    assert figures["reviews"] == 12
    assert figures["net sentiment"] == pytest.approx((6 - 5) / 11, abs=1e-6)
    items = {row[1]: row[2] for row in book["Breakdown"][1:] if row[0] == "Item"}
    assert items == {"Desk lamp": 7, "Phone": 5}
    assert sum(row[1] for row in book["Trend"][1:]) == 12
    assert {row[0] for row in book["Impact"][1:]} >= {"Battery", "Look"}


def test_the_reviews_are_on_the_last_sheet_with_values_of_their_own_kind(tmp_path: Path) -> None:
    stocked()
    heading, *rows = written(tmp_path)["Reviews"]
    row = dict(zip(heading, rows[-1], strict=True))
    assert len(rows) == 12
    assert row["polarity"] == pytest.approx(0.9)
    assert row["stars"] == 5
    assert row["abstained"] is False
    first = SentimentScore.objects.earliest("reviewed_at").reviewed_at
    assert row["time"] == timezone.localtime(first).replace(tzinfo=None)
    assert row["item"] == "Desk lamp"


def test_a_workbook_lets_no_text_be_a_formula(tmp_path: Path) -> None:
    shop = make_shop()
    shop.lamp.title = "=1+1"
    shop.lamp.save()
    add_review(shop.lamp, "@SUM(1)\x01\x07")
    add_review(shop.lamp, "http://example.org/")
    sum_up()
    path = tmp_path / "book.xlsx"
    exports.write_now("xlsx", Filters.latest(), path)
    texts = [
        cell
        for sheet in load_workbook(path)
        for row in sheet.iter_rows()
        for cell in row
        if isinstance(cell.value, str)
    ]
    assert not [
        cell.value for cell in texts if cell.value[0] in "=+-@" or cell.data_type == "f" or cell.hyperlink
    ]
    assert [cell.value for cell in texts if cell.value.startswith("'=1+1")]


def test_a_workbook_speaks_the_language_that_is_active(tmp_path: Path) -> None:
    stocked()
    with translation.override("zh-hans"):
        book = written(tmp_path)
    items = {row[1] for sheet in book.values() for row in sheet if len(row) > 1}
    assert "台灯" in items


def test_the_reviews_of_a_workbook_are_worded_in_the_language_that_is_active(tmp_path: Path) -> None:
    shop = make_shop()
    lamps = Category.objects.create(
        name="Lamps", name_zh="灯具", path="Home > Lamps", parent=shop.category, depth=1
    )
    Item.objects.filter(pk=shop.lamp.pk).update(category=lamps)
    shop.lamp.refresh_from_db()
    add_review(shop.lamp, "Lovely.", 0.9, aspects=[("look", 0.8)], channels="text+speech")
    sum_up()
    with translation.override("zh-hans"):
        _heading, row = written(tmp_path)["评论"]
    assert {"台灯", "家居 > 灯具", "正面", "英文", "文字 + 语音", "外观 +0.80"} <= set(row)


def test_more_reviews_than_a_sheet_holds_go_on_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stocked()
    monkeypatch.setattr(xlsx_file, "SHEET_MOST", 5)
    book = written(tmp_path)
    assert [len(book[name]) - 1 for name in ("Reviews", "Reviews 2", "Reviews 3")] == [5, 5, 2]


def test_a_selection_without_reviews_still_makes_a_workbook(tmp_path: Path) -> None:
    book = written(tmp_path)
    assert len(book["Reviews"]) == 1
    assert dict(row[:2] for row in book["About"][1:])["Model"] == "none"


# -- now or later --------------------------------------------------------------------------------------------


def test_a_list_streams_a_small_workbook_comes_at_once_and_a_pdf_is_made_aside(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stocked()
    filters = Filters.latest()
    assert [exports.takes_a_job(kind, filters) for kind in exports.FORMATS] == [False, False, True]
    monkeypatch.setattr(exports, "DIRECT_REVIEWS", 11)
    assert exports.takes_a_job("xlsx", filters)


def test_an_export_job_leaves_its_file_to_be_fetched(
    cast: Cast, django_capture_on_commit_callbacks: Any
) -> None:
    stocked()
    with django_capture_on_commit_callbacks(execute=True):
        job = exports.start_export(cast.analyst, "xlsx", Filters.latest())
    job.refresh_from_db()
    path = exports.file_of(job)
    assert path is not None
    assert (job.state, job.result["reviews"], job.result["bytes"]) == ("done", 12, path.stat().st_size)
    assert len(read_book(path)["Reviews"]) == 13


def test_asking_twice_makes_one_export(cast: Cast) -> None:
    one = exports.start_export(cast.analyst, "pdf", Filters.latest())
    assert exports.start_export(cast.analyst, "pdf", Filters.latest()) == one
    assert exports.start_export(cast.analyst, "xlsx", Filters.latest()) != one
    assert exports.start_export(cast.superuser, "pdf", Filters.latest()) != one


@pytest.mark.parametrize("state", [Job.State.DONE, Job.State.FAILED, Job.State.CANCELLED])
def test_an_export_that_is_over_is_not_given_again(cast: Cast, state: str) -> None:
    one = exports.start_export(cast.analyst, "pdf", Filters.latest())
    Job.objects.filter(pk=one.pk).update(state=state)
    assert exports.start_export(cast.analyst, "pdf", Filters.latest()) != one


def three_exports(user: Any) -> list[Job]:
    return [exports.start_export(user, "pdf", Filters.latest(rating=stars)) for stars in (1, 2, 3)]


def test_a_person_has_three_exports_under_way_at_most(cast: Cast) -> None:
    three_exports(cast.analyst)
    with pytest.raises(RecommenderError, match="3 exports") as refused:
        exports.start_export(cast.analyst, "pdf", Filters.latest())
    assert "cancel" in refused.value.remedy
    assert exports.start_export(cast.superuser, "pdf", Filters.latest())


def test_one_that_is_under_way_is_given_again_at_the_limit_too(cast: Cast) -> None:
    first, *_ = three_exports(cast.analyst)
    assert exports.start_export(cast.analyst, "pdf", Filters.latest(rating=1)) == first


def test_an_export_that_is_asked_to_stop_counts_until_it_has(cast: Cast) -> None:
    first, *_ = three_exports(cast.analyst)
    Job.objects.filter(pk=first.pk).update(state=Job.State.RUNNING, cancel_requested=True)
    with pytest.raises(RecommenderError):
        exports.start_export(cast.analyst, "pdf", Filters.latest())
    Job.objects.filter(pk=first.pk).update(state=Job.State.CANCELLED)
    assert exports.start_export(cast.analyst, "pdf", Filters.latest())


def test_a_job_that_is_under_way_is_not_begun_again(cast: Cast) -> None:
    job = exports.start_export(cast.analyst, "csv", Filters.latest())
    Job.objects.filter(pk=job.pk).update(state=Job.State.RUNNING)
    exports.run_export(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.RUNNING
    assert exports.file_of(job) is None


def test_what_an_export_lacks_is_told_on_its_job(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> bytes:
        raise RecommenderError("No Pango.", "Install it.")

    monkeypatch.setattr(documents, "pdf_bytes", refuse)
    job = exports.start_export(cast.analyst, "pdf", Filters.latest())
    exports.run_export(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error, job.remedy) == ("failed", "No Pango.", "Install it.")
    assert exports.file_of(job) is None


def test_a_cancelled_export_leaves_nothing_behind(
    cast: Cast, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(kind: Any, filters: Any, path: Path, *_: Any) -> int:
        path.write_bytes(b"half")
        raise JobCancelled("Cancelled.")

    monkeypatch.setattr(exports, "write_now", stopped)
    job = exports.start_export(cast.analyst, "csv", Filters.latest())
    exports.run_export(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.CANCELLED
    assert list(Path(settings.EXPORT_ROOT).iterdir()) == []


def test_old_files_are_removed_and_lost_jobs_sent_again(
    cast: Cast, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    stocked()
    lost = exports.start_export(cast.analyst, "csv", Filters.latest())
    Job.objects.filter(pk=lost.pk).update(created_at=lost.created_at - exports._LOST_AFTER * 2)
    old = Path(settings.EXPORT_ROOT) / "1.pdf"
    old.parent.mkdir()
    old.write_bytes(b"")
    long_ago = time.time() - (exports.KEEP_DAYS + 1) * 86_400
    os.utime(old, (long_ago, long_ago))
    with django_capture_on_commit_callbacks(execute=True):
        assert exports.tidy_exports() == {"sent": 1, "removed": 1}
    lost.refresh_from_db()
    assert exports.file_of(lost) is not None
