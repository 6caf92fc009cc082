"""The report as a PDF, read back."""

from __future__ import annotations

import builtins
import io
import re
from typing import Any

import pytest
from django.utils import translation
from pypdf import PdfReader

from analytics.services import documents
from analytics.services.documents import fonts, pdf_file
from analytics.services.documents.pdf_file import load_weasyprint
from analytics.services.report import Filters
from recommender.errors import RecommenderError
from recommender.models import Item
from tests.analytics.scored import MODEL, add_review, make_shop, stocked, sum_up

pytestmark = pytest.mark.django_db


def made(filters: Filters | None = None) -> PdfReader:
    return PdfReader(io.BytesIO(documents.pdf_bytes(documents.gather(filters or Filters.latest()))))


def words(pdf: PdfReader) -> str:
    """Its text with no space at all: where lines break is the page's affair."""
    return "".join("".join(page.extract_text() for page in pdf.pages).split())


def embedded(pdf: PdfReader) -> dict[str, bool]:
    """Fonts of all pages, and whether the file brings them along."""
    found = {}
    for page in pdf.pages:
        for font in page["/Resources"].get("/Font", {}).values():
            inner = font.get_object()["/DescendantFonts"][0].get_object()
            brought = any(name.startswith("/FontFile") for name in inner["/FontDescriptor"].get_object())
            found[str(font.get_object()["/BaseFont"])] = brought
    return found


def test_it_says_what_was_filtered_by_which_model_and_what_the_figures_are() -> None:
    shop = stocked()
    text = words(made(Filters.latest(item=shop.phone.pk)))
    assert MODEL in text
    assert "Phone" in text
    assert "Netsentiment" in text
    assert "−1.00" in text
    assert "Battery" in text
    assert "Thebatterydied,day3." in text


def test_it_says_which_aspects_come_up_and_how_they_are_felt() -> None:
    stocked()
    text = words(made())
    assert "Emergingaspects" in text
    assert re.search(r"Battery50[+−0-9.]+\.\d{4}−1\.00", text)


def test_it_says_that_there_are_more_items_than_it_lists() -> None:
    stocked()
    for place in range(11):
        add_review(Item.objects.create(external_id=f"N-{place}", title=f"New {place}"), "Fine.", 0.8)
    sum_up()
    assert "Thosewiththemostreviews,12of13" in words(made())
    assert "Thosewiththemostreviews" not in words(made(Filters.latest(rating=5)))


def test_it_says_which_words_were_looked_for_and_counts_what_has_them() -> None:
    stocked()
    text = words(made(Filters.latest(words="day 3")))
    assert "Wordsinthereview“day3”" in text
    assert "Thebatterydied,day3." in text
    assert "day2" not in text


def test_it_prints_the_passage_in_which_the_words_stand() -> None:
    add_review(make_shop().lamp, "It came on time. " * 30 + "Then the zip jammed.")
    sum_up()
    assert "…" in (text := words(made(Filters.latest(words="zip"))))
    assert "Thenthezipjammed." in text


def test_chinese_is_printed_letter_for_letter_with_fonts_of_its_own() -> None:
    stocked()
    with translation.override("zh-hans"):
        pdf = made()
    text = words(pdf)
    assert "电池很差，但是颜色好看。" in text
    assert "台灯" in text
    fonts_used = embedded(pdf)
    assert fonts_used
    assert all(fonts_used.values())
    assert any("print-" in name for name in fonts_used)


def test_charts_are_drawn_not_pictured() -> None:
    stocked()
    pdf = made()
    assert not list(pdf.pages[0].images)
    assert pdf.pages[0].get_contents().get_data().count(b" re\n") > 5


def test_what_a_reviewer_wrote_is_text_and_nothing_is_fetched_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = make_shop()
    add_review(shop.lamp, '<img src="http://evil.example/x.png"><b>bold</b> & <script>1</script>', 0.5)
    sum_up()
    assert '<imgsrc="http://evil.example/x.png"><b>bold</b>&<script>1</script>' in words(made())


@pytest.mark.parametrize("address", ["http://evil.example/", "file:///etc/passwd", "data:,x"])
def test_a_document_reads_nothing_but_its_font(address: str) -> None:
    fetch = pdf_file._only_fonts(pdf_file.load_weasyprint())
    with pytest.raises(ValueError, match="reads no address"):
        fetch(address)
    with pytest.raises(ValueError, match="reads no address"):
        fetch(f"{fonts.folder().as_uri()}/../../../manage.py")


def test_a_selection_without_reviews_says_so() -> None:
    assert "Noreviewswerescored" in words(made())


def test_missing_system_libraries_are_told_with_the_command_that_installs_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    load = builtins.__import__

    def refuse(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")
        return load(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(RecommenderError, match=r"libpango-1\.0-0") as told:
        pdf_file.load_weasyprint()
    assert told.value.remedy.startswith("Run: sudo apt-get install libpango-1.0-0")


def test_a_missing_font_is_told_with_the_command_that_brings_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    fonts._pieces.cache_clear()
    monkeypatch.setattr(fonts, "_FOLDER", tmp_path / "nowhere")
    with pytest.raises(RecommenderError, match="font of printed reports is missing") as told:
        fonts.typeface("a")
    assert told.value.remedy == "Run: make setup"


def test_a_document_loads_only_the_pieces_that_it_needs() -> None:
    latin, chinese = fonts.typeface("abc 123"), fonts.typeface("abc 电池")
    assert latin.rules.count("@font-face") == 1
    assert 1 < chinese.rules.count("@font-face") < 4
    assert chinese.family.startswith("print-latin, ")


def test_the_font_has_every_character_in_common_use() -> None:
    # Level 1 of GB 2312: 3,755 characters.
    pairs = [bytes((row, cell)) for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF)]
    letters = "".join(pair.decode("gb2312", "ignore") for pair in pairs)
    covered = frozenset().union(*fonts._pieces().values())
    assert len(letters) == 3755
    assert {letter for letter in letters if ord(letter) not in covered} == set()


def test_a_document_leaves_pictures_that_are_cut_off_refused() -> None:
    from PIL import ImageFile

    load_weasyprint()
    assert not ImageFile.LOAD_TRUNCATED_IMAGES
