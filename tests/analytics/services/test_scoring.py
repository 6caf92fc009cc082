"""Reviews scored as they arrive: once each, again where something changed, whatever is in them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django.utils.translation import override

from analytics.models import SentimentScore
from analytics.services import scoring
from analytics.services.scoring import pending, waiting
from analytics.web.told import missing
from recommender.models import Category, Item, Media, ModelVersion, Review
from recommender.services.reviews import write_review
from tests.analytics.services.fakes import WordScorer, add_medium, make_item, make_review, scorer
from tests.conftest import Cast
from tests.services.shop import QUICK_ENCODER, photo, tone

__all__ = ["scorer"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("scorer")]


def score_of(review: Review) -> SentimentScore:
    return SentimentScore.objects.get(review=review)


# -- what is written ----------------------------------------------------------------------------------------


def test_a_review_gets_label_polarity_words_and_aspects() -> None:
    review = make_review("A good price.", rating=5)
    assert scoring.score_pending() == 1
    score = score_of(review)
    assert (score.state, score.label, score.model_label) == ("ready", "positive", "positive")
    assert score.polarity == score.model_polarity == pytest.approx(0.85)
    assert score.details["words"] == [["price", 7, 12, 0.85]]
    assert score.details["channels"] == {"text": [0.05, 0.05, 0.9]}
    assert [(one.aspect, one.words) for one in score.aspects.all()] == [("price", [["price", 7, 12, 0.85]])]


def test_what_reports_filter_by_is_kept_beside_it() -> None:
    category = Category.objects.create(name="Bags", path="Bags")
    review = make_review("good", item=make_item("other", category), rating=4)
    scoring.score_pending()
    score = score_of(review)
    assert (score.category, score.language, score.rating, score.channels) == (category, "en", 4, "text")
    assert score.reviewed_at == review.created_at


def test_the_recommender_learns_what_a_review_feels() -> None:
    happy, unclear = make_review("good"), make_review("a thing")
    scoring.score_pending()
    assert Review.objects.get(pk=happy.pk).polarity == pytest.approx(0.85)
    assert Review.objects.get(pk=unclear.pk).polarity is None
    assert score_of(unclear).abstained


def test_a_writer_is_scored_on_commit(
    cast: Cast, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        review = write_review(cast.member, make_item(), text="good")
    assert score_of(review).label == "positive"


# -- once, and again ----------------------------------------------------------------------------------------


def test_nothing_is_scored_twice(scorer: WordScorer) -> None:
    make_review("good")
    assert [scoring.score_pending(), scoring.score_pending()] == [1, 0]
    assert len(scorer.seen) == 1


def test_a_changed_review_is_scored_anew() -> None:
    review = make_review("good")
    scoring.score_pending()
    review.text = "bad"
    review.save()
    scoring.enrol([review.pk])
    assert scoring.score_pending() == 1
    assert score_of(review).label == "negative"
    assert score_of(review).aspects.count() == 0


def test_a_change_that_no_message_told_is_found_by_looking() -> None:
    changed, untouched = make_review("good"), make_review("good")
    scoring.score_pending()
    Review.objects.filter(pk=changed.pk).update(text="bad", updated_at=timezone.now())
    assert scoring.score_pending() == 0
    assert scoring.reconcile() == 1
    assert scoring.score_pending() == 1
    assert score_of(changed).label == "negative"
    assert score_of(untouched).label == "positive"


def test_a_review_whose_item_moved_is_found_by_looking() -> None:
    review = make_review("good")
    scoring.score_pending()
    Item.objects.update(category=Category.objects.create(name="Bags", path="Bags"))
    assert scoring.reconcile() == 1
    scoring.score_pending()
    assert score_of(review).category is not None
    assert scoring.reconcile() == 0


def test_a_review_committed_behind_a_newer_one_is_found_by_looking() -> None:
    first, second = make_review("good"), make_review("bad")
    scoring.enrol([second.pk])
    scoring.score_pending()
    assert not SentimentScore.objects.filter(review=first).exists()
    assert scoring.reconcile() == 1
    assert scoring.score_pending() == 1


def test_another_model_scores_everything_anew_and_nothing_is_missing_meanwhile(scorer: WordScorer) -> None:
    for _ in range(3):
        make_review("good")
    scoring.score_pending()
    scorer.key = "words@2"
    assert scoring.score_pending(limit=2) == 2
    assert SentimentScore.objects.ready().count() == 3
    assert scoring.score_pending() == 1
    assert set(SentimentScore.objects.values_list("model", flat=True)) == {"words@2"}
    assert scoring.score_pending() == 0


def test_new_reviews_come_before_those_of_an_older_model(scorer: WordScorer) -> None:
    make_review("good")
    scoring.score_pending()
    scorer.key = "words@2"
    new = make_review("bad")
    scoring.score_pending(limit=1)
    assert score_of(new).model == "words@2"
    assert SentimentScore.objects.filter(model="words@1").count() == 1


def test_one_review_can_be_scored_at_once() -> None:
    review = make_review("bad")
    found = scoring.score_review(review)
    assert found is not None
    assert found.label == "negative"


# -- claims -------------------------------------------------------------------------------------------------


def test_a_row_that_another_worker_is_at_is_left_alone() -> None:
    review = make_review("good")
    scoring.enrol([review.pk])
    SentimentScore.objects.update(claimed_at=timezone.now())
    assert scoring.score_pending() == 0


def test_what_a_dead_worker_had_claimed_is_taken_up() -> None:
    scoring.enrol([make_review("good").pk])
    SentimentScore.objects.update(claimed_at=timezone.now() - waiting.LOST - timedelta(seconds=1))
    assert scoring.score_pending() == 1


def test_a_review_that_kills_its_workers_is_given_up() -> None:
    scoring.enrol([make_review("good").pk])
    SentimentScore.objects.update(attempts=pending.MOST_ATTEMPTS)
    fine = make_review("bad")
    assert scoring.score_pending() == 2
    assert SentimentScore.objects.get(state="failed").error == "Scoring it ended its worker."
    assert score_of(fine).state == "ready"
    assert scoring.score_pending() == 0


def test_words_changed_while_they_were_scored_do_not_get_the_old_score(
    scorer: WordScorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    review = make_review("good")
    plain = scorer.score

    def slow(batch: Any) -> Any:
        monkeypatch.setattr(scorer, "score", plain)
        Review.objects.update(text="bad", updated_at=timezone.now())
        scoring.enrol([review.pk])
        return plain(batch)

    monkeypatch.setattr(scorer, "score", slow)
    scoring.score_pending()
    assert score_of(review).label == "negative"


def test_a_review_removed_while_it_was_scored_is_no_trouble(
    scorer: WordScorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_review("good")
    plain = scorer.score

    def slow(batch: Any) -> Any:
        Review.objects.all().delete()
        return plain(batch)

    monkeypatch.setattr(scorer, "score", slow)
    scoring.score_pending()
    assert not SentimentScore.objects.exists()


# -- bad input ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "👍", "x" * 100_000, "好 good 좋은 хорошо", "<script>a()</script>bad"])
def test_odd_text_does_not_block_the_queue(text: str) -> None:
    odd, fine = make_review(text), make_review("good")
    assert scoring.score_pending() == 2
    assert score_of(odd).state == "ready"
    assert score_of(fine).label == "positive"


def test_an_empty_review_abstains_with_a_reason() -> None:
    review = make_review("")
    scoring.score_pending()
    score = score_of(review)
    assert (score.label, score.abstained, score.reason) == ("", True, "There is nothing to score.")


def test_a_review_that_breaks_the_scorer_fails_alone() -> None:
    broken = make_review("explode")
    others = [make_review("good") for _ in range(5)]
    assert scoring.score_pending() == 6
    assert score_of(broken).state == "failed"
    assert "ZeroDivisionError" in score_of(broken).error
    assert {score_of(one).label for one in others} == {"positive"}
    assert scoring.score_pending() == 0


# -- photos and voices --------------------------------------------------------------------------------------


@pytest.fixture
def quick_encoder(settings: Any) -> None:
    settings.ENCODER = QUICK_ENCODER


def test_a_review_waits_for_its_photos_but_not_for_ever() -> None:
    review = make_review("good")
    medium = add_medium(review, "image", state="pending")
    assert scoring.score_pending() == 0
    Review.objects.update(updated_at=timezone.now() - waiting.PATIENCE - timedelta(seconds=1))
    assert scoring.score_pending() == 1
    assert score_of(review).details["missing"] == {"image": "It is not prepared yet."}
    Media.objects.filter(pk=medium.pk).update(state="failed", error="It is cut short.")
    scoring.enrol([review.pk])
    scoring.score_pending()
    assert score_of(review).details["missing"] == {"image": "It is cut short."}


@pytest.mark.usefixtures("quick_encoder")
def test_photos_and_voices_are_read(scorer: WordScorer) -> None:
    review = make_review("good price")
    add_medium(review, "image", photo("red"))
    voice = add_medium(review, "audio", tone(440))
    scoring.score_pending()
    score = score_of(review)
    assert score.channels == "text+image+speech"
    assert score.image_polarity is not None
    assert score.details["moments"] == [[voice.pk, 0.1, 0.4, -0.5]]
    (spoken,) = scorer.seen
    assert spoken.images is not None
    assert spoken.images.shape[0] == 1
    assert spoken.prompts is not None
    assert spoken.prompts.shape == (3, spoken.images.shape[1])


@pytest.mark.usefixtures("quick_encoder")
def test_vectors_of_photos_stay_out_of_the_index() -> None:
    from recommender.models import Embedding

    add_medium(make_review("good"), "image", photo("red"))
    scoring.score_pending()
    assert not Embedding.objects.exists()


@pytest.mark.usefixtures("quick_encoder")
def test_what_cannot_be_read_is_named_and_the_rest_is_scored() -> None:
    review = make_review("good")
    add_medium(review, "image", b"no picture")
    add_medium(review, "audio", b"no sound")
    assert scoring.score_pending() == 1
    score = score_of(review)
    assert (score.label, score.channels) == ("positive", "text")
    assert set(score.details["missing"]) == {"image", "speech"}
    assert "is not a picture that can be read." in score.details["missing"]["image"]
    with override("zh-hans"):
        told = missing(score.details)
    assert told["image"].endswith("不是能够读取的图片。")
    assert "is not" not in told["speech"]
    assert missing(score.details) == score.details["missing"]


def test_a_review_waits_for_media_that_cannot_be_had_however_long_that_takes(media_away: Any) -> None:
    review = make_review("good")
    add_medium(review, "audio", tone(440))
    plain = make_review("bad")
    with media_away():
        for _hour in range(4):
            scoring.score_pending()
            SentimentScore.objects.update(claimed_at=timezone.now() - timedelta(hours=1))
        assert score_of(plain).label == "negative"
        assert score_of(review).model == ""
    scoring.score_pending()
    score = score_of(review)
    assert (score.label, score.channels) == ("positive", "text+speech")


@pytest.mark.usefixtures("quick_encoder")
def test_a_review_is_scored_without_the_photo_that_the_bucket_keeps_back(kept_back: Any) -> None:
    review = make_review("good")
    lost = add_medium(review, "image", photo("red"))
    add_medium(review, "image", photo("blue"))
    for size in Media.SIZES:
        kept_back(lost.derived(f"{size}.webp"))
    assert scoring.score_pending() == 1
    score = score_of(review)
    assert (score.label, score.channels) == ("positive", "text+image")
    assert "the bucket refuses" in score.details["missing"]["image"]


def test_without_an_encoder_the_words_are_scored(settings: Any) -> None:
    settings.ENCODER = "nothing-of-that-name"
    review = make_review("bad")
    add_medium(review, "image", photo("red"))
    scoring.score_pending()
    assert score_of(review).label == "negative"
    assert score_of(review).details["missing"]["image"]


def test_a_review_is_scored_anew_when_its_photo_is_ready(django_capture_on_commit_callbacks: Any) -> None:
    from recommender.services import preprocess
    from recommender.services.stored import put

    review = make_review("good")
    put("originals/00/photo.jpg", photo("red"))
    medium = Media.objects.create(
        review=review, kind="image", file="originals/00/photo.jpg", checksum="b" * 64
    )
    Review.objects.update(updated_at=timezone.now() - timedelta(hours=1))
    scoring.score_pending()
    assert score_of(review).details["missing"]
    with django_capture_on_commit_callbacks():
        preprocess.prepare_pending()
    medium.refresh_from_db()
    assert medium.state == "ready"
    assert score_of(review).model == ""


# -- which scorer -------------------------------------------------------------------------------------------


def test_a_version_with_damaged_files_gives_way_to_the_shipped_one(
    monkeypatch: pytest.MonkeyPatch, scorer: WordScorer
) -> None:
    from recommender.errors import RecommenderError

    def load(folder: Any = None) -> WordScorer:
        if folder:
            raise RecommenderError("The weights are damaged.")
        return scorer

    monkeypatch.setattr("analytics.engine.sentiment.load_scorer", load)
    version = ModelVersion.objects.create(kind="sentiment", path="x", state="active")
    scoring.forget_scorer()
    assert scoring.current_scorer() is scorer
    version.refresh_from_db()
    assert (version.state, version.error) == ("failed", "The weights are damaged.")


def test_the_key_of_a_retrained_model_is_known_without_loading_it() -> None:
    ModelVersion.objects.create(kind="sentiment", path="x", state="active", parameters={"key": "words@x"})
    scoring.forget_scorer()
    assert scoring.current_scorer_key() == "words@x"
