"""Trained models on disk: which one serves, what it was trained on, how well it measured."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from recommender.models.telling import Telling


class ModelVersionQuerySet(models.QuerySet["ModelVersion"]):
    def serving(self, kind: str) -> ModelVersion | None:
        return self.filter(kind=kind, state=ModelVersion.State.ACTIVE).first()


class ModelVersion(Telling):
    """One fitted model, e.g. the item graph; ``path`` is a directory below GRAPH_ROOT."""

    class State(models.TextChoices):
        BUILDING = "building", _("being built")
        READY = "ready", _("ready")
        ACTIVE = "active", _("active")
        RETIRED = "retired", _("retired")
        FAILED = "failed", _("failed")

    kind = models.CharField(_("kind"), max_length=30)
    path = models.CharField(max_length=200, unique=True)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.BUILDING)
    #: what it was fitted with: recipe, hyper-parameters, space, counts
    parameters = models.JSONField(default=dict)
    metrics = models.JSONField(default=dict)
    seconds = models.FloatField(null=True, blank=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    activated_at = models.DateTimeField(null=True, blank=True)

    objects = ModelVersionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind"], condition=Q(state="active"), name="model_one_active_per_kind"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.path}"
