"""Saved views that go out by mail."""

from __future__ import annotations

import io
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone
from django.utils.translation import override
from openpyxl import load_workbook
from pypdf import PdfReader
from redis.exceptions import ConnectionError as NoRedis

from analytics.models import AuditEntry, SavedView
from analytics.services import mailing, views
from recommender.errors import RecommenderError
from tests.analytics.scored import stocked
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


def due(cast: Cast, kind: str = "csv", query: str = "", language: str = "en") -> SavedView:
    """The analyst's view that should have been mailed a minute ago."""
    view = views.save_view(cast.analyst, "Weekly look", query)
    views.schedule_view(view, schedule="weekly", kind=kind, recipients="a@x.org\nb@x.org", language=language)
    view.next_at = timezone.now() - timedelta(minutes=1)
    view.save()
    return view


def test_a_view_that_is_due_is_mailed_once_with_the_figures_and_the_report(cast: Cast) -> None:
    stocked()
    view = due(cast)
    assert (mailing.send_due(), mailing.send_due()) == (1, 0)
    (letter,) = mail.outbox
    assert letter.subject.startswith("Weekly look: net sentiment +0.09")
    assert "Reviews: 12" in letter.body
    assert "Weighs most: Battery" in letter.body
    assert "Helps most: Look" in letter.body
    (name, content, kind) = letter.attachments[0]
    assert (name.endswith(".csv"), kind) == (True, "text/csv")
    assert "The battery died" in content
    view.refresh_from_db()
    assert view.error == ""
    assert view.sent_at is not None
    assert view.next_at is not None
    assert view.next_at > timezone.now()
    assert AuditEntry.objects.get().action == "view mailed"


@pytest.mark.parametrize(
    ("language", "told"), [("zh-hans", "评论中的词语: “DIED”"), ("en", "Words in the review: “DIED”")]
)
def test_a_view_with_words_is_mailed_with_the_reviews_that_have_them(
    cast: Cast, language: str, told: str
) -> None:
    stocked()
    due(cast, query="words=DIED", language=language)
    mailing.send_due()
    (letter,) = mail.outbox
    assert told in letter.body
    assert told in letter.alternatives[0][0].replace("</th><td>", ": ")
    assert letter.attachments[0][1].count("\n") == 5
    assert ": 4\n" in letter.body


@pytest.mark.parametrize(("language", "told"), [("zh-hans", "打开报告"), ("en", "Open the report")])
def test_a_letter_links_to_its_report_over_the_days_it_was_mailed_for(
    cast: Cast, settings: Any, language: str, told: str
) -> None:
    settings.SITE_URL = "https://shop.example/"
    today = timezone.localdate()
    due(cast, query="days=7&aspect=battery", language=language)
    mailing.send_due()
    (letter,) = mail.outbox
    page = "https://shop.example/analytics/sentiment/"
    query = f"start={today - timedelta(days=6)}&end={today}&aspect=battery"
    assert f"\n{told}: {page}?{query}\n" in letter.body
    written = query.replace("&", "&amp;")
    assert f'<a href="{page}?{written}">{told}</a>' in letter.alternatives[0][0]


def test_a_letter_has_no_link_while_nobody_says_where_the_site_is(cast: Cast) -> None:
    due(cast)
    mailing.send_due()
    (letter,) = mail.outbox
    assert "Open the report" not in letter.body + letter.alternatives[0][0]
    assert "http" not in letter.body + letter.alternatives[0][0]


def test_recipients_do_not_see_each_other(cast: Cast) -> None:
    due(cast)
    mailing.send_due()
    (letter,) = mail.outbox
    assert letter.recipients() == ["a@x.org", "b@x.org"]
    assert "a@x.org" not in str(letter.message())
    assert letter.message()["To"] == "undisclosed-recipients:;"


def test_a_letter_to_one_person_is_addressed_to_them(cast: Cast) -> None:
    due(cast)
    SavedView.objects.update(recipients="a@x.org")
    mailing.send_due()
    (letter,) = mail.outbox
    assert (letter.recipients(), letter.message()["To"]) == (["a@x.org"], "a@x.org")


def test_a_letter_is_written_in_the_language_of_its_view(cast: Cast) -> None:
    stocked()
    due(cast, kind="xlsx", language="zh-hans")
    mailing.send_due()
    (letter,) = mail.outbox
    assert "评论" in letter.body
    book = load_workbook(io.BytesIO(letter.attachments[0][1]), read_only=True)
    assert "台灯" in {cell for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row}


