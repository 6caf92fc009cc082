"""What analysts say counts, can be taken back, is asked for where it helps, and shows how far they agree."""

from __future__ import annotations

from typing import Any

import pytest
from redis.exceptions import RedisError

from analytics.contracts import LABELS
from analytics.models import AuditEntry, Correction, RollupDay, SentimentScore
from analytics.services import corrections, opinions, scoring
from recommender.errors import RecommenderError
from recommender.models import Review
from tests.analytics.services.fakes import WordScorer, make_review, scorer
from tests.conftest import Cast

__all__ = ["scorer"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("scorer")]


@pytest.fixture
def reviews() -> list[Review]:
    """Three good ones, three bad ones, three that the scorer does not commit itself on."""
    made = [make_review(text) for text in ("good", "bad", "a thing") for _ in range(3)]
    scoring.score_pending()
    return made


def score_of(review: Review) -> SentimentScore:
    return SentimentScore.objects.get(review=review)


# -- saying -------------------------------------------------------------------------------------------------


def test_a_correction_counts_and_what_the_model_said_is_kept(reviews: list[Review], cast: Cast) -> None:
    assert corrections.correct(cast.analyst, [reviews[0].pk], "negative", "sarcasm") == 1
    score = score_of(reviews[0])
    assert (score.label, score.polarity, score.corrected) == ("negative", -1.0, True)
    assert (score.model_label, score.model_polarity) == ("positive", pytest.approx(0.85))
    said = Correction.objects.get()
    assert (said.before, said.label, said.reason) == ("positive", "negative", "sarcasm")


def test_many_are_corrected_at_once_with_one_entry_in_the_audit(reviews: list[Review], cast: Cast) -> None:
    ids = [one.pk for one in reviews[:6]]
    assert corrections.correct(cast.analyst, ids, "neutral", "test reviews") == 6
    assert SentimentScore.objects.filter(label="neutral", corrected=True).count() == 6
    entry = AuditEntry.objects.get(action="correct")
    assert (entry.actor, entry.details["n"], entry.details["reviews"]) == (cast.analyst, 6, ids)


def test_the_recommender_follows_a_correction_and_its_undoing(reviews: list[Review], cast: Cast) -> None:
    corrections.correct(cast.analyst, [reviews[6].pk], "negative")
    assert Review.objects.get(pk=reviews[6].pk).polarity == -1.0
    corrections.undo(cast.analyst, Correction.objects.get().pk)
    assert Review.objects.get(pk=reviews[6].pk).polarity is None


def test_sums_of_the_day_are_made_anew(reviews: list[Review], cast: Cast) -> None:
    before = RollupDay.objects.get().touched
    corrections.correct(cast.analyst, [reviews[0].pk], "negative")
    assert RollupDay.objects.get().touched == before + 1


def test_a_correction_outlives_another_model(reviews: list[Review], cast: Cast, scorer: WordScorer) -> None:
    corrections.correct(cast.analyst, [reviews[0].pk], "negative")
    scorer.key = "words@2"
    scoring.score_pending()
    score = score_of(reviews[0])
    assert (score.model, score.label, score.model_label) == ("words@2", "negative", "positive")
    assert Review.objects.get(pk=reviews[0].pk).polarity == -1.0


def test_the_newest_correction_counts(reviews: list[Review], cast: Cast) -> None:
    corrections.correct(cast.analyst, [reviews[0].pk], "negative")
    corrections.correct(cast.superuser, [reviews[0].pk], "neutral")
    assert score_of(reviews[0]).label == "neutral"


@pytest.mark.parametrize(("ids", "label"), [([10**6], "negative"), ([], "angry")])
def test_what_cannot_be_corrected_is_refused_and_nothing_is_written(
    ids: list[int], label: str, reviews: list[Review], cast: Cast
) -> None:
    with pytest.raises(RecommenderError) as told:
        corrections.correct(cast.analyst, [reviews[0].pk, *ids], label)
    assert told.value.remedy
    assert not Correction.objects.exists()
    assert not SentimentScore.objects.filter(corrected=True).exists()


# -- taking back --------------------------------------------------------------------------------------------


def test_undoing_the_last_correction_leaves_the_models_word(reviews: list[Review], cast: Cast) -> None:
    corrections.correct(cast.analyst, [reviews[0].pk], "negative")
    assert corrections.undo(cast.superuser, Correction.objects.get().pk)
    score = score_of(reviews[0])
    assert (score.label, score.corrected, score.polarity) == ("positive", False, pytest.approx(0.85))
    said = Correction.objects.get()
    assert said.undone_by == cast.superuser
    assert not corrections.undo(cast.superuser, said.pk)


def test_undoing_a_correction_lets_the_one_before_count(reviews: list[Review], cast: Cast) -> None:
    corrections.correct(cast.analyst, [reviews[0].pk], "negative")
    corrections.correct(cast.analyst, [reviews[0].pk], "neutral")
    corrections.undo(cast.analyst, corrections.trail(reviews[0])[0].pk)
    assert score_of(reviews[0]).label == "negative"


