"""Exports and saved views as an analyst meets them."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils.html import escape
from openpyxl import load_workbook

from analytics.models import SavedView
from analytics.services import exports, views
from analytics.services.report import Filters
from tests.analytics.scored import stocked
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def analyst(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.analyst)
    return client


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def after(client: Client, name: str, sent: dict[str, str], *args: int) -> str:
    """The page that a form leads to."""
    answer = client.post(reverse(name, args=args), sent)
    assert answer.status_code == 303
    return client.get(answer["Location"]).content.decode()


def test_a_list_comes_as_a_stream_that_is_named_after_its_period(analyst: Client) -> None:
    stocked()
    answer = analyst.get(
        reverse("sentiment_export", args=["csv"]), {"start": "2020-01-01", "end": "2199-01-01"}
    )
    assert answer.streaming
    assert answer["Content-Disposition"] == 'attachment; filename="sentiment-2020-01-01-2199-01-01.csv"'
    assert body(answer).count(b"\r\n") == 13


def test_a_small_workbook_comes_at_once(analyst: Client) -> None:
    stocked()
    answer = analyst.get(reverse("sentiment_export", args=["xlsx"]), {"aspect": "battery"})
    book = load_workbook(io.BytesIO(body(answer)), read_only=True)
    assert len(list(book["Reviews"].iter_rows())) == 6


def test_a_pdf_is_made_aside_followed_and_fetched(
    analyst: Client, django_capture_on_commit_callbacks: Any
) -> None:
    stocked()
    with django_capture_on_commit_callbacks() as waiting:
        answer = analyst.get(reverse("sentiment_export", args=["pdf"]), follow=True)
    page = answer.redirect_chain[-1][0]
    assert "hx-get" in answer.content.decode()
    for call in waiting:
        call()
    done = analyst.get(page, headers={"HX-Request": "true"}).content.decode()
    assert "hx-get" not in done
    file = analyst.get(f"{page}file/")
    assert (file["Content-Type"], body(file)[:5]) == ("application/pdf", b"%PDF-")


def test_an_unknown_format_does_not_exist(analyst: Client) -> None:
    assert analyst.get("/analytics/sentiment/export/docx/").status_code == 404


def test_an_export_is_its_own_maker_s_alone(analyst: Client, cast: Cast) -> None:
    job = exports.start_export(cast.superuser, "csv", Filters.latest())
    for name in ("sentiment_export_job", "sentiment_export_file"):
        assert analyst.get(reverse(name, args=[job.pk])).status_code == 404
    assert analyst.post(reverse("sentiment_export_cancel", args=[job.pk])).status_code == 404


def test_a_fourth_unfinished_export_leads_to_those_that_are_made(analyst: Client, cast: Cast) -> None:
    for stars in (1, 2, 3):
        exports.start_export(cast.analyst, "pdf", Filters.latest(rating=stars))
    answer = analyst.get(reverse("sentiment_export", args=["pdf"]), follow=True)
    assert answer.redirect_chain[-1][0] == reverse("sentiment_views")
    assert "3 exports of yours are still being made." in answer.content.decode()


def test_a_waiting_export_can_be_cancelled(analyst: Client, cast: Cast) -> None:
    job = exports.start_export(cast.analyst, "csv", Filters.latest())
    analyst.post(reverse("sentiment_export_cancel", args=[job.pk]))
    job.refresh_from_db()
    assert job.state == "cancelled"


def test_a_report_is_saved_scheduled_mailed_renamed_and_deleted(
    analyst: Client, django_capture_on_commit_callbacks: Any
) -> None:
    stocked()
    saved = after(analyst, "sentiment_view_save", {"name": "Batteries", "query": "aspect=battery"})
    assert "“Batteries” is saved." in saved
    view = SavedView.objects.get()
    asked = {"schedule": "weekly", "format": "csv", "language": "en", "recipients": "a@x.org"}
    assert "The timetable is saved." in after(analyst, "sentiment_view", asked, view.pk)
    with django_capture_on_commit_callbacks(execute=True):
        analyst.post(reverse("sentiment_view_send", args=[view.pk]))
    assert mail.outbox[0].attachments[0][1].count("\n") == 6
    analyst.post(reverse("sentiment_view_rename", args=[view.pk]), {"name": "Cells"})
    listed = analyst.get(reverse("sentiment_views")).content.decode()
    assert "Cells" in listed
    assert "to 1" in listed
    assert "aspect=battery" in listed
    analyst.post(reverse("sentiment_view_delete", args=[view.pk]))
    assert not SavedView.objects.exists()


def test_a_view_that_was_sent_for_a_moment_ago_is_not_again(analyst: Client, cast: Cast) -> None:
    view = views.save_view(cast.analyst, "Week", "")
    views.schedule_view(view, schedule="never", kind="csv", recipients="a@x.org", language="en")
    assert "It is on its way." in after(analyst, "sentiment_view_send", {}, view.pk)
    again = after(analyst, "sentiment_view_send", {}, view.pk)
    assert "less than a minute ago" in again
    assert "It is on its way." not in again


def test_an_address_that_is_none_is_told_beside_its_field(analyst: Client, cast: Cast) -> None:
    view = views.save_view(cast.analyst, "Week", "")
    asked = {"schedule": "weekly", "format": "csv", "language": "en", "recipients": "nobody"}
    answer = analyst.post(reverse("sentiment_view", args=[view.pk]), asked)
    assert "nobody is not an address." in answer.content.decode()
    view.refresh_from_db()
    assert (view.schedule, view.recipients) == ("never", "")


def test_why_a_view_was_not_mailed_is_shown(analyst: Client, cast: Cast) -> None:
    view = views.save_view(cast.analyst, "Week", "")
    SavedView.objects.update(error="The mail server did not take it.")
    for address in (reverse("sentiment_views"), reverse("sentiment_view", args=[view.pk])):
        assert "The mail server did not take it." in analyst.get(address).content.decode()


def test_a_view_is_its_owner_s_alone(analyst: Client, cast: Cast) -> None:
    view = views.save_view(cast.superuser, "Secret plan", "")
    assert "Secret plan" not in analyst.get(reverse("sentiment_views")).content.decode()
    assert analyst.get(reverse("sentiment_view", args=[view.pk])).status_code == 404
    for name in ("sentiment_view_rename", "sentiment_view_send", "sentiment_view_delete"):
        assert analyst.post(reverse(name, args=[view.pk])).status_code == 404


@pytest.mark.parametrize("name", ["sentiment_views", "sentiment_view_save"])
def test_a_member_has_no_views(cast: Cast, name: str) -> None:
    client = Client()
    client.force_login(cast.member)
    ask = client.post if name.endswith("save") else client.get
    assert ask(reverse(name)).status_code == 403


def test_the_report_offers_its_exports_with_its_filters(analyst: Client) -> None:
    stocked()
    page = analyst.get(reverse("sentiment"), {"aspect": "battery"}).content.decode()
    for kind in exports.FORMATS:
        assert f"{reverse('sentiment_export', args=[kind])}?aspect=battery" in page
    assert 'name="query" value="aspect=battery"' in page


def test_words_that_were_looked_for_go_into_exports_and_saved_views(analyst: Client) -> None:
    stocked()
    page = analyst.get(reverse("sentiment_reviews"), {"words": "DIED"}).content.decode()
    assert f"{reverse('sentiment_export', args=['csv'])}?words=DIED" in page
    assert 'name="query" value="words=DIED"' in page
    lines = body(analyst.get(reverse("sentiment_export", args=["csv"]), {"words": "DIED"}))
    assert lines.count(b"\r\n") == 5
    saved = after(analyst, "sentiment_view_save", {"name": "Died", "query": "words=DIED"})
    assert "“DIED”" in saved
    listed = analyst.get(reverse("sentiment_views")).content.decode()
    assert "“DIED”" in listed
    assert f"{reverse('sentiment')}?words=DIED" in listed


def test_a_report_of_words_says_so_and_lifts_them(analyst: Client) -> None:
    stocked()
    answer = analyst.get(reverse("sentiment"), {"words": "died"})
    assert answer.context["figures"].reviews == 4
    assert "4 scored reviews" in answer.content.decode()
    assert [(one["value"], one["url"]) for one in answer.context["bar"]["limits"]] == [
        ("“died”", reverse("sentiment"))
    ]
    assert ("words", "died") in answer.context["bar"]["hidden"]


@pytest.mark.parametrize(
    ("name", "page", "query", "kept"),
    [
        ("sentiment", "overview", "aspect=battery", "aspect=battery"),
        ("sentiment_reviews", "reviews", "label=negative&order=unsure", "label=negative&order=unsure"),
        ("sentiment_compare", "comparison", "days=90&a_aspect=look", "days=90&a_days=90&a_aspect=look"),
        ("sentiment_terms", "terms", "days=30", "days=30"),
    ],
)
def test_every_page_of_the_report_is_saved_and_opened_as_it_was(
    analyst: Client, name: str, page: str, query: str, kept: str
) -> None:
    stocked()
    form = analyst.get(f"{reverse(name)}?{query}").context["asked"]
    assert (form.page, form.as_query()) == (page, kept)
    saved = after(analyst, "sentiment_view_save", {"name": "Mine", "page": page, "query": form.as_query()})
    address = f"{reverse(name)}?{kept}"
    assert f'href="{escape(address)}"' in saved
    assert analyst.get(address).context["asked"] == form


def test_a_saved_comparison_says_what_it_compares(analyst: Client) -> None:
    given = {"name": "Mine", "page": "comparison", "query": "days=30&aspect=look&a_days=7&a_aspect=fit"}
    analyst.post(reverse("sentiment_view_save"), given)
    listed = analyst.get(reverse("sentiment_views")).content.decode()
    assert "Comparison" in listed
    assert re.search(r"Look · compared with .+ \(Fit\)", listed)


@pytest.mark.parametrize(
    ("name", "of", "sheet"),
    [("sentiment_compare", "comparison", "What drove it"), ("sentiment_terms", "terms", "Emerging aspects")],
)
def test_pages_that_are_tables_are_exported_as_such(analyst: Client, name: str, of: str, sheet: str) -> None:
    stocked()
    page = analyst.get(reverse(name), {"days": 30}).content.decode()
    link = f"{reverse('sentiment_export', args=['xlsx'])}?of={of}&days=30"
    assert f'href="{escape(link)}"' in page
    answer = analyst.get(link)
    assert f'filename="sentiment-{of}-' in answer["Content-Disposition"]
    assert sheet in load_workbook(io.BytesIO(body(answer)), read_only=True).sheetnames


def test_a_printed_comparison_is_made_aside_and_leads_back_to_it(
    analyst: Client, django_capture_on_commit_callbacks: Any
) -> None:
    stocked()
    asked = {"of": "comparison", "days": 30}
    analyst.get(reverse("sentiment_export", args=["pdf"]), {"days": 30})
    with django_capture_on_commit_callbacks(execute=True):
        page = analyst.get(reverse("sentiment_export", args=["pdf"]), asked, follow=True).redirect_chain[-1][
            0
        ]
    made = analyst.get(page).content.decode()
    assert f'href="{reverse("sentiment_compare")}?days=30"' in made
    assert body(analyst.get(f"{page}file/"))[:5] == b"%PDF-"


def test_a_view_that_cannot_be_saved_leads_back_to_its_report(analyst: Client) -> None:
    query = "aspect=battery\r\nSet-Cookie: a=b&label=negative"
    answer = analyst.post(reverse("sentiment_view_save"), {"name": " ", "query": query})
    assert (answer.status_code, answer["Location"]) == (303, reverse("sentiment") + "?label=negative")


@pytest.mark.parametrize(("asked", "kept"), [("sentiment_reviews", True), ("//elsewhere.example/", False)])
def test_a_view_that_cannot_be_saved_leads_back_to_the_page_it_was_to_be_saved_from(
    analyst: Client, asked: str, kept: bool
) -> None:
    page = f"{reverse(asked)}?label=negative" if kept else asked
    given = {"name": " ", "query": "label=negative", "next": page}
    answer = analyst.post(reverse("sentiment_view_save"), given)
    assert answer["Location"] == (page if kept else f"{reverse('sentiment')}?label=negative")
