"""What people did, said and were shown."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

ONE_ACTOR = Q(user__isnull=False, visitor="") | (Q(user__isnull=True) & ~Q(visitor=""))


class ActorQuerySet(models.QuerySet):
    def of(self, user: object, visitor: str = "") -> Self:
        """Rows of a signed-in ``user``, else of the anonymous ``visitor``."""
        if getattr(user, "is_authenticated", False):
            return self.filter(user=user)
        return self.filter(visitor=visitor) if visitor else self.none()


class InteractionQuerySet(ActorQuerySet):
    def recent(self, limit: int) -> Self:
        return self.order_by("-created_at", "-pk")[:limit]

    def newest_first(self, past: str = "") -> Self:
        """In the order of a history; with ``past`` only what comes after the one at that ``place``."""
        ordered = self.order_by("-created_at", "-pk")
        said, _comma, number = past.partition(",")
        try:
            moment, pk = datetime.fromisoformat(said).astimezone(UTC), int(number[:18])
        except (ValueError, OverflowError):  # no place, or none in time
            return ordered
        # The first condition says nothing more, but by it an index is walked from that place on.
        ordered = ordered.filter(created_at__lte=moment)
        return ordered.filter(Q(created_at__lt=moment) | Q(pk__lt=pk))

    def since(self, moment: datetime) -> Self:
        return self.filter(created_at__gte=moment)

    def of_kind(self, *kinds: str) -> Self:
        return self.filter(kind__in=kinds)


class Interaction(models.Model):
    """One thing a person, or an anonymous visitor, did with an item."""

    class Kind(models.TextChoices):
        VIEW = "view", _("viewed")
        CLICK = "click", _("clicked")
        LIKE = "like", _("liked")
        DISLIKE = "dislike", _("disliked")
        HIDE = "hide", _("hidden")
        SAVE = "save", _("saved")
        PURCHASE = "purchase", _("bought")
        RATING = "rating", _("rated")

    #: kinds that are a switch: once per person and item, undone by removing the row
    TOGGLES = (Kind.LIKE, Kind.DISLIKE, Kind.HIDE, Kind.SAVE)

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="interactions"
    )
    visitor = models.CharField(max_length=40, blank=True)
    item = models.ForeignKey("Item", on_delete=models.CASCADE, related_name="interactions")
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    value = models.FloatField(_("value"), null=True, blank=True)
    impression = models.ForeignKey(
        "Impression", on_delete=models.SET_NULL, null=True, blank=True, related_name="answers"
    )
    created_at = models.DateTimeField(_("time"), default=timezone.now)

    objects = InteractionQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["user", "-created_at"], name="interaction_user_recent"),
            models.Index(fields=["visitor", "-created_at"], name="interaction_visitor_recent"),
            models.Index(fields=["item", "kind"], name="interaction_item_kind"),
            models.Index(fields=["created_at"], name="interaction_time"),
        ]
        constraints = [
            models.CheckConstraint(condition=ONE_ACTOR, name="interaction_one_actor"),
            models.CheckConstraint(
                condition=~Q(kind="rating") | Q(value__isnull=False), name="interaction_rating_has_value"
            ),
            models.UniqueConstraint(
                fields=["user", "item", "kind", "created_at"],
                condition=Q(user__isnull=False),
                name="interaction_once_per_moment",
            ),
            models.UniqueConstraint(
                fields=["user", "item", "kind"],
                condition=Q(user__isnull=False, kind__in=["like", "dislike", "hide", "save"]),
                name="interaction_toggle_once_user",
            ),
            models.UniqueConstraint(
                fields=["visitor", "item", "kind"],
                condition=Q(user__isnull=True, kind__in=["like", "dislike", "hide", "save"]),
                name="interaction_toggle_once_visitor",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id or self.visitor[:8]} {self.kind} {self.item_id}"

    @property
    def place(self) -> str:
        """Where it stands in a history, also once it has been taken back."""
        return f"{self.created_at.isoformat()},{self.pk}"


class ReviewQuerySet(models.QuerySet["Review"]):
    def for_page(self) -> Self:
        """Newest first, with author, photos and voice in a fixed number of queries."""
        return (
            self.select_related("user", "user__profile")
            .prefetch_related("media")
            .order_by("-created_at", "-pk")
        )


class Review(models.Model):
    """What a person says of an item; photos and a voice recording hang on it as media."""

    external_id = models.CharField(max_length=200, blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reviews")
    item = models.ForeignKey("Item", on_delete=models.CASCADE, related_name="reviews")
    text = models.TextField(_("text"), blank=True)
    rating = models.PositiveSmallIntegerField(_("rating"), null=True, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    #: what is felt, from -1 to 1, as analytics found or an analyst said; None while nobody knows
    polarity = models.FloatField(_("sentiment"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("time"), default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["item", "-created_at"], name="review_item_recent"),
            models.Index(fields=["user", "-created_at"], name="review_user_recent"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(rating__isnull=True) | Q(rating__range=(1, 5)), name="review_rating_1_to_5"
            ),
            models.UniqueConstraint(
                fields=["external_id"], condition=~Q(external_id=""), name="review_external_id_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} on {self.item_id}: {self.text[:40]}"


class Impression(models.Model):
    """One item shown to one person at one rank: by which model, from which source, because of what."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    #: the answer (page of a feed, search result) this item was shown in
    answer = models.UUIDField(db_index=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True)
    visitor = models.CharField(max_length=40, blank=True)
    item = models.ForeignKey("Item", on_delete=models.CASCADE, related_name="impressions")
    surface = models.CharField(max_length=30)
    rank = models.PositiveIntegerField()
    score = models.FloatField(default=0)
    source = models.CharField(max_length=20, blank=True)
    seed = models.ForeignKey("Item", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    model = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = ActorQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["created_at"], name="impression_time"),
            models.Index(fields=["item", "created_at"], name="impression_item_time"),
        ]

    def __str__(self) -> str:
        return f"{self.surface} #{self.rank}: {self.item_id}"
