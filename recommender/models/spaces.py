"""Encoder spaces, the vectors in them, and the index snapshots built from those."""

from __future__ import annotations

from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from recommender.models.telling import Telling


class EncoderSpaceQuerySet(models.QuerySet["EncoderSpace"]):
    def active(self) -> EncoderSpace | None:
        return self.filter(state=EncoderSpace.State.ACTIVE).first()

    def filling(self) -> Self:
        """Spaces whose missing vectors workers should make: the active one first, then shadows."""
        return self.exclude(state=EncoderSpace.State.RETIRED).order_by("state", "pk")


class EncoderSpace(models.Model):
    """Vectors can be compared only within one space: one encoder, one set of weights, one preprocessing."""

    class State(models.TextChoices):
        ACTIVE = "active", _("active")
        SHADOW = "shadow", _("shadow")
        RETIRED = "retired", _("retired")

    #: what ``load_encoder`` is given
    spec = models.CharField(_("encoder"), max_length=500)
    name = models.CharField(_("name"), max_length=200)
    weights_hash = models.CharField(max_length=64)
    dim = models.PositiveIntegerField(_("dimension"))
    preprocessing = models.CharField(max_length=50)
    modalities = models.JSONField(default=list)
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.SHADOW)
    created_at = models.DateTimeField(auto_now_add=True)
    activated_at = models.DateTimeField(null=True, blank=True)
    #: when an operator chose it to serve; the encoder of the settings then waits for them
    pinned_at = models.DateTimeField(null=True, blank=True)

    objects = EncoderSpaceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["name", "weights_hash", "dim", "preprocessing"], name="space_identity_once"
            ),
            models.UniqueConstraint(fields=["state"], condition=Q(state="active"), name="space_one_active"),
            models.CheckConstraint(condition=Q(dim__gt=0), name="space_dim_positive"),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def key(self) -> str:
        """The identity written into every snapshot's manifest."""
        return f"{self.name}@{self.weights_hash}/{self.dim}/{self.preprocessing}"


class EmbeddingQuerySet(models.QuerySet["Embedding"]):
    def ready(self) -> Self:
        return self.filter(state=Embedding.State.READY)

    def after(self, embedding_id: int) -> Self:
        return self.filter(pk__gt=embedding_id)

    def stale_claims(self) -> Self:
        old = timezone.now() - timedelta(minutes=10)
        return self.filter(state=Embedding.State.CLAIMED, claimed_at__lt=old)


class Embedding(Telling):
    """A unit vector (float16 bytes) of an item's words (``media`` is null) or of one of its media.

    Inserting the row with state ``claimed`` is how a worker claims the work: the unique constraints let only
    one succeed. A changed source deletes the row, so a new vector always has a higher primary key, and
    readers follow the table by primary key.
    """

    class State(models.TextChoices):
        CLAIMED = "claimed", _("claimed")
        READY = "ready", _("ready")
        FAILED = "failed", _("failed")

    class Modality(models.TextChoices):
        IMAGE = "image", _("look")
        TEXT = "text", _("words")
        AUDIO = "audio", _("sound")

    space = models.ForeignKey(EncoderSpace, on_delete=models.CASCADE, related_name="embeddings")
    item = models.ForeignKey(
        "Item", on_delete=models.CASCADE, null=True, blank=True, related_name="embeddings"
    )
    media = models.ForeignKey(
        "Media", on_delete=models.CASCADE, null=True, blank=True, related_name="embeddings"
    )
    modality = models.CharField(max_length=5, choices=Modality)
    state = models.CharField(max_length=7, choices=State, default=State.CLAIMED)
    vector = models.BinaryField(null=True, blank=True)
    error = models.TextField(blank=True)
    claimed_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = EmbeddingQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["space", "state", "id"], name="embedding_space_state"),
            models.Index(fields=["item", "space"], name="embedding_item_space"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["space", "item", "modality"],
                condition=Q(media__isnull=True),
                name="embedding_once_per_item",
            ),
            models.UniqueConstraint(
                fields=["space", "media", "modality"],
                condition=Q(media__isnull=False),
                name="embedding_once_per_media",
            ),
            models.CheckConstraint(
                condition=Q(item__isnull=False) | Q(media__isnull=False), name="embedding_has_owner"
            ),
            models.CheckConstraint(
                condition=~Q(state="ready") | Q(vector__isnull=False), name="embedding_ready_has_vector"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.modality} of {self.item_id}"


class IndexSnapshotQuerySet(models.QuerySet["IndexSnapshot"]):
    def serving(self, space: EncoderSpace) -> IndexSnapshot | None:
        return self.filter(space=space, state=IndexSnapshot.State.ACTIVE).first()


class IndexSnapshot(Telling):
    """An immutable index, in files or in Milvus.

    Rows of Embedding above ``watermark`` are not in it and form the delta.
    """

    class State(models.TextChoices):
        BUILDING = "building", _("being built")
        READY = "ready", _("ready")
        ACTIVE = "active", _("active")
        RETIRED = "retired", _("retired")
        FAILED = "failed", _("failed")

    space = models.ForeignKey(EncoderSpace, on_delete=models.CASCADE, related_name="snapshots")
    #: name of its directory below INDEX_ROOT, or of its collection
    path = models.CharField(max_length=200, unique=True)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.BUILDING)
    items = models.PositiveIntegerField(default=0)
    watermark = models.PositiveBigIntegerField(default=0)
    manifest = models.JSONField(default=dict)
    seconds = models.FloatField(null=True, blank=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    activated_at = models.DateTimeField(null=True, blank=True)
    #: when an operator went back to it; no other is then built unless somebody asks
    held_at = models.DateTimeField(null=True, blank=True)

    objects = IndexSnapshotQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["space"], condition=Q(state="active"), name="snapshot_one_active_per_space"
            ),
        ]

    def __str__(self) -> str:
        return self.path