def test_the_trail_has_everything_newest_first(reviews: list[Review], cast: Cast) -> None:
    corrections.correct(cast.analyst, [reviews[0].pk], "negative")
    corrections.correct(cast.superuser, [reviews[0].pk], "neutral")
    corrections.undo(cast.analyst, corrections.trail(reviews[0])[0].pk)
    trail = corrections.trail(reviews[0])
    assert [(one.label, one.undone_at is None) for one in trail] == [("neutral", False), ("negative", True)]


def test_undoing_what_never_was_is_told(cast: Cast) -> None:
    with pytest.raises(RecommenderError, match="There is no correction 7"):
        corrections.undo(cast.analyst, 7)


# -- the queue ----------------------------------------------------------------------------------------------


def doubtful(review: Review, confidence: float, disagreement: float) -> None:
    SentimentScore.objects.filter(review=review).update(confidence=confidence, disagreement=disagreement)


def test_the_queue_is_ordered_by_uncertainty_times_disagreement(reviews: list[Review], cast: Cast) -> None:
    SentimentScore.objects.update(confidence=0.99, disagreement=0.0)
    doubtful(reviews[4], 0.5, 0.9)
    doubtful(reviews[1], 0.4, 0.5)
    doubtful(reviews[7], 0.9, 0.6)
    found = [row.review_id for row in corrections.queue(9, analyst=cast.analyst)]
    assert found[:3] == [reviews[4].pk, reviews[1].pk, reviews[7].pk]
    assert len(found) == 9


def test_the_queue_does_not_ask_twice(reviews: list[Review], cast: Cast) -> None:
    asked = corrections.queue(3, analyst=cast.analyst)
    corrections.correct(cast.analyst, [row.review_id for row in asked], "neutral")
    again = {row.review_id for row in corrections.queue(9, analyst=cast.analyst)}
    assert not again & {row.review_id for row in asked}


def test_the_queue_asks_some_for_a_second_opinion(reviews: list[Review], cast: Cast) -> None:
    corrections.correct(cast.analyst, [reviews[0].pk], "negative")
    rows = corrections.queue(6, analyst=cast.superuser)
    assert [row.review_id for row in rows if row.second_opinion] == [reviews[0].pk]  # type: ignore[attr-defined]


def test_the_queue_costs_a_fixed_number_of_queries(
    reviews: list[Review], cast: Cast, django_assert_max_num_queries: Any
) -> None:
    corrections.correct(cast.analyst, [reviews[0].pk], "negative")
    with django_assert_max_num_queries(9):
        corrections.queue(9, analyst=cast.superuser)


# -- second opinions ----------------------------------------------------------------------------------------


@pytest.fixture
def asked(reviews: list[Review], cast: Cast) -> Review:
    """Negative for one analyst; the queue asks the superuser for a second opinion on it."""
    corrections.correct(cast.analyst, [reviews[0].pk], "negative", "sarcasm")
    corrections.queue(6, analyst=cast.superuser)
    return reviews[0]


@pytest.mark.parametrize(("label", "agrees"), [("negative", True), ("positive", False)])
def test_a_second_opinion_overrides_nothing_and_says_whether_both_agree(
    label: str, agrees: bool, asked: Review, cast: Cast
) -> None:
    told = corrections.give_opinion(cast.superuser, [asked.pk], label)
    assert told == [corrections.Opinion(asked.pk, "anna", agrees)]
    assert score_of(asked).label == "negative"
    assert corrections.trail(asked)[0].second_opinion
    assert asked.pk not in {row.review_id for row in corrections.queue(9, analyst=cast.superuser)}


def test_any_other_label_of_a_review_that_the_queue_showed_counts(asked: Review, cast: Cast) -> None:
    corrections.correct(cast.superuser, [asked.pk], "positive")
    assert score_of(asked).label == "positive"
    assert not corrections.trail(asked)[0].second_opinion


def test_nobody_gives_a_second_opinion_unasked_or_twice(
    asked: Review, reviews: list[Review], cast: Cast
) -> None:
    with pytest.raises(RecommenderError, match="not asked for"):
        corrections.give_opinion(cast.superuser, [asked.pk, reviews[1].pk], "positive")
    with pytest.raises(RecommenderError, match="not asked for"):
        corrections.give_opinion(cast.operator, [asked.pk], "positive")
    assert Correction.objects.count() == 1
    corrections.give_opinion(cast.superuser, [asked.pk], "positive")
    with pytest.raises(RecommenderError, match="not asked for"):
        corrections.give_opinion(cast.superuser, [asked.pk], "neutral")
    assert Correction.objects.count() == 2


def test_where_the_first_label_is_taken_back_the_second_opinion_counts(asked: Review, cast: Cast) -> None:
    corrections.give_opinion(cast.superuser, [asked.pk], "neutral")
    corrections.undo(cast.analyst, Correction.objects.get(analyst=cast.analyst).pk)
    score = score_of(asked)
    assert (score.label, score.corrected, score.polarity) == ("neutral", True, 0.0)
    assert not opinions.disagreements(cast.analyst)
    opinions.ask(cast.analyst, [asked.pk])
    corrections.give_opinion(cast.analyst, [asked.pk], "positive")
    assert score_of(asked).label == "neutral"


