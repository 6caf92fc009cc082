"""What analytics remembers: scores of reviews, what analysts say of them, alerts; how the site fared."""

from analytics.models.alerts import Alert
from analytics.models.audit import AuditEntry
from analytics.models.corrections import Correction
from analytics.models.drift import DriftReport, EmbeddingMap
from analytics.models.incidents import AlertRule, Incident, Silence
from analytics.models.operations import PausedQueue, RequestTrace, StreamPosition, TaskRun
from analytics.models.rollups import RollupDay, RollupName, RollupSegment
from analytics.models.scores import AspectScore, SentimentScore
from analytics.models.telemetry import TelemetryMinutes, TelemetryRollup, TelemetrySeries
from analytics.models.views import SavedView

__all__ = [
    "Alert",
    "AlertRule",
    "AspectScore",
    "AuditEntry",
    "Correction",
    "DriftReport",
    "EmbeddingMap",
    "Incident",
    "PausedQueue",
    "RequestTrace",
    "RollupDay",
    "RollupName",
    "RollupSegment",
    "SavedView",
    "SentimentScore",
    "Silence",
    "StreamPosition",
    "TaskRun",
    "TelemetryMinutes",
    "TelemetryRollup",
    "TelemetrySeries",
]
