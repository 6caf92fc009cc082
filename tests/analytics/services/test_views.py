"""Views kept under a name, and their timetable."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from analytics.models import SavedView
from analytics.services import views
from analytics.services.report import Filters, Sides
from recommender.errors import RecommenderError
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


def test_a_view_keeps_the_filters_and_nothing_else_of_an_address(cast: Cast) -> None:
    view = views.save_view(
        cast.analyst, "  Batteries,   negative ", "aspect=battery&label=negative&page=7&x=<b>"
    )
    assert view.name == "Batteries, negative"
    assert view.query == "aspect=battery&label=negative"
    assert views.asked_of(view).filters.aspect == "battery"


@pytest.mark.parametrize(
    "query", ["words=battery+died&label=negative", "q=battery+died&label=negative&page=2"]
)
def test_a_view_keeps_the_words_that_were_looked_for(cast: Cast, query: str) -> None:
    view = views.save_view(cast.analyst, "Died", query)
    assert (views.asked_of(view).filters.words, views.asked_of(view).filters.label) == (
        "battery died",
        "negative",
    )


def test_the_longest_words_are_kept_whole(cast: Cast) -> None:
    query = Filters.latest(words="\U0001f600" * 100, aspect="电" * 30, language="池" * 30).as_query()
    view = views.save_view(cast.analyst, "Smiles", query)
    view.full_clean()
    assert views.asked_of(view).filters.words == "\U0001f600" * 100


def test_a_comparison_of_the_longest_words_is_kept_whole(cast: Cast) -> None:
    long = Filters.latest(words="\U0001f600" * 100, aspect="电" * 30, language="池" * 30)
    query = Sides(long, long.replace(label="negative")).as_query()
    view = views.save_view(cast.analyst, "Smiles", query, page="comparison")
    view.full_clean()
    assert views.asked_of(view).sides == Sides(long, long.replace(label="negative"))


def test_a_page_that_is_none_is_the_overview(cast: Cast) -> None:
    assert views.save_view(cast.analyst, "Mine", "", page="admin").page == "overview"


def test_a_period_of_so_many_days_moves_on(cast: Cast) -> None:
    view = views.save_view(cast.analyst, "Week", "days=7")
    assert views.asked_of(view).filters.end == timezone.localdate()


@pytest.mark.parametrize(("name", "told"), [("", "no name"), (" ", "no name"), ("x" * 81, "longer than 80")])
def test_a_name_of_no_use_is_refused(cast: Cast, name: str, told: str) -> None:
    with pytest.raises(RecommenderError, match=told):
        views.save_view(cast.analyst, name, "")


def test_a_name_keeps_no_character_that_databases_refuse(cast: Cast) -> None:
    assert views.save_view(cast.analyst, "My\0 view", "").name == "My view"


def test_a_name_is_one_view_s_of_each_person(cast: Cast) -> None:
    views.save_view(cast.analyst, "Mine", "")
    other = views.save_view(cast.analyst, "Other", "")
    views.save_view(cast.superuser, "Mine", "")
    with pytest.raises(RecommenderError, match="called Mine already"):
        views.save_view(cast.analyst, "Mine", "days=7")
    with pytest.raises(RecommenderError, match="called Mine already"):
        views.rename_view(other, "Mine")


def test_a_view_can_be_renamed(cast: Cast) -> None:
    view = views.save_view(cast.analyst, "Old", "days=7")
    views.rename_view(view, "New")
    assert list(views.views_of(cast.analyst).values_list("name", "query")) == [("New", "days=7")]


def test_addresses_are_taken_as_people_write_them() -> None:
    assert views.read_addresses("a@x.org, b@x.org;\n a@x.org\n\n c@x.org ") == [
        "a@x.org",
        "b@x.org",
        "c@x.org",
    ]


@pytest.mark.parametrize("text", ["anna", "a@x.org b", "a@x.org\nBcc: b@x.org", "a@"])
def test_what_is_no_address_is_named(text: str) -> None:
    with pytest.raises(RecommenderError, match="is not an address"):
        views.read_addresses(text)


def test_more_addresses_than_a_mail_should_have_are_refused() -> None:
    many = "\n".join(f"p{n}@x.org" for n in range(views.RECIPIENTS_MOST + 1))
    with pytest.raises(RecommenderError, match="more than 50"):
        views.read_addresses(many)


@pytest.mark.parametrize(
    ("schedule", "after", "expected"),
    [
        ("daily", "2026-03-04 05:59", "2026-03-04 06:00"),
        ("daily", "2026-03-04 06:00", "2026-03-05 06:00"),
        ("weekly", "2026-03-04 12:00", "2026-03-09 06:00"),
        ("weekly", "2026-03-09 06:00", "2026-03-16 06:00"),
        ("monthly", "2026-12-01 06:00", "2027-01-01 06:00"),
        ("monthly", "2026-02-28 23:59", "2026-03-01 06:00"),
        # The clocks go forward that night.
        ("daily", "2026-03-28 12:00", "2026-03-29 06:00"),
    ],
)
def test_the_next_mail_is_at_six_of_the_next_due_day(schedule: str, after: str, expected: str) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    with timezone.override(berlin):
        found = views.next_time(schedule, datetime.fromisoformat(after).replace(tzinfo=berlin))
    assert found == datetime.fromisoformat(expected).replace(tzinfo=berlin)


def test_a_timetable_needs_somebody_to_write_to(cast: Cast) -> None:
    view = views.save_view(cast.analyst, "Week", "")
    with pytest.raises(RecommenderError, match="Nobody is named"):
        views.schedule_view(view, schedule="weekly", kind="pdf", recipients=" ", language="en")
    with pytest.raises(RecommenderError, match="no such choice"):
        views.schedule_view(view, schedule="hourly", kind="pdf", recipients="a@x.org", language="en")


def test_a_timetable_is_kept_and_can_be_ended(cast: Cast) -> None:
    view = views.save_view(cast.analyst, "Week", "")
    views.schedule_view(
        view, schedule="weekly", kind="xlsx", recipients="a@x.org,b@x.org", language="zh-hans"
    )
    view.refresh_from_db()
    assert (view.schedule, view.format, view.language) == ("weekly", "xlsx", "zh-hans")
    assert view.recipients.splitlines() == ["a@x.org", "b@x.org"]
    assert view.next_at is not None
    assert view.next_at > timezone.now()
    views.schedule_view(view, schedule="never", kind="xlsx", recipients="", language="zh-hans")
    assert not SavedView.objects.filter(next_at__isnull=False).exists()
