"""The pages of drift, map and inspection say what was found."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse

from analytics.models import AuditEntry, DriftReport, EmbeddingMap
from analytics.services.drift.look import look_for_drift
from analytics.services.embedding_map import draw_maps
from recommender.models import Category, EncoderSpace, Item
from tests.analytics.services.drift.conftest import NOW, Upload, space, upload
from tests.conftest import Cast

__all__ = ["space", "upload"]


def html(client: Client, name: str, **query: Any) -> str:
    answer = client.get(reverse(name), query)
    assert answer.status_code == 200
    return answer.content.decode()


# -- drift ---------------------------------------------------------------------------------------------


def test_before_anything_was_looked_at_the_page_says_so(operator: Client) -> None:
    assert "Nothing to compare yet" in html(operator, "monitoring_drift")


def test_a_drifted_upload_is_named_with_its_items_and_comes_first(operator: Client, upload: Upload) -> None:
    upload(200)
    strange = upload(60, "other", hours_ago=1, seed=1)
    look_for_drift(NOW)
    body = html(operator, "monitoring_drift")
    assert body.index('data-subject="text" data-verdict="drifted"') < body.index('data-subject="language"')
    assert "What came lately is clearly unlike what came before." in body
    assert "60 new, 200 before" in body
    assert all(reverse("item", args=[item.pk]) in body for item in strange)


def test_the_mix_is_shown_in_words(operator: Client, upload: Upload) -> None:
    upload(100)
    upload(60, hours_ago=1, seed=1, language="zh", category="Lamps")
    Category.objects.filter(path="Lamps").update(name_zh="灯具")
    look_for_drift(NOW)
    body = html(operator, "monitoring_drift")
    assert "Chinese" in body
    assert "+100.0" in body
    operator.post(reverse("choose_language"), {"language": "zh-hans"})
    assert "灯具" in html(operator, "monitoring_drift")


def test_a_history_is_drawn_once_there_are_two_findings(operator: Client, upload: Upload) -> None:
    upload(100)
    upload(60, hours_ago=3, seed=1)
    look_for_drift(NOW)
    assert "<polyline" not in html(operator, "monitoring_drift")
    upload(60, "other", hours_ago=1, seed=2)
    look_for_drift(NOW)
    assert "<polyline" in html(operator, "monitoring_drift")


def test_items_that_are_gone_do_not_break_the_page(operator: Client, upload: Upload) -> None:
    upload(100)
    upload(60, "other", hours_ago=1, seed=1)
    look_for_drift(NOW)
    Item.objects.all().delete()
    html(operator, "monitoring_drift")


def test_the_button_has_a_worker_look_and_is_noted(
    operator: Client, upload: Upload, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    upload(100)
    with django_capture_on_commit_callbacks(execute=True):
        operator.post(reverse("monitoring_drift_look"))
    assert DriftReport.objects.filter(subject="text").exists()
    assert AuditEntry.objects.get().action == "look for drift"


# -- the map -------------------------------------------------------------------------------------------


def test_without_a_map_the_page_says_how_one_is_made(operator: Client) -> None:
    assert "No map yet" in html(operator, "monitoring_map")


def test_points_are_where_the_items_lie(operator: Client, upload: Upload) -> None:
    items = upload(40)
    upload(5, category="Lamps", hours_ago=20)
    draw_maps()
    told = operator.get(reverse("monitoring_map_points"), {"modality": "text", "by": "category"}).json()
    assert told["ids"][:40] == [item.pk for item in items]
    assert [group["name"] for group in told["groups"]] == ["Bags", "Lamps", "all others"]
    assert told["codes"] == [0] * 40 + [1] * 5
    stored = np.frombuffer(bytes(EmbeddingMap.objects.get().points), "<f4").reshape(-1, 2)
    assert np.abs(np.array([told["x"], told["y"]]).T / 1000 - stored).max() < 0.001


@pytest.mark.parametrize("by", ["sentiment", "age", "drift"])
def test_numbers_colour_the_points_from_0_to_255_and_minus_one_is_unknown(
    operator: Client, upload: Upload, by: str
) -> None:
    upload(30)
    draw_maps()
    told = operator.get(reverse("monitoring_map_points"), {"modality": "text", "by": by}).json()
    assert len(told["values"]) == 30
    assert set(told["values"]) <= set(range(-1, 256))
    assert told["known"] == (30 if by == "age" else 0)


def test_what_nobody_offers_is_not_found(operator: Client, upload: Upload) -> None:
    upload(30)
    draw_maps()
    address = reverse("monitoring_map_points")
    for query in ({"modality": "text", "by": "mood"}, {"modality": "smell", "by": "age"}, {}):
        assert operator.get(address, query).status_code == 404


def test_chosen_items_are_listed_up_to_sixty_and_the_rest_counted(operator: Client, upload: Upload) -> None:
    items = upload(80)
    ids = ",".join(str(item.pk) for item in items)
    body = html(operator, "monitoring_map_items", ids=ids, total="80")
    assert "80 items chosen" in body
    assert "and 20 more" in body
    assert body.count("mini-tile-link") == 60


def test_made_up_numbers_are_passed_over(operator: Client, upload: Upload) -> None:
    body = html(operator, "monitoring_map_items", ids=f"x,-1,{'9' * 40},77777", total="-5")
    assert "No item lies there." in body
    assert "No map" not in html(operator, "monitoring_map_items")


def test_a_group_of_the_table_is_listed(operator: Client, upload: Upload) -> None:
    upload(20)
    lamps = upload(5, category="Lamps", hours_ago=20)
    draw_maps()
    shelf = Category.objects.get(path="Lamps").pk
    body = html(operator, "monitoring_map_items", modality="text", group=shelf)
    assert "5 items chosen" in body
    assert all(reverse("item", args=[item.pk]) in body for item in lamps)


def test_twenty_thousand_points_are_told_in_under_300_ms(operator: Client, space: EncoderSpace) -> None:
    shelves = [Category.objects.create(name=f"S{n}", path=f"S{n}") for n in range(20)]
    Item.objects.bulk_create(
        Item(external_id=f"x{n}", title=f"X {n}", category=shelves[n % 20]) for n in range(20_000)
    )
    ids = np.array(sorted(Item.objects.values_list("pk", flat=True)), "<i8")
    points = np.random.default_rng(0).uniform(-1, 1, (20_000, 2)).astype("<f4")
    EmbeddingMap.objects.create(
        space=space, modality="text", method="pca", item_ids=ids.tobytes(), points=points.tobytes()
    )
    for by in ("category", "sentiment", "age", "drift"):
        began = time.thread_time()
        answer = operator.get(reverse("monitoring_map_points"), {"modality": "text", "by": by})
        assert time.thread_time() - began < 0.3, by
        assert len(answer.content) < 600_000


# -- inspection ----------------------------------------------------------------------------------------


def test_the_page_says_that_looking_is_noted(operator: Client) -> None:
    assert "is written into the audit trail" in html(operator, "monitoring_inspect")


def test_a_person_is_shown_with_their_feed_and_the_look_is_noted(
    operator: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    from recommender.services.events import Actor, record
    from tests.services.planted import plant

    made = plant(monkeypatch)
    record(Actor(user=cast.member), made["red leather bag"], "like")
    answer = operator.get(reverse("monitoring_inspect"), {"person": "mary"})
    body = answer.content.decode()
    assert "No impression was recorded" in body
    assert "because you liked Red leather bag" in body
    assert "Red leather lamp" in body
    assert "no-store" in answer.headers["Cache-Control"]
    assert AuditEntry.objects.get().subject == "mary"


def test_an_item_is_shown_with_vectors_and_neighbours(
    operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.services.planted import plant

    bag = plant(monkeypatch)["red leather bag"]
    body = html(operator, "monitoring_inspect", item=bag.pk)
    assert "in the delta" in body
    assert "Index: Look" in body
    assert "1.000" in body
    assert not AuditEntry.objects.exists()


def test_who_is_not_there_is_said(operator: Client) -> None:
    assert "Nobody is called “&lt;b&gt;”." in html(operator, "monitoring_inspect", person="<b>")
    assert "No item has the number or key “x”." in html(operator, "monitoring_inspect", item="x")
    assert not AuditEntry.objects.exists()
