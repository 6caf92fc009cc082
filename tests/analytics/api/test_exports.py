"""The report as a file, asked for by a program."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook
from pypdf import PdfReader

from analytics.services import exports
from analytics.services.report import Filters
from recommender.models import Category, Item
from tests.analytics.scored import add_review, stocked, sum_up
from tests.conftest import Cast

pytestmark = pytest.mark.django_db
ROOT = "/api/v1/analytics"


@pytest.fixture
def program(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.analyst)
    return client


def test_a_list_and_a_small_workbook_are_answered_at_once(program: Client) -> None:
    stocked()
    lines = b"".join(program.get(f"{ROOT}/export/csv", {"label": "negative"}).streaming_content)
    assert lines.count(b"\r\n") == 6
    book = b"".join(program.get(f"{ROOT}/export/xlsx", {"rating": 5}).streaming_content)
    assert len(list(load_workbook(io.BytesIO(book), read_only=True)["Reviews"].iter_rows())) == 7


def test_a_pdf_is_a_job_to_follow_and_a_file_to_fetch(
    program: Client, django_capture_on_commit_callbacks: Any
) -> None:
    stocked()
    with django_capture_on_commit_callbacks() as waiting:
        answer = program.get(f"{ROOT}/export/pdf")
    assert answer.status_code == 202
    number = answer.json()["id"]
    early = program.get(f"{ROOT}/exports/{number}/file")
    assert (early.status_code, early.json()["error"]) == (404, "There is no file.")
    for call in waiting:
        call()
    assert program.get(f"{ROOT}/exports/{number}").json()["state"] == "done"
    file = b"".join(program.get(f"{ROOT}/exports/{number}/file").streaming_content)
    assert "Sentiment report" in PdfReader(io.BytesIO(file)).pages[0].extract_text()


def test_the_report_and_its_files_are_narrowed_by_words(program: Client) -> None:
    stocked()
    asked = {"words": "DIED", "rating": 1}
    assert program.get(f"{ROOT}/overview", asked).json()["reviews"] == 4
    assert b"".join(program.get(f"{ROOT}/export/csv", asked).streaming_content).count(b"\r\n") == 5


def test_a_comparison_and_what_comes_up_are_files_too(program: Client) -> None:
    stocked()
    asked = {"of": "comparison", "aspect": "look", "a_aspect": "battery"}
    lines = b"".join(program.get(f"{ROOT}/export/csv", asked).streaming_content).decode().splitlines()
    assert [line.split(",")[1:3] for line in lines[1:4]] == [
        ["A", "-1.0000"],
        ["B", "1.0000"],
        ["B \u2212 A", "2.0000"],
    ]
    book = b"".join(program.get(f"{ROOT}/export/xlsx", {"of": "terms"}).streaming_content)
    assert "Emerging aspects" in load_workbook(io.BytesIO(book), read_only=True).sheetnames
    assert program.get(f"{ROOT}/export/csv", {"of": "reviews"}).status_code == 422


@pytest.mark.parametrize(
    ("asked", "count", "said"), [("false", 11, "no"), ("true", 1, "yes"), (None, 12, "all")]
)
def test_what_the_scorer_is_not_sure_of_is_left_out_alone_or_with_the_rest(
    program: Client, asked: str | None, count: int, said: str
) -> None:
    stocked()
    query = {} if asked is None else {"abstained": asked}
    assert program.get(f"{ROOT}/scores", query).json()["total"] == count
    assert program.get(f"{ROOT}/overview", query).json()["reviews"] == count
    points = program.get(f"{ROOT}/trend", query).json()["points"]
    slices = program.get(f"{ROOT}/breakdown/item", query).json()["slices"]
    assert sum(one["reviews"] for one in points) == sum(one["reviews"] for one in slices) == count
    lines = b"".join(program.get(f"{ROOT}/export/csv", query).streaming_content)
    assert lines.count(b"\r\n") == count + 1
    book = load_workbook(io.BytesIO(b"".join(program.get(f"{ROOT}/export/xlsx", query).streaming_content)))
    facts = dict(book["About"].iter_rows(min_row=2, max_col=2, values_only=True))
    assert (facts["Abstained"], book["Reviews"].max_row) == (said, count + 1)


def test_the_items_of_a_breakdown_are_paged_through_in_any_order(program: Client) -> None:
    shop = stocked()
    for place in range(3):
        add_review(Item.objects.create(external_id=f"N-{place}", title=f"New {place}"), "", 0.9, days_ago=2)
    sum_up()
    query: dict[str, Any] = {"order": "worst", "limit": 2, "offset": 0}
    keys: list[str] = []
    while query["offset"] is not None:
        page = program.get(f"{ROOT}/breakdown/item", query).json()
        keys += [one["key"] for one in page["slices"]]
        assert page["total"] == 5
        query["offset"] = page["next_offset"]
    assert (keys[0], len(keys), len(set(keys))) == (str(shop.phone.pk), 5, 5)
    assert program.get(f"{ROOT}/breakdown/item", {"order": "size"}).status_code == 422


def test_a_slice_without_a_value_is_selected_by_its_key_and_named_on_the_first_sheet(program: Client) -> None:
    shop = stocked()
    add_review(shop.phone, days_ago=2, rating=None, language="", channels="")
    add_review(
        shop.lamp,
        days_ago=2,
        rating=3,
        category=Category.objects.create(name="Desk", path="Home > Desk", parent=shop.category),
    )
    sum_up()
    home = f"{shop.category.pk}-direct"
    for name, key, title in (
        ("rating", "none", "no rating"),
        ("language", "none", "unknown language"),
        ("channel", "none", "nothing readable"),
        ("category", "none", "no category"),
        ("category", home, "directly in Home"),
    ):
        within = {"category": shop.category.pk} if key == home else {}
        slices = program.get(f"{ROOT}/breakdown/{name}", within).json()["slices"]
        count = next(one["reviews"] for one in slices if (one["key"], one["label"]) == (key, title))
        assert program.get(f"{ROOT}/scores", {name: key}).json()["total"] == count > 0
        book = load_workbook(
            io.BytesIO(b"".join(program.get(f"{ROOT}/export/xlsx", {name: key}).streaming_content))
        )
        assert title in [row[1] for row in book["About"].iter_rows(values_only=True)]
        assert book["Reviews"].max_row == count + 1


@pytest.mark.parametrize(
    "query", ["category=0", "category=7-below", "rating=6", "rating=nothing", "item=3000000000"]
)
def test_a_value_that_none_can_have_is_refused_rather_than_left_out(program: Client, query: str) -> None:
    assert program.get(f"{ROOT}/overview?{query}").status_code == 422


def test_a_fourth_unfinished_export_is_refused(program: Client, cast: Cast) -> None:
    for stars in (1, 2, 3):
        exports.start_export(cast.analyst, "pdf", Filters.latest(rating=stars))
    answer = program.get(f"{ROOT}/export/pdf")
    assert answer.status_code == 409
    assert "3 exports" in answer.json()["error"]
    assert "cancel" in answer.json()["remedy"]


def test_a_filter_that_is_none_is_refused_rather_than_ignored(program: Client) -> None:
    answer = program.get(f"{ROOT}/export/csv", {"channel": "smell"})
    assert answer.status_code == 422
    assert "channel" in answer.json()["error"]
    assert program.get(f"{ROOT}/export/docx").status_code == 422


def test_an_export_of_somebody_else_does_not_exist(program: Client, cast: Cast) -> None:
    job = exports.start_export(cast.superuser, "csv", Filters.latest())
    for address in (f"{ROOT}/exports/{job.pk}", f"{ROOT}/exports/{job.pk}/file"):
        assert program.get(address).status_code == 404


def test_exports_are_for_analysts(cast: Cast) -> None:
    client = Client()
    assert client.get(f"{ROOT}/export/csv").status_code == 401
    client.force_login(cast.member)
    assert client.get(f"{ROOT}/export/csv").status_code == 403
