"""What looking for drift records. Declared in every process; what computes it is loaded where it runs."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from analytics.services.monitoring.measures import measure
from recommender.contracts import MODALITIES
from recommender.telemetry import gauge

#: what is counted by its values, and the model's confidence
SHARES = ("language", "category", "sentiment", "rating")
CONFIDENCE = "confidence"
SUBJECTS = (*MODALITIES, *SHARES, CONFIDENCE)

AUC = gauge(
    "mmsite_drift_auc",
    "How well new vectors can be told from older ones: 0.5 not at all, 1 always.",
    unit="ratio",
    modality=MODALITIES,
)
DISTANCE = gauge(
    "mmsite_drift_distance",
    "How far a mix of values, or the mean confidence, lies from before: 0 to 1.",
    unit="ratio",
    subject=(*SHARES, CONFIDENCE),
)
measure(
    "drift.auc", _("New vectors told from older ones"), "ratio", "mmsite_drift_auc", "level", by=("modality",)
)
measure(
    "drift.distance",
    _("Distance of new values from older ones"),
    "ratio",
    "mmsite_drift_distance",
    "level",
    by=("subject",),
)
