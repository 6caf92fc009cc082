"""Scores, corrections and models, asked for by programs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from analytics.models import Alert, AuditEntry, Correction, SentimentScore
from analytics.services import opinions, scoring
from analytics.services.report import evidence
from recommender.models import EncoderSpace, Media, ModelVersion
from recommender.services import queries
from tests.analytics.api.world import Scored, disputed, score_row
from tests.analytics.services.fakes import WordScorer, scorer
from tests.api.conftest import Program, json_of
from tests.conftest import Cast
from tests.services.shop import photo, tone
from tests.web.conftest import Shop

__all__ = ["scorer"]
ROOT = "/api/v1/analytics"


def test_a_score_has_its_evidence(scored: Scored, program: Program) -> None:
    found = json_of(program("analyst").get(f"{ROOT}/scores/{scored.review.pk}"))
    assert (found["item"], found["label"], found["model_label"]) == ("bag-0", "negative", "positive")
    assert found["words"] == [{"text": "price", "start": 5, "end": 10, "weight": 0.4}]
    assert found["channels"] == {"text": {"negative": 0.05, "neutral": 0.1, "positive": 0.85}}
    assert found["aspects"][0]["aspect"] == "price"
    assert found["regions"] is None


WORDED = [
    "scores",
    "aspects",
    "overview",
    "trend",
    "breakdown/item",
    "impact",
    "emerging/terms",
    "emerging/aspects",
]


@pytest.mark.parametrize("path", WORDED)
def test_an_answer_says_how_far_back_words_were_looked_for(
    path: str, scored: Scored, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = program("analyst")
    assert json_of(client.get(f"{ROOT}/{path}?words=price"))["searched_since"] is None
    monkeypatch.setattr(evidence, "SEARCHED_AMONG", 2)
    assert json_of(client.get(f"{ROOT}/{path}"))["searched_since"] is None
    second = SentimentScore.objects.ready().order_by("-reviewed_at")[1].reviewed_at
    since = json_of(client.get(f"{ROOT}/{path}?words=price"))["searched_since"]
    assert abs(datetime.fromisoformat(since) - second) < timedelta(milliseconds=1)


def test_scores_are_narrowed_by_what_counts(shop: Shop, scored: Scored, program: Program) -> None:
    score_row(shop, "another")
    client = program("analyst")
    assert json_of(client.get(f"{ROOT}/scores?label=positive"))["total"] == 1
    assert json_of(client.get(f"{ROOT}/scores?label=negative"))["total"] == 20
    assert json_of(client.get(f"{ROOT}/scores?language=zh"))["total"] == 0


def test_a_review_that_is_not_scored_is_told(shop: Shop, program: Program) -> None:
    assert "seconds" in json_of(program("analyst").get(f"{ROOT}/scores/1"), 404)["remedy"]


@pytest.mark.parametrize("number", [2**63, 10**30])
def test_a_number_that_no_review_can_have_is_told(number: int, shop: Shop, program: Program) -> None:
    client = program("analyst")
    json_of(client.get(f"{ROOT}/scores/{number}"), 404)
    json_of(client.get(f"{ROOT}/corrections?review={number}"), 422)
    given = {"reviews": [number], "label": "negative"}
    json_of(client.post(f"{ROOT}/corrections", given, content_type="application/json"), 422)


def test_a_reason_keeps_no_character_that_databases_refuse(scored: Scored, program: Program) -> None:
    given = {"reviews": [scored.review.pk], "label": "neutral", "reason": "so\0 what"}
    json_of(program("analyst").post(f"{ROOT}/corrections", given, content_type="application/json"), 201)
    assert Correction.objects.order_by("-pk").values_list("reason", flat=True).first() == "so what"


def test_aspects_are_narrowed_by_what_is_felt(scored: Scored, program: Program) -> None:
    client = program("analyst")
    found = json_of(client.get(f"{ROOT}/aspects?aspect=price&feels=positive&limit=1"))
    assert found["total"] == 20
    assert found["aspects"][0]["item"] == "bag-0"
    assert json_of(client.get(f"{ROOT}/aspects?feels=negative"))["total"] == 0


@pytest.mark.parametrize(
    "path", ["scores", "aspects", "corrections", "disagreements", "queue", "mismatch", "alerts"]
)
def test_a_list_costs_a_fixed_number_of_queries(
    path: str, scored: Scored, program: Program, django_assert_max_num_queries: Any
) -> None:
    client = program("analyst")
    client.get("/api/v1/categories")  # notes when the token was used
    with django_assert_max_num_queries(10):
        assert client.get(f"{ROOT}/{path}").status_code == 200


def test_one_score_says_whether_its_regions_are_awaited_found_or_none(shop: Shop, program: Program) -> None:
    review = score_row(shop, "writer", image_polarity=0.4)
    client, row = program("analyst"), SentimentScore.objects.get(review=review)
    states = []
    for known in (None, [], [[1, 0.2, 0.2, 0.4, 0.4, -0.3]]):
        if known is not None:
            row.details["regions"] = known
            row.save(update_fields=["details"])
        one = json_of(client.get(f"{ROOT}/scores/{review.pk}"))
        states.append((one["regions_state"], one["regions"] and len(one["regions"])))
    assert states == [("awaited", None), ("none", []), ("found", 1)]


def test_one_score_asks_for_its_regions_and_a_list_does_not(
    shop: Shop, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    review = score_row(shop, "writer", image_polarity=0.4)
    client, asked = program("analyst"), []
    monkeypatch.setattr("analytics.services.regions.call_once", lambda *message: asked.append(message))
    [listed] = json_of(client.get(f"{ROOT}/scores"))["scores"]
    assert (listed["regions_state"], asked) == (None, [])
    client.get(f"{ROOT}/scores/{review.pk}")
    assert asked == [("analytics.tasks.find_regions", SentimentScore.objects.get(review=review).pk)]


def test_mismatch_lists_praise_under_one_star_with_its_reason(shop: Shop, program: Program) -> None:
    review = score_row(shop, "writer", rating=1)
    score_row(shop, "another", rating=5)
    found = json_of(program("analyst").get(f"{ROOT}/mismatch"))
    [one] = found["scores"]
    assert (found["total"], one["review"], one["mismatch"]) == (1, review.pk, pytest.approx(0.8))
    assert one["mismatch_reasons"] == [
        {"reason": "praise under low stars", "gap": pytest.approx(0.8), "stars": 1}
    ]


def test_a_label_counts_until_it_is_taken_back(shop: Shop, program: Program, cast: Cast) -> None:
    review = score_row(shop, "writer")
    client = program("analyst")
    body = {"reviews": [review.pk], "label": "neutral", "reason": "an advertisement"}
    told = json_of(client.post(f"{ROOT}/corrections", body, content_type="application/json"), 201)
    assert told == {"corrected": 1, "second_opinions": []}
    assert SentimentScore.objects.get(review=review).label == "neutral"
    (said,) = json_of(client.get(f"{ROOT}/corrections?review={review.pk}"))["corrections"]
    assert (said["analyst"], said["before"], said["reason"]) == ("anna", "positive", "an advertisement")
    assert client.delete(f"{ROOT}/corrections/{said['id']}").status_code == 204
    assert SentimentScore.objects.get(review=review).label == "positive"
    assert Correction.objects.get().undone_by == cast.analyst


def post(client: Client, path: str, body: dict[str, Any], status: int = 201) -> Any:
    return json_of(client.post(f"{ROOT}/{path}", body, content_type="application/json"), status)


def test_only_a_label_said_to_be_the_second_opinion_asked_for_is_one(
    scored: Scored, program: Program
) -> None:
    client, pk = program("superuser"), scored.review.pk
    opinion = {"reviews": [pk], "label": "neutral", "second_opinion": True}
    assert "not asked for" in post(client, "corrections", opinion, 422)["error"]
    opinions.ask(User.objects.get(username="root"), [pk])
    told = post(client, "corrections", opinion)
    assert told == {
        "corrected": 0,
        "second_opinions": [{"review": pk, "other": "anna", "agrees": False}],
    }
    assert SentimentScore.objects.get(review=pk).label == "negative"
    told = post(client, "corrections", {"reviews": [pk], "label": "neutral"})
    assert told == {"corrected": 1, "second_opinions": []}
    assert SentimentScore.objects.get(review=pk).label == "neutral"


def test_what_others_say_is_left_out_for_whose_second_opinion_is_awaited(
    scored: Scored, program: Program, cast: Cast
) -> None:
    client, pk = program("superuser"), scored.review.pk
    opinions.ask(cast.superuser, [pk])
    for found in (
        json_of(client.get(f"{ROOT}/scores/{pk}")),
        *(one for one in json_of(client.get(f"{ROOT}/scores"))["scores"] if one["review"] == pk),
    ):
        told = (found["label"], found["polarity"], found["corrected"], found["awaits_second_opinion"])
        assert told == ("", None, False, True)
    (said,) = json_of(client.get(f"{ROOT}/corrections?review={pk}"))["corrections"]
    assert (said["analyst"], said["label"], said["before"], said["reason"]) == (None, "", "", "")
    assert json_of(program("analyst").get(f"{ROOT}/scores/{pk}"))["label"] == "negative"
    post(client, "corrections", {"reviews": [pk], "label": "neutral", "second_opinion": True})
    assert json_of(client.get(f"{ROOT}/scores/{pk}"))["label"] == "negative"
    shown = json_of(client.get(f"{ROOT}/corrections?review={pk}"))["corrections"]
    assert [one["label"] for one in shown] == ["neutral", "negative"]


def test_a_disagreement_is_listed_until_it_is_settled(scored: Scored, program: Program, cast: Cast) -> None:
    pk, client = disputed(scored, cast), program("analyst")
    (found,) = json_of(client.get(f"{ROOT}/disagreements"))["disagreements"]
    assert (found["review"], found["label"]) == (pk, "negative")
    assert [(one["analyst"], one["label"], one["reason"]) for one in found["labels"]] == [
        ("anna", "negative", "sarcasm"),
        ("root", "neutral", "a joke"),
    ]
    post(client, f"disagreements/{pk}", {"label": "positive"}, 422)
    told = post(client, f"disagreements/{pk}", {"label": "positive", "reason": "sincere"})
    assert (told["analyst"], told["label"], told["before"]) == ("anna", "positive", "negative")
    assert json_of(client.get(f"{ROOT}/disagreements"))["total"] == 0
    post(client, f"disagreements/{pk}", {"label": "positive", "reason": "again"}, 422)


def test_an_unknown_review_is_named(scored: Scored, program: Program) -> None:
    body = {"reviews": [scored.review.pk, 10**6], "label": "neutral"}
    answer = program("analyst").post(f"{ROOT}/corrections", body, content_type="application/json")
    assert "1000000" in json_of(answer, 422)["error"]


def test_a_version_goes_live_and_back(scored: Scored, program: Program) -> None:
    client = program("analyst")
    before = json_of(client.get(f"{ROOT}/model"))
    assert (before["key"], before["candidate"]["id"]) == ("planted@live", scored.candidate.pk)
    live = json_of(client.post(f"{ROOT}/model/{scored.candidate.pk}/live"))
    assert (live["key"], live["candidate"]) == ("planted@candidate", None)
    assert json_of(client.post(f"{ROOT}/model/rollback"))["key"] == "planted@live"
    assert set(AuditEntry.objects.values_list("action", flat=True)) >= {"put live", "roll back"}


def test_too_few_corrections_are_told(shop: Shop, program: Program) -> None:
    assert json_of(program("analyst").post(f"{ROOT}/model/retrain"), 422)["remedy"]
    assert not ModelVersion.objects.exists()


# -- now ----------------------------------------------------------------------------------------------------


def now(program: Program, status: int = 200, **form: Any) -> Any:
    return json_of(program("analyst").post(f"{ROOT}/score", form), status)


def test_text_and_sound_are_scored_now_and_not_kept(shop: Shop, program: Program, scorer: WordScorer) -> None:
    found = now(program, text="a bad price", sound=SimpleUploadedFile("hum.wav", tone(300)))
    assert (found["label"], found["model"]) == ("negative", "words@1")
    assert set(found["channels"]) == {"text", "speech"}
    assert found["aspects"][0]["words"] == [{"text": "price", "start": 6, "end": 11, "weight": -0.85}]
    assert found["moments"] == [{"medium": 0, "start": 0.1, "end": 0.4, "weight": -0.5}]
    assert not SentimentScore.objects.exists()


@pytest.mark.parametrize(("weights", "prompted"), [("planted", False), ("another", True)])
def test_a_picture_goes_by_way_of_the_query_worker(
    weights: str, prompted: bool, shop: Shop, program: Program, scorer: WordScorer, monkeypatch: Any
) -> None:
    EncoderSpace.objects.create(
        spec="s", name="n", weights_hash=weights, dim=2, preprocessing="p", modalities=["image", "text"],
        state="active",
    )  # fmt: skip
    vectors = {"image": np.array([1.0, 0.0]), "text": np.array([0.0, 1.0])}
    monkeypatch.setattr(queries, "encode_query", lambda space, parts: [vectors[p["modality"]] for p in parts])
    found = now(program, image=SimpleUploadedFile("photo.jpg", photo("red")))
    assert found["channels"]["image"]["positive"] == 0.9
    (spoken,) = scorer.seen
    assert (spoken.prompts is not None) == prompted
    assert Media.objects.filter(review__isnull=False).count() == 0


def test_a_picture_waits_for_no_encoder(shop: Shop, program: Program, scorer: WordScorer) -> None:
    told = now(program, 503, image=SimpleUploadedFile("photo.jpg", photo("red")))
    assert "encoder" in told["error"]


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"text": "  "},
        {"image": SimpleUploadedFile("a.jpg", b"no picture")},
        {"sound": SimpleUploadedFile("a.wav", b"no sound")},
    ],
)
def test_what_cannot_be_scored_is_told(
    form: dict[str, Any], shop: Shop, program: Program, scorer: WordScorer
) -> None:
    told = now(program, 422, **form)
    assert told["error"]
    assert told["remedy"]


def test_the_key_is_that_of_the_scorer_in_service(scorer: WordScorer, db: None) -> None:
    assert scoring.current_scorer_key() == scorer.key


def test_an_alert_says_how_telling_of_it_went(scored: Scored, program: Program, settings: Any) -> None:
    settings.ALERT_WEBHOOK_URL = "https://hooks.example/x"
    said = {"text": "The webhook answered {status}.", "values": {"status": 500}}
    at = "2026-11-01T12:00:00+00:00"
    told = {"state": "given up", "tries": 27, "first": at, "next": at, "error": said}
    Alert.objects.update(deliveries={"webhook": told})
    client = program("analyst")
    (alert,) = json_of(client.get(f"{ROOT}/alerts"))["alerts"]
    found = {"way": "webhook", "state": "given up", "tries": 27, "at": None, "next_at": None}
    assert alert["deliveries"] == [found | {"error": "The webhook answered 500."}]
    (again,) = json_of(client.post(f"{ROOT}/alerts/{alert['id']}/tell"))["deliveries"]
    assert (again["state"], again["tries"]) == ("failed", 0)
    assert again["next_at"]
