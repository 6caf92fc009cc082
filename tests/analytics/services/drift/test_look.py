"""An upload of another world is named, item by item; one of the same world is not; and nobody looks twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from analytics.models import DriftReport
from analytics.services.drift.gauges import AUC, DISTANCE
from analytics.services.drift.look import look_for_drift, look_if_due
from recommender.models import Embedding, Item, Review
from recommender.telemetry import flush, read_totals
from tests.analytics.engine.drift_planted import draw
from tests.analytics.services.drift.conftest import NOW, Upload, make_space
from tests.analytics.services.scored import scored

pytestmark = pytest.mark.django_db


def looked() -> dict[str, DriftReport]:
    return {report.subject: report for report in look_for_drift(NOW)}


def test_an_upload_of_another_world_has_drifted_and_its_very_items_are_named(upload: Upload) -> None:
    upload(400)
    strange = upload(60, "other", hours_ago=1, seed=1)
    report = looked()["text"]
    assert report.verdict == "drifted"
    assert report.figures["low"] > 0.9
    assert {pk for pk, _score in report.items} == {item.pk for item in strange}


def test_an_upload_of_the_same_world_is_steady(upload: Upload) -> None:
    upload(400)
    upload(60, hours_ago=1, seed=1)
    found = looked()
    assert {name: found[name].verdict for name in ("text", "language", "category")} == {
        "text": "steady", "language": "steady", "category": "steady"
    }  # fmt: skip


def test_strangers_among_many_of_the_same_world_are_the_ones_that_are_named(upload: Upload) -> None:
    upload(400)
    upload(45, hours_ago=2, seed=1, as_upload=False)
    strange = {item.pk for item in upload(40, "other", hours_ago=1, seed=2, as_upload=False)}
    report = looked()["text"]
    assert report.verdict in {"shifting", "drifted"}
    assert len({pk for pk, _score in report.items[:40]} & strange) >= 36


def test_retiring_the_items_is_the_remedy(upload: Upload) -> None:
    upload(400)
    upload(60, hours_ago=3, seed=1)
    strange = upload(60, "other", hours_ago=1, seed=2)
    assert looked()["text"].verdict == "drifted"
    Item.objects.filter(pk__in=[item.pk for item in strange]).update(availability="retired")
    assert looked()["text"].verdict == "steady"


def test_another_encoder_is_no_drift(upload: Upload, space: Any) -> None:
    """All vectors are made anew, of items that came long ago."""
    items = [*upload(300), *upload(60, hours_ago=1, seed=1)]
    type(space).objects.filter(pk=space.pk).update(state="retired")
    other = make_space(name="next")
    order = np.random.default_rng(3).permutation(len(items))
    vectors = draw(np.random.default_rng(4), len(items), "other")
    Embedding.objects.bulk_create(
        Embedding(
            space=other,
            item=items[place],
            modality="text",
            state="ready",
            vector=vector.astype("<f2").tobytes(),
        )
        for place, vector in zip(order.tolist(), vectors, strict=True)
    )
    from recommender.services.spaces import forget_current_space

    forget_current_space()
    report = looked()["text"]
    assert report.verdict == "steady"
    assert report.window_size == 60


def test_several_pictures_of_one_item_count_as_one(upload: Upload, space: Any) -> None:
    from recommender.models import Media

    upload(80)
    for item in upload(60, hours_ago=1, seed=1):
        medium = Media.objects.create(item=item, kind="image", state="ready")
        again = Embedding.objects.get(item=item).vector
        Embedding.objects.create(
            space=space, item=item, media=medium, modality="text", state="ready", vector=again
        )
    report = looked()["text"]
    assert report.window_size == 120
    assert report.verdict == "steady"


def test_a_change_of_language_and_category_is_found_with_its_shares(upload: Upload) -> None:
    upload(200)
    upload(60, hours_ago=1, seed=1, language="zh", category="Lamps")
    found = looked()
    assert (found["language"].verdict, found["category"].verdict) == ("drifted", "drifted")
    assert ["zh", 1.0, 0.0] in found["language"].figures["shares"]
    assert found["category"].figures["distance"] == pytest.approx(1.0)


def test_too_little_says_so(upload: Upload) -> None:
    upload(60)
    assert looked()["text"].verdict == "unknown"


def test_a_fall_of_confidence_and_of_ratings_is_found(upload: Upload, monkeypatch: Any) -> None:
    from tests.analytics.services import scored as reviews

    monkeypatch.setattr(reviews, "NOW", NOW)
    item = upload(1)[0]
    rng = np.random.default_rng(0)
    for n in range(120):
        _review(item, 3 + n / 24, "positive", float(0.9 + 0.02 * rng.normal()), 5)
    for n in range(60):
        _review(item, n / 100, "negative", float(0.6 + 0.02 * rng.normal()), 1)
    found = looked()
    assert {name: found[name].verdict for name in ("sentiment", "rating", "confidence")} == {
        "sentiment": "drifted", "rating": "drifted", "confidence": "drifted"
    }  # fmt: skip
    figures = found["confidence"].figures
    assert (figures["mean"], figures["before"]) == (
        pytest.approx(0.6, abs=0.01),
        pytest.approx(0.9, abs=0.01),
    )
    assert sum(count for _day, _mean, count in figures["days"]) == 180


def _review(item: Item, days_ago: float, label: str, confidence: float, rating: int) -> None:
    score = scored(item, label, days_ago=days_ago, confidence=confidence, rating=rating)
    Review.objects.filter(pk=score.review_id).update(rating=rating)


def test_gauges_say_how_far(upload: Upload) -> None:
    upload(200)
    upload(60, "other", hours_ago=1, seed=1)
    found = looked()
    flush()
    told = read_totals().gauges
    assert told[AUC.name]["text",] == pytest.approx(found["text"].figures["auc"])
    assert told[DISTANCE.name]["category",] == pytest.approx(found["category"].figures["distance"])


# -- when it looks -------------------------------------------------------------------------------------


def test_what_has_not_changed_is_not_written_again_within_the_hour(upload: Upload) -> None:
    upload(100)
    upload(60, hours_ago=1, seed=1)
    look_for_drift(NOW)
    before = DriftReport.objects.count()
    look_for_drift(NOW + timedelta(minutes=10))
    assert DriftReport.objects.count() == before
    look_for_drift(NOW + timedelta(minutes=75))
    assert DriftReport.objects.count() == 2 * before


def test_reports_are_kept_for_ninety_days(upload: Upload) -> None:
    upload(100)
    look_for_drift(NOW)
    DriftReport.objects.update(created_at=NOW - timedelta(days=91))
    old = set(DriftReport.objects.values_list("pk", flat=True))
    look_for_drift(NOW)
    assert not old & set(DriftReport.objects.values_list("pk", flat=True))


def test_an_upload_is_looked_at_once_nothing_more_comes(upload: Upload) -> None:
    upload(100)
    assert look_if_due(NOW)  # for the first time
    upload(60, "other", hours_ago=0.1, seed=1)
    assert look_if_due(NOW + timedelta(seconds=20)) == []  # something came just now
    reports = look_if_due(NOW + timedelta(seconds=40))
    assert {report.subject: report.verdict for report in reports}["text"] == "drifted"
    assert look_if_due(NOW + timedelta(seconds=60)) == []  # nothing since


def test_however_much_comes_it_looks_after_ten_minutes(upload: Upload) -> None:
    upload(100)
    assert look_if_due(NOW)
    for minute in range(1, 10):
        upload(5, hours_ago=0.1, as_upload=False)
        assert look_if_due(NOW + timedelta(minutes=minute)) == []
    assert look_if_due(NOW + timedelta(minutes=10))
