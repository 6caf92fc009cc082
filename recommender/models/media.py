"""Pictures, sounds and films, stored once per content, each with its own state."""

from __future__ import annotations

from datetime import timedelta
from typing import Self

from django.core.files.storage import default_storage
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from recommender.models.telling import TellingError


class MediaQuerySet(models.QuerySet["Media"]):
    def awaiting(self) -> Self:
        """Waiting for a worker, or claimed by one that has not been heard from for ten minutes."""
        lost = Q(state=Media.State.WORKING, claimed_at__lt=timezone.now() - timedelta(minutes=10))
        return self.filter(Q(state=Media.State.PENDING) | lost)

    def ready(self) -> Self:
        return self.filter(state=Media.State.READY)

    def failed(self) -> Self:
        return self.filter(state=Media.State.FAILED)

    def failed_anywhere(self) -> Self:
        """What could not be prepared, or of which a vector could not be made."""
        failed = models.Q(state=Media.State.FAILED) | models.Q(embeddings__state="failed")
        return self.filter(failed).distinct()

    def of_kind(self, *kinds: str) -> Self:
        return self.filter(kind__in=kinds)


class Media(TellingError):
    """One picture, sound or film of an item or a review.

    The file's name is its checksum, so equal files are kept once. ``source`` says where it came from; it is
    fetched from ``source`` when that is a URL and ``file`` is still empty.
    """

    class Kind(models.TextChoices):
        IMAGE = "image", _("picture")
        AUDIO = "audio", _("sound")
        VIDEO = "video", _("film")

    class State(models.TextChoices):
        PENDING = "pending", _("waiting")
        WORKING = "working", _("being prepared")
        READY = "ready", _("ready")
        FAILED = "failed", _("failed")

    SIZES = (160, 480, 1080)

    item = models.ForeignKey("Item", on_delete=models.CASCADE, null=True, blank=True, related_name="media")
    review = models.ForeignKey(
        "Review", on_delete=models.CASCADE, null=True, blank=True, related_name="media"
    )
    kind = models.CharField(_("kind"), max_length=5, choices=Kind)
    position = models.PositiveIntegerField(default=0)
    file = models.CharField(_("file"), max_length=300, blank=True)
    checksum = models.CharField(max_length=64, blank=True)
    source = models.CharField(_("source"), max_length=1000, blank=True)
    caption = models.TextField(_("caption"), blank=True)
    mime = models.CharField(max_length=100, blank=True)
    bytes = models.PositiveBigIntegerField(default=0)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    duration = models.FloatField(_("seconds"), null=True, blank=True)
    has_sound = models.BooleanField(default=False)
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.PENDING)
    claimed_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(_("error"), blank=True)
    remedy = models.TextField(_("remedy"), blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = MediaQuerySet.as_manager()

    class Meta:
        verbose_name_plural = _("media")
        ordering = ["position", "pk"]
        indexes = [
            models.Index(fields=["state", "claimed_at"], name="media_state_claimed"),
            models.Index(fields=["checksum"], name="media_checksum"),
            models.Index(fields=["kind", "state", "updated_at"], name="media_kind_state"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(item__isnull=False, review__isnull=True)
                | Q(item__isnull=True, review__isnull=False),
                name="media_has_one_owner",
            ),
            models.UniqueConstraint(
                fields=["item", "checksum"], condition=~Q(checksum=""), name="media_once_per_item"
            ),
            models.UniqueConstraint(
                fields=["review", "checksum"], condition=~Q(checksum=""), name="media_once_per_review"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def url(self) -> str:
        return default_storage.url(self.file) if self.file else ""

    @property
    def has_picture(self) -> bool:
        """A picture, or a film whose poster stands for it."""
        return self.kind in {self.Kind.IMAGE, self.Kind.VIDEO} and self.state == self.State.READY

    def thumbnail(self, size: int = 480) -> str:
        """URL of the WebP rendition whose long side is ``size`` (one of SIZES); empty while not ready."""
        if not self.has_picture:
            return ""
        name = self.derived(f"{size}.webp")
        # Made of a checksum it needs no quoting, and is asked for more often than anything else.
        base = getattr(default_storage, "base_url", None)
        return base + name if base else default_storage.url(name)

    def derived(self, suffix: str) -> str:
        """Storage name of a file made from this one, e.g. ``derived/ab/<checksum>/480.webp``."""
        return f"derived/{self.checksum[:2]}/{self.checksum}/{suffix}"
