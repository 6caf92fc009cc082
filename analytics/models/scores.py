"""What each review feels: as the model says, as an analyst says, and the evidence."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Case, F, Value, When
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from analytics.contracts import STARS


class Label(models.TextChoices):
    NEGATIVE = "negative", _("negative")
    NEUTRAL = "neutral", _("neutral")
    POSITIVE = "positive", _("positive")


#: The largest number of a row; SQLite and PostgreSQL break over larger ones.
LAST_KEY = 2**63 - 1
#: What is read in the words; where there are none, in everything. And how far the stars stand against it.
_READ = Coalesce(F("text_polarity"), F("model_polarity"), output_field=models.FloatField())
_STAR_GAP = Case(
    *(When(rating=stars, then=_READ * Value(-says)) for stars, says in STARS.items()),
    default=Value(0.0),
    output_field=models.FloatField(),
)


class SentimentScoreQuerySet(models.QuerySet["SentimentScore"]):
    def of_review(self, key: int) -> Self:
        """Of the review of that number, however large a number somebody made up."""
        return self.filter(review=key) if key <= LAST_KEY else self.none()

    def ready(self) -> Self:
        return self.filter(state=SentimentScore.State.READY)

    def with_words(self, words: str) -> Self:
        """Those in which the words stand as they are given, in any case: written, or heard in a recording."""
        return self.filter(models.Q(review__text__icontains=words) | models.Q(heard__icontains=words))

    def for_list(self) -> Self:
        """With review, author, item, aspects and media in a fixed number of queries."""
        return self.select_related(
            "review", "review__user", "review__user__profile", "item"
        ).prefetch_related("aspects", "review__media")


class SentimentScore(models.Model):
    """One review's sentiment under one model; what reports filter by is kept beside it.

    ``label`` and ``polarity`` are what counts: the model's, or an analyst's correction.
    """

    class State(models.TextChoices):
        CLAIMED = "claimed", _("being scored")
        READY = "ready", _("scored")
        FAILED = "failed", _("failed")

    review = models.OneToOneField("recommender.Review", on_delete=models.CASCADE, related_name="sentiment")
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.CLAIMED)
    claimed_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(_("error"), blank=True)
    #: key of the scorer, "" while the review waits to be scored; and the review's ``updated_at`` that it saw
    model = models.CharField(_("model"), max_length=80, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)
    scored_at = models.DateTimeField(null=True, blank=True)
    # -- what counts
    label = models.CharField(_("label"), max_length=8, choices=Label, blank=True)
    polarity = models.FloatField(_("polarity"), default=0)
    corrected = models.BooleanField(_("corrected"), default=False)
    # -- what the model said
    model_label = models.CharField(max_length=8, choices=Label, blank=True)
    model_polarity = models.FloatField(default=0)
    confidence = models.FloatField(_("confidence"), default=0)
    abstained = models.BooleanField(_("abstained"), default=False)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    disagreement = models.FloatField(_("disagreement"), default=0)
    text_polarity = models.FloatField(null=True, blank=True)
    image_polarity = models.FloatField(null=True, blank=True)
    speech_polarity = models.FloatField(null=True, blank=True)
    #: {"channels": {name: [3 probabilities]}, "words": [[text, start, end, weight]],
    #: "moments": [[media id, start, end, weight]], "regions": [[media id, x, y, width, height, weight]],
    #: "missing": {channel: reason}, "missing_said": {channel: parts of it to be translated}, where English
    #: would not do, "heard": what ``services/scoring/heard.py`` writes, where there is any}
    details = models.JSONField(default=dict, blank=True)
    #: of the transcripts in ``details`` those that count, a line for each: what is searched and listed
    heard = models.TextField(_("words heard"), blank=True, default="", db_default="")
    # -- of the review, for reports
    item = models.ForeignKey("recommender.Item", on_delete=models.CASCADE, related_name="sentiments")
    category = models.ForeignKey(
        "recommender.Category", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    language = models.CharField(_("language"), max_length=10, blank=True)
    rating = models.PositiveSmallIntegerField(_("rating"), null=True, blank=True)
    #: what it speaks through, e.g. "text" or "text+image+speech", in the order of CHANNELS
    channels = models.CharField(_("channels"), max_length=20, blank=True)
    reviewed_at = models.DateTimeField(_("time"))
    #: The widest contradiction: ``disagreement``, which the scorer finds, or the stars against what is read,
    #: as ``star_gap`` of the engine has it. The database keeps it, so it follows stars that are changed.
    mismatch = models.GeneratedField(
        verbose_name=_("mismatch"),
        expression=Greatest(F("disagreement"), _STAR_GAP),
        output_field=models.FloatField(),
        db_persist=True,
    )

    objects = SentimentScoreQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["state", "claimed_at"], name="sentiment_state_claimed"),
            models.Index(fields=["-reviewed_at"], name="sentiment_recent"),
            # With what a selection is limited by, but aspect and words: few of a year are looked up in vain.
            models.Index(
                fields=[
                    "state",
                    "-reviewed_at",
                    "-id",
                    "item",
                    "category",
                    "label",
                    "language",
                    "rating",
                    "channels",
                    "abstained",
                    "corrected",
                ],
                name="sentiment_state_recent",
            ),
            # The state first: without statistics SQLite takes it for more telling than the item.
            models.Index(fields=["state", "item", "-reviewed_at", "-id"], name="sentiment_item_recent"),
            models.Index(fields=["category", "-reviewed_at"], name="sentiment_category_recent"),
            models.Index(fields=["label", "-reviewed_at"], name="sentiment_label_recent"),
            models.Index(fields=["-disagreement"], name="sentiment_disagreement"),
            # With what selections are mostly limited by, so that few rows are looked at in vain.
            models.Index(
                fields=["state", "-mismatch", "-id", "reviewed_at", "item", "category"],
                name="sentiment_mismatch",
            ),
            # What waits to be scored is what no model, or another one, has read.
            models.Index(fields=["model"], name="sentiment_model"),
        ]

    def __str__(self) -> str:
        return f"{self.review_id}: {self.label or self.state}"


class AspectScore(models.Model):
    """What a review feels about one aspect, and the words that say so ([text, start, end, weight])."""

    score = models.ForeignKey(SentimentScore, on_delete=models.CASCADE, related_name="aspects")
    aspect = models.CharField(_("aspect"), max_length=30)
    polarity = models.FloatField(_("polarity"))
    words = models.JSONField(default=list, blank=True)
    #: number of the recording in whose transcript the words stand; None for those of the text
    medium = models.PositiveBigIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["aspect", "score"], name="aspect_score_aspect")]
        constraints = [
            models.UniqueConstraint(fields=["score", "aspect"], name="aspect_once_per_review"),
        ]

    def __str__(self) -> str:
        return f"{self.aspect} {self.polarity:+.2f}"
