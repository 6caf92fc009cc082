"""What analytics remembers: scores of reviews, what analysts say of them, alerts, views."""

from analytics.models.alerts import Alert
from analytics.models.audit import AuditEntry
from analytics.models.corrections import Correction
from analytics.models.rollups import RollupDay, RollupName, RollupSegment
from analytics.models.scores import AspectScore, SentimentScore
from analytics.models.views import SavedView

__all__ = [
    "Alert",
    "AspectScore",
    "AuditEntry",
    "Correction",
    "RollupDay",
    "RollupName",
    "RollupSegment",
    "SavedView",
    "SentimentScore",
]
