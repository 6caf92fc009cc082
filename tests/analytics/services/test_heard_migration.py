"""Words that were heard before there was a column for them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.db.models import F

from analytics.models import RollupDay, SentimentScore
from analytics.services.report.rollups import local_day
from recommender.models import Review
from tests.analytics.scored import add_review, make_shop, sum_up
from tests.migrating import migrate, put_right_after

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("put_right_after")]
__all__ = ["put_right_after"]
BEFORE, COLUMN = ("analytics", "0008_aspect_medium"), ("analytics", "0009_words_heard")
#: later ones touch days for reasons of their own
LAST = ("analytics", "0013_language_heard")


def back_to(target: tuple[str, str]) -> None:
    """As if all days had been summed since."""
    migrate(target)
    RollupDay.objects.update(built=F("touched"))


def stale_days() -> list[date]:
    return list(RollupDay.objects.stale().values_list("day", flat=True))


def told(text: str, left_out: str = "") -> dict[str, Any]:
    return {"medium": 1, "text": text, "left_out": left_out, "share": 0.0 if left_out else 0.5}


def test_scores_with_a_transcript_get_their_words_and_their_days_are_counted_anew() -> None:
    shop = make_shop()
    spoken = add_review(shop.lamp, "Fine.", days_ago=3, details={"heard": [told("it broke"), told("坏了")]})
    unsure = add_review(shop.lamp, "", days_ago=4, details={"heard": [told("hm hm", "too uncertain")]})
    silent = add_review(shop.phone, "Fine.", days_ago=5, details={"words": []})
    sum_up()
    back_to(BEFORE)
    migrate(LAST)
    touched = stale_days()
    migrate()
    heard = dict(SentimentScore.objects.values_list("pk", "heard"))
    assert heard == {spoken.pk: "it broke\n坏了", unsure.pk: "", silent.pk: ""}
    assert touched == [local_day(spoken.reviewed_at)]


def test_more_than_one_portion_is_filled_and_what_a_worker_wrote_meanwhile_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("analytics.migrations.0010_words_heard_before.SEARCHED", 3)
    monkeypatch.setattr("analytics.migrations.0010_words_heard_before.WRITTEN", 2)
    lamp = make_shop().lamp
    rows = [add_review(lamp, details={"heard": [told(f"number {n} broke")]}) for n in range(7)]
    migrate(BEFORE)
    migrate(COLUMN)
    SentimentScore.objects.filter(pk=rows[0].pk).update(heard="by a worker")
    migrate()
    found = SentimentScore.objects.order_by("pk").values_list("heard", flat=True)
    assert list(found) == ["by a worker", *(f"number {n} broke" for n in range(1, 7))]


def spoken_in(*languages: str, left_out: str = "") -> dict[str, Any]:
    told_of = [told("it broke", left_out) | {"language": language} for language in languages]
    return {"details": {"heard": told_of}, "heard": "" if left_out else "it broke", "language": ""}


def test_reviews_that_are_only_spoken_get_the_language_heard_and_lose_it_again() -> None:
    shop = make_shop()
    wanted = add_review(shop.lamp, days_ago=3, **spoken_in("en", "en"))
    both = add_review(shop.lamp, days_ago=4, **spoken_in("en", "zh"))
    unsure = add_review(shop.lamp, days_ago=5, **spoken_in("en", left_out="too unsure"))
    written = add_review(shop.lamp, "Mais oui.", days_ago=6, **spoken_in("en"))
    declared = add_review(shop.lamp, days_ago=7, **spoken_in("en"))
    Review.objects.exclude(pk=declared.review_id).update(language="")
    sum_up()
    back_to(("analytics", "0012_longer_views"))
    migrate(LAST)
    touched = stale_days()
    migrate()
    languages = dict(SentimentScore.objects.values_list("pk", "language"))
    assert languages == {wanted.pk: "en", both.pk: "", unsure.pk: "", written.pk: "", declared.pk: ""}
    assert touched == [local_day(wanted.reviewed_at)]
    migrate(("analytics", "0012_longer_views"))
    assert not SentimentScore.objects.exclude(language="").exists()


def test_who_knows_nothing_of_the_column_writes_no_words() -> None:
    shop = make_shop()
    score, other = add_review(shop.lamp, heard="it broke"), add_review(shop.phone)
    SentimentScore.objects.filter(pk=other.pk).delete()
    fields = [field.column for field in SentimentScore._meta.concrete_fields if not field.generated]
    names = ", ".join(name for name in fields if name not in ("id", "review_id", "heard"))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO analytics_sentimentscore (review_id, {names}) "
            f"SELECT %s, {names} FROM analytics_sentimentscore WHERE id = %s",
            [other.review_id, score.pk],
        )
    assert SentimentScore.objects.get(review=other.review_id).heard == ""