def test_where_the_first_label_was_taken_back_before_the_second_is_no_opinion(
    asked: Review, cast: Cast
) -> None:
    corrections.undo(cast.analyst, Correction.objects.get().pk)
    assert corrections.give_opinion(cast.superuser, [asked.pk], "neutral") == []
    assert score_of(asked).label == "neutral"
    assert not corrections.trail(asked)[0].second_opinion


def test_where_nobody_can_remember_who_was_asked_nobody_is(
    reviews: list[Review], cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any) -> None:
        raise RedisError("away")

    corrections.correct(cast.analyst, [reviews[0].pk], "negative")
    monkeypatch.setattr(opinions.cache, "set_many", away)
    assert reviews[0].pk not in {row.review_id for row in corrections.queue(9, analyst=cast.superuser)}


# -- disagreements ------------------------------------------------------------------------------------------


@pytest.fixture
def disputed(asked: Review, cast: Cast) -> Review:
    """Negative for one, neutral for the other."""
    corrections.give_opinion(cast.superuser, [asked.pk], "neutral", "a joke")
    return asked


def test_a_disagreement_is_open_until_it_is_settled(disputed: Review, cast: Cast) -> None:
    assert opinions.disagreements(cast.analyst) == [disputed.pk]
    said = corrections.settle(cast.superuser, disputed.pk, "positive", "sincere")
    assert (said.analyst, said.label, said.reason) == (cast.superuser, "positive", "sincere")
    assert score_of(disputed).label == "positive"
    assert opinions.disagreements(cast.analyst) == []
    corrections.undo(cast.superuser, said.pk)
    assert opinions.disagreements(cast.analyst) == [disputed.pk]


def test_a_label_that_overrides_settles_a_disagreement(disputed: Review, cast: Cast) -> None:
    corrections.correct(cast.analyst, [disputed.pk], "negative")
    assert opinions.disagreements(cast.analyst) == []


def test_who_agree_do_not_disagree(asked: Review, cast: Cast) -> None:
    corrections.give_opinion(cast.superuser, [asked.pk], "negative")
    assert opinions.disagreements(cast.analyst) == []


@pytest.mark.parametrize(("reason", "told"), [("", "A reason is missing."), ("so", "do not disagree")])
def test_what_cannot_be_settled_is_refused(reason: str, told: str, asked: Review, cast: Cast) -> None:
    with pytest.raises(RecommenderError, match=told):
        corrections.settle(cast.superuser, asked.pk, "neutral", reason)
    assert Correction.objects.count() == 1


def test_a_disagreement_is_not_told_to_whose_second_opinion_is_asked_for(asked: Review, cast: Cast) -> None:
    opinions.ask(cast.operator, [asked.pk])
    corrections.give_opinion(cast.superuser, [asked.pk], "neutral")
    assert opinions.disagreements(cast.operator) == []
    assert opinions.disagreements(cast.analyst) == [asked.pk]


def test_what_settles_a_disagreement_measures_no_agreement(disputed: Review, cast: Cast) -> None:
    before = corrections.agreement()
    assert before.observed == 0
    corrections.settle(cast.superuser, disputed.pk, "negative", "sarcasm it is")
    assert corrections.agreement() == before


# -- agreement ----------------------------------------------------------------------------------------------


def slow_kappa(pairs: list[tuple[str, str]]) -> float:
    """Straight from the table of counts."""
    table = {(a, b): sum(pair == (a, b) for pair in pairs) / len(pairs) for a in LABELS for b in LABELS}
    observed = sum(table[a, a] for a in LABELS)
    rows = {a: sum(table[a, b] for b in LABELS) for a in LABELS}
    columns = {b: sum(table[a, b] for a in LABELS) for b in LABELS}
    chance = sum(rows[a] * columns[a] for a in LABELS)
    return (observed - chance) / (1 - chance)


def test_kappa_is_that_of_the_table() -> None:
    pairs = [("positive", "positive")] * 5 + [("negative", "negative")] * 3 + [("neutral", "negative")] * 2
    pairs += [("positive", "neutral")]
    assert corrections.kappa_of(pairs).kappa == pytest.approx(slow_kappa(pairs))


def test_agreement_counts_each_analysts_newest_word(reviews: list[Review], cast: Cast) -> None:
    for number, review in enumerate(reviews[:4]):
        corrections.correct(cast.analyst, [review.pk], "neutral")
        corrections.correct(cast.analyst, [review.pk], "positive" if number % 2 else "negative")
        corrections.correct(cast.superuser, [review.pk], "positive" if number % 2 else "negative")
    corrections.correct(cast.analyst, [reviews[5].pk], "positive")
    found = corrections.agreement()
    assert (found.kappa, found.n) == (1.0, 4)


def test_without_pairs_there_is_no_kappa() -> None:
    assert corrections.agreement() == corrections.Agreement(None, 0)
