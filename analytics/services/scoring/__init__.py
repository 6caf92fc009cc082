"""What each review feels: scored by workers as reviews arrive, once for each review and model."""

from analytics.services.scoring.asking import answer_question
from analytics.services.scoring.model import (
    KIND,
    current_scorer,
    current_scorer_key,
    forget_scorer,
    known_scorer_key,
    serving_version,
)
from analytics.services.scoring.now import score_now
from analytics.services.scoring.pending import score_pending, score_review
from analytics.services.scoring.waiting import (
    enrol,
    enrol_unseen,
    on_review_written,
    reconcile,
    waiting_for,
)

__all__ = [
    "KIND",
    "answer_question",
    "current_scorer",
    "current_scorer_key",
    "enrol",
    "enrol_unseen",
    "forget_scorer",
    "known_scorer_key",
    "on_review_written",
    "reconcile",
    "score_now",
    "score_pending",
    "score_review",
    "serving_version",
    "waiting_for",
]
