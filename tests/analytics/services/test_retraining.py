"""Learning from corrections: a job, a candidate that waits, live, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from analytics.contracts import Example
from analytics.models import AuditEntry, Correction, SentimentScore
from analytics.services import corrections, opinions, retraining, scoring
from recommender.errors import RecommenderError
from recommender.models import Job, ModelVersion, Review
from tests.analytics.services.fakes import add_medium, learner, make_review, scorer
from tests.conftest import Cast
from tests.services.shop import QUICK_ENCODER, photo

__all__ = ["learner", "scorer"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("scorer")]


@pytest.fixture
def corrected(cast: Cast) -> list[Review]:
    """As many as are needed: praise that is no praise."""
    made = [make_review(f"good {n}") for n in range(retraining.LEAST)]
    scoring.score_pending()
    corrections.correct(cast.analyst, [one.pk for one in made], "negative", "sarcasm")
    return made


def learned(cast: Cast) -> ModelVersion:
    job = retraining.start_retraining(cast.analyst)
    version = retraining.retrain(job.pk)
    assert version is not None
    return version


def test_too_few_corrections_are_refused_with_what_to_do(cast: Cast) -> None:
    with pytest.raises(RecommenderError, match="0 corrected reviews") as told:
        retraining.start_retraining(cast.analyst)
    assert str(retraining.LEAST) in told.value.remedy
    assert not Job.objects.exists()


def test_it_learns_from_the_labels_that_count(
    corrected: list[Review], cast: Cast, learner: list[Example]
) -> None:
    corrections.correct(cast.analyst, [corrected[0].pk], "neutral")
    learned(cast)
    assert {one.spoken.text: one.label for one in learner} == {
        review.text: "neutral" if review == corrected[0] else "negative" for review in corrected
    }


def test_it_learns_from_a_second_opinion_whose_first_label_was_taken_back(
    corrected: list[Review], cast: Cast, learner: list[Example]
) -> None:
    opinions.ask(cast.superuser, [corrected[0].pk])
    corrections.give_opinion(cast.superuser, [corrected[0].pk], "neutral")
    corrections.undo(cast.analyst, Correction.objects.get(review=corrected[0], analyst=cast.analyst).pk)
    learned(cast)
    assert [one.label for one in learner if one.spoken.text == corrected[0].text] == ["neutral"]


@pytest.mark.usefixtures("learner")
def test_the_candidate_waits_with_its_figures(corrected: list[Review], cast: Cast) -> None:
    version = learned(cast)
    assert retraining.candidate() == version
    assert version.metrics == {"before": {"accuracy": 0.6}, "after": {"accuracy": 0.8}}
    assert ModelVersion.objects.serving("sentiment") is None
    assert scoring.current_scorer_key() == "words@1"
    job = Job.objects.get()
    assert (job.state, job.result["version"]) == ("done", version.pk)


@pytest.mark.usefixtures("learner")
def test_a_repeated_message_learns_nothing_twice(corrected: list[Review], cast: Cast) -> None:
    learned(cast)
    assert retraining.retrain(Job.objects.get().pk) is None
    assert ModelVersion.objects.count() == 1


def test_one_job_at_a_time(corrected: list[Review], cast: Cast) -> None:
    first = retraining.start_retraining(cast.analyst)
    assert retraining.start_retraining(cast.superuser) == first


@pytest.mark.usefixtures("learner")
def test_a_newer_candidate_takes_the_place_of_the_older(corrected: list[Review], cast: Cast) -> None:
    learned(cast)
    second = learned(cast)
    assert retraining.candidate() == second
    assert ModelVersion.objects.filter(state="ready").count() == 1


def test_what_fails_is_told_by_the_job_and_leaves_nothing_behind(
    corrected: list[Review], cast: Cast, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    def fit(*_: Any, **__: Any) -> None:
        raise RecommenderError("There is only one label.", "Correct reviews of other kinds too.")

    monkeypatch.setattr("analytics.engine.sentiment.scorer_retraining.retrain", fit, raising=False)
    job = retraining.start_retraining(cast.analyst)
    assert retraining.retrain(job.pk) is None
    job.refresh_from_db()
    assert (job.state, job.error) == ("failed", "There is only one label.")
    assert job.remedy
    assert not list(Path(settings.SENTIMENT_ROOT).iterdir())
    assert retraining.candidate() is None


def test_it_learns_without_the_photo_that_the_bucket_keeps_back(
    kept_back: Any, corrected: list[Review], cast: Cast, learner: list[Example], settings: Any
) -> None:
    settings.ENCODER = QUICK_ENCODER
    lost = add_medium(corrected[0], "image", photo("red"))
    for size in lost.SIZES:
        kept_back(lost.derived(f"{size}.webp"))
    learned(cast)
    assert len(learner) == len(corrected)
    assert all(one.spoken.images is None for one in learner)


# -- live, and back -----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("learner")
def test_live_it_scores_everything_anew(corrected: list[Review], cast: Cast) -> None:
    version = retraining.put_live(cast.analyst, learned(cast))
    assert scoring.score_pending() == len(corrected)
    assert set(SentimentScore.objects.values_list("model", flat=True)) == {version.parameters["key"]}


@pytest.mark.usefixtures("learner")
def test_one_call_rolls_back_to_the_version_before(corrected: list[Review], cast: Cast) -> None:
    first = retraining.put_live(cast.analyst, learned(cast))
    retraining.put_live(cast.analyst, learned(cast))
    assert retraining.roll_back(cast.analyst) == first
    assert ModelVersion.objects.serving("sentiment") == first
    assert retraining.roll_back(cast.analyst) is None
    assert scoring.current_scorer_key() == "words@1"
    with pytest.raises(RecommenderError, match="ships with the site"):
        retraining.roll_back(cast.analyst)


@pytest.mark.usefixtures("learner")
def test_what_was_rolled_back_can_be_put_live_again(corrected: list[Review], cast: Cast) -> None:
    version = retraining.put_live(cast.analyst, learned(cast))
    retraining.roll_back(cast.analyst)
    assert retraining.put_live(cast.analyst, version).state == "active"


@pytest.mark.usefixtures("learner")
def test_what_serves_already_or_has_lost_its_files_is_refused(corrected: list[Review], cast: Cast) -> None:
    version = retraining.put_live(cast.analyst, learned(cast))
    with pytest.raises(RecommenderError, match="cannot be put into service"):
        retraining.put_live(cast.analyst, version)
    other = learned(cast)
    ModelVersion.objects.filter(pk=other.pk).update(path="gone")
    with pytest.raises(RecommenderError, match="gone"):
        retraining.put_live(cast.analyst, other)


@pytest.mark.usefixtures("learner")
def test_what_cannot_be_loaded_is_neither_put_live_nor_gone_back_to(
    corrected: list[Review], cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    retraining.put_live(cast.analyst, learned(cast))
    serving, waiting = retraining.put_live(cast.analyst, learned(cast)), learned(cast)

    def of_another_form(folder: Path | None = None, **_given: Any) -> Any:
        raise RecommenderError(f"{folder} holds a text model of another format.", "Train it again.")

    monkeypatch.setattr("analytics.engine.sentiment.load_scorer", of_another_form)
    with pytest.raises(RecommenderError, match="another format"):
        retraining.put_live(cast.analyst, waiting)
    assert ModelVersion.objects.serving("sentiment") == serving
    assert retraining.roll_back(cast.analyst) is None


@pytest.mark.usefixtures("learner")
def test_every_step_is_in_the_audit(corrected: list[Review], cast: Cast) -> None:
    retraining.put_live(cast.analyst, learned(cast))
    retraining.roll_back(cast.superuser)
    entries = AuditEntry.objects.order_by("pk").values_list("action", "actor__username")
    assert list(entries)[1:] == [
        ("retrain", "anna"),
        ("candidate", "anna"),
        ("put live", "anna"),
        ("roll back", "root"),
    ]


@pytest.mark.usefixtures("learner")
def test_tidying_up_leaves_sentiment_models_alone(corrected: list[Review], cast: Cast) -> None:
    from recommender.services.sweep import purge

    version = learned(cast)
    purge()
    assert retraining.candidate() == version
