"""The reviews of a file, read in portions."""

from __future__ import annotations

from threading import Thread

import pytest
from django.db import connection

from analytics.models import SentimentScore
from analytics.services import report
from analytics.services.documents import rows
from analytics.services.report import Filters
from recommender.models import Job
from recommender.services.jobs import start_job
from tests.analytics.scored import add_review, make_shop, stocked, sum_up

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("portion", [1, 2, 5, 12, 100])
@pytest.mark.parametrize("more", [{}, {"aspect": "battery"}, {"words": "day"}])
def test_portions_hold_every_review_once_in_order(
    monkeypatch: pytest.MonkeyPatch, portion: int, more: dict[str, str]
) -> None:
    """Several are of one moment, on both sides of where a portion ends."""
    stocked()
    filters = Filters.latest(**more)
    whole = [score.review_id for score in report.reviews(filters)]
    monkeypatch.setattr(rows, "CHUNK", portion)
    assert [row[0] for row in rows.review_rows(filters)] == whole
    assert len(whole) == {"aspect": 5, "words": 10}.get(next(iter(more), ""), 12)


@pytest.mark.django_db(transaction=True)
def test_how_far_an_export_is_can_be_noted_after_somebody_else_wrote(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "CHUNK", 2)
    item = make_shop().lamp
    for days in range(3):
        add_review(item, "Fine.", days_ago=days)
    sum_up()
    job = start_job("export", "reviews.xlsx")
    found = rows.review_rows(Filters.latest())
    next(found)
    other = Thread(target=_written_elsewhere)
    other.start()
    other.join()
    Job.objects.filter(pk=job.pk).update(done=1)
    assert len(list(found)) == 2


def _written_elsewhere() -> None:
    SentimentScore.objects.update(attempts=1)
    connection.close()
