"""Comparisons and emerging words and aspects, mailed and as files."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.http import QueryDict
from django.utils import timezone, translation
from openpyxl import load_workbook
from pypdf import PdfReader

from analytics.models import SavedView
from analytics.services import exports, mailing, views
from analytics.services.asked import Asked
from analytics.services.report import kept
from recommender.models import Item
from tests.analytics.scored import add_review, broken_switch, sum_up
from tests.conftest import Cast

pytestmark = pytest.mark.django_db
COMPARED = "days=20&rating=2"


@pytest.fixture(autouse=True)
def _a_lamp_whose_switch_broke() -> None:
    kept.forget()
    broken_switch(lambda _days: {"rating": 2})


def mailed(cast: Cast, page: str, query: str, kind: str = "csv", language: str = "en") -> Any:
    """The letter of a view of that page."""
    view = views.save_view(cast.analyst, "Weekly look", query, page=page)
    views.schedule_view(view, schedule="weekly", kind=kind, recipients="a@x.org", language=language)
    assert mailing.send_view(view), SavedView.objects.get().error
    return mail.outbox[-1]


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


@pytest.mark.parametrize(
    ("language", "told", "drove", "aspect"),
    [
        ("zh-hans", "B 比 A 差", "变化由何而来", "质量"),
        ("en", "B is worse than A by −2.00, and that is more than noise.", "What drove it", "Quality"),
    ],
)
def test_a_comparison_is_mailed_with_its_verdict_and_what_drove_it(
    cast: Cast, settings: Any, language: str, told: str, drove: str, aspect: str
) -> None:
    settings.SITE_URL = "https://shop.example"
    letter = mailed(cast, "comparison", COMPARED, language=language)
    start, end = timezone.localdate() - timedelta(days=19), timezone.localdate()
    link = f"https://shop.example/analytics/sentiment/compare/?start={start}&end={end}&rating=2"
    assert told in letter.subject
    page = letter.alternatives[0][0]
    for body in (letter.body, page):
        assert told in body
        assert f"\n{drove}\n" in body or f"<h2>{drove}</h2>" in body
        assert aspect in body
        assert "< 0.001" in body or "&lt; 0.001" in body
    assert link in letter.body
    assert link.replace("&", "&amp;") in page


def test_a_comparison_s_list_for_programs_has_every_driver(cast: Cast) -> None:
    name, text, kind = mailed(cast, "comparison", COMPARED).attachments[0]
    assert (name.startswith("sentiment-comparison-"), kind) == (True, "text/csv")
    rows = rows_of(text)
    assert {(one["kind"], one["by"], one["name"]) for one in rows} >= {
        ("driver", "aspect", "Look"),
        ("driver", "aspect", "Quality"),
    }
    sides = {one["name"]: (one["net"], one["reviews"]) for one in rows if one["kind"] == "side"}
    assert sides == {"A": ("1.0000", "20"), "B": ("-1.0000", "20"), "B \u2212 A": ("-2.0000", "")}


def test_both_sides_of_a_comparison_are_in_its_workbook(cast: Cast) -> None:
    letter = mailed(cast, "comparison", "days=20&a_days=20&a_aspect=quality", "xlsx")
    book = load_workbook(io.BytesIO(letter.attachments[0][1]), read_only=True)
    assert book.sheetnames == ["About", "Figures", "What drove it"]
    facts = {row[0]: row[1] for row in book["About"].iter_rows(values_only=True)}
    assert facts["A"].endswith("Aspect: Quality")
    assert "Aspect" not in facts["B"]
    assert [row[5] for row in book["Figures"].iter_rows(values_only=True)] == ["Reviews", 20, 20, None]


def test_a_side_without_reviews_is_told_and_nothing_drove_it(cast: Cast) -> None:
    letter = mailed(cast, "comparison", "days=20&language=xx")
    assert "One side has nothing to compare" in letter.body
    assert "What drove it" not in letter.body
    assert [one["kind"] for one in rows_of(letter.attachments[0][1])] == ["side", "side"]


@pytest.mark.parametrize(
    ("language", "told", "headings"),
    [
        ("zh-hans", "最突出的是“broke”", ("新兴词语", "新兴方面", "质量")),
        ("en", "2 words come up, most of all “broke”", ("Emerging words", "Emerging aspects", "Quality")),
    ],
)
def test_emerging_words_and_aspects_are_mailed(
    cast: Cast, language: str, told: str, headings: tuple[str, ...]
) -> None:
    letter = mailed(cast, "terms", "days=20", language=language)
    assert told in letter.subject
    for body in (letter.body, letter.alternatives[0][0]):
        assert all(heading in body for heading in (*headings, "switch"))


def test_emerging_words_and_aspects_are_listed_for_programs(cast: Cast) -> None:
    rows = rows_of(mailed(cast, "terms", "days=20").attachments[0][1])
    found = {(one["kind"], one["key"]): (one["recent"], one["before"], one["net"]) for one in rows}
    assert found["word", "switch"] == ("20", "0", "-1.0000")
    assert found["aspect", "quality"] == ("20", "0", "-1.0000")
    assert found["aspect", "look"] == ("0", "20", "")


def test_a_workbook_of_emerging_words_has_those_of_praise_and_blame(cast: Cast) -> None:
    letter = mailed(cast, "terms", "days=20", "xlsx")
    book = load_workbook(io.BytesIO(letter.attachments[0][1]), read_only=True)
    assert book.sheetnames == ["About", "Emerging words", "Emerging aspects", "Words of praise and blame"]


@pytest.mark.parametrize(
    ("page", "language", "told"),
    [
        ("comparison", "zh-hans", "并排对比"),
        ("comparison", "en", "Whatdroveit"),
        ("terms", "zh-hans", "新兴方面"),
        ("terms", "en", "Emergingaspects"),
    ],
)
def test_they_are_printed(tmp_path: Path, page: str, language: str, told: str) -> None:
    path = tmp_path / "page.pdf"
    with translation.override(language):
        exports.write_now("pdf", Asked.from_query(QueryDict("days=20"), page), path)
    text = "".join("".join(one.extract_text() for one in PdfReader(path).pages).split())
    assert told in text
    assert ("Quality" if language == "en" else "质量") in text


@pytest.mark.parametrize(("language", "order"), [("zh-hans", "最负面"), ("en", "Most negative")])
def test_a_list_of_reviews_is_mailed_in_its_order_and_opens_in_it(
    cast: Cast, settings: Any, language: str, order: str
) -> None:
    settings.SITE_URL = "https://shop.example"
    add_review(Item.objects.get(external_id="P-1"), "It fell <b>apart</b>\nat once.", -1.0, days_ago=30)
    sum_up()
    letter = mailed(cast, "reviews", "days=40&order=negative", language=language)
    assert "https://shop.example/analytics/sentiment/reviews/?start=" in letter.body
    assert "&order=negative\n" in letter.body
    _, _, listed = letter.body.partition(f"\n{order}\n")
    lines = [line for line in listed.splitlines() if line.startswith("- ")]
    assert len(lines) == 10
    assert lines[0].endswith(": It fell <b>apart</b> at once.")
    assert "It fell &lt;b&gt;apart&lt;/b&gt; at once." in letter.alternatives[0][0]


def test_words_counted_in_a_part_of_the_reviews_are_told_as_such(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_module("analytics.services.report.emerging"), "SAMPLE", 3)
    told = "Words: counted in the newest 3 reviews of either period"
    assert told in mailed(cast, "terms", "days=20&rating=2").body
    SavedView.objects.all().delete()
    assert told not in mailed(cast, "terms", "days=20").body