def test_a_view_goes_into_a_file_where_no_mail_server_is_set(
    cast: Cast, settings: Any, tmp_path: Path
) -> None:
    stocked()
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)
    due(cast, kind="pdf", query="aspect=battery")
    assert mailing.send_due() == 1
    (file,) = tmp_path.iterdir()
    letter = message_from_bytes(file.read_bytes().rpartition(b"-" * 79)[0], policy=policy.default)
    assert isinstance(letter, EmailMessage)
    (report,) = letter.iter_attachments()
    pages = PdfReader(io.BytesIO(report.get_content())).pages
    assert "Sentiment report" in pages[0].extract_text()


def test_a_mail_server_that_fails_is_told_on_the_row_and_asked_again_soon(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> int:
        raise SMTPServerDisconnected("gone away")

    view = due(cast)
    monkeypatch.setattr(EmailBackend, "send_messages", fail)
    assert mailing.send_due() == 0
    view.refresh_from_db()
    assert "gone away" in view.error
    with override("zh-hans"):
        assert view.told_error.startswith("邮件服务器没有接收（")
    assert view.sent_at is None
    assert view.next_at is not None
    assert timezone.now() < view.next_at < timezone.now() + timedelta(hours=2)


def test_one_failure_does_not_keep_the_next_view_from_going_out(cast: Cast) -> None:
    due(cast, kind="csv")
    broken = due_for(cast.member)
    assert mailing.send_due() == 1
    broken.refresh_from_db()
    assert "may no longer read reports" in broken.error
    with override("zh-hans"):
        assert "已无权查看报告。" in broken.told_error
    assert len(mail.outbox) == 1


def due_for(person: Any) -> SavedView:
    """A view of somebody who may not read reports any more."""
    return SavedView.objects.create(
        owner=person,
        name="Mine",
        schedule="daily",
        format="csv",
        recipients="m@x.org",
        next_at=timezone.now(),
    )


def test_a_list_too_long_for_a_mail_is_refused_with_the_way_out(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    stocked()
    monkeypatch.setattr(mailing, "REVIEWS_MOST", 5)
    view = due(cast, kind="csv")
    assert mailing.send_due() == 0
    view.refresh_from_db()
    assert "too long for a mail" in view.error
    assert "PDF or XLSX" in view.error
    with override("zh-hans"):
        assert "条评论的列表对邮件来说太长。" in view.told_error
        assert "mail" not in view.told_error


def test_a_workbook_too_large_for_a_mail_goes_without_its_list_and_says_so(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    stocked()
    monkeypatch.setattr(mailing, "REVIEWS_MOST", 5)
    due(cast, kind="xlsx")
    mailing.send_due()
    (letter,) = mail.outbox
    assert "Reviews" not in load_workbook(io.BytesIO(letter.attachments[0][1]), read_only=True).sheetnames
    assert "too long for a mail" in letter.body


def test_a_view_can_be_mailed_at_once(cast: Cast, django_capture_on_commit_callbacks: Any) -> None:
    view = views.save_view(cast.analyst, "Now", "")
    with pytest.raises(RecommenderError, match="Nobody is named"):
        mailing.ask_to_send(view)
    views.schedule_view(view, schedule="never", kind="csv", recipients="a@x.org", language="en")
    with django_capture_on_commit_callbacks(execute=True):
        mailing.ask_to_send(view)
    assert len(mail.outbox) == 1


def to_somebody(cast: Cast, name: str = "Now") -> SavedView:
    view = views.save_view(cast.analyst, name, "")
    views.schedule_view(view, schedule="never", kind="csv", recipients="a@x.org", language="en")
    return view


def test_a_view_is_mailed_at_once_once_a_minute(cast: Cast, django_capture_on_commit_callbacks: Any) -> None:
    view, other = to_somebody(cast), to_somebody(cast, "Another")
    with django_capture_on_commit_callbacks(execute=True):
        mailing.ask_to_send(view)
        with pytest.raises(RecommenderError, match="less than a minute ago"):
            mailing.ask_to_send(view)
        mailing.ask_to_send(other)
    assert len(mail.outbox) == 2


def test_a_view_that_nobody_would_get_does_not_use_up_its_minute(
    cast: Cast, django_capture_on_commit_callbacks: Any
) -> None:
    view = to_somebody(cast)
    SavedView.objects.update(recipients="")
    view.refresh_from_db()
    with pytest.raises(RecommenderError, match="Nobody is named"):
        mailing.ask_to_send(view)
    view.recipients = "a@x.org"
    view.save()
    with django_capture_on_commit_callbacks(execute=True):
        mailing.ask_to_send(view)
    assert len(mail.outbox) == 1


def test_without_redis_nothing_is_promised(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> bool:
        raise NoRedis

    monkeypatch.setattr(cache, "add", refuse)
    with pytest.raises(RecommenderError, match="Redis does not answer") as refused:
        mailing.ask_to_send(to_somebody(cast))
    assert not refused.value.permanent


def test_a_view_that_is_gone_is_not_mailed() -> None:
    assert mailing.send_by_id(12345) is False
