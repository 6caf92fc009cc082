"""Where the row that a task was working on can be seen by whoever asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.urls import reverse

from analytics.models import SentimentScore
from recommender.models import ImportBatch, Item, Media, Review
from recommender.web.access import MANAGE_CATALOGUE, VIEW_ANALYTICS


def subject_link(subject: str, user: Any) -> str:
    """The address of ``media 12`` and the like; "" for what has no page or is gone."""
    kind, _space, raw = subject.partition(" ")
    if kind not in _PAGES or not raw.isdecimal():
        return ""
    return _PAGES[kind](int(raw), user)


def _medium(pk: int, user: Any) -> str:
    medium = Media.objects.filter(pk=pk).first()
    if medium is None:
        return ""
    if medium.state == Media.State.FAILED and user.has_perm(MANAGE_CATALOGUE):
        return reverse("failed_media")
    if medium.review_id:
        return _review(medium.review_id, user)
    return _item(medium.item_id, user) if medium.item_id else ""


def _item(pk: int, user: Any) -> str:
    if not Item.objects.filter(pk=pk).exists():
        return ""
    return reverse("manage_item" if user.has_perm(MANAGE_CATALOGUE) else "item", args=[pk])


def _import(pk: int, user: Any) -> str:
    if user.has_perm(MANAGE_CATALOGUE):
        return reverse("import", args=[pk])
    job = ImportBatch.objects.filter(pk=pk).values_list("job_id", flat=True).first()
    return reverse("job", args=[job]) if job else ""


def _review(pk: int, user: Any) -> str:
    if user.has_perm(VIEW_ANALYTICS):
        return reverse("sentiment_review", args=[pk])
    item = Review.objects.filter(pk=pk).values_list("item_id", flat=True).first()
    return _item(item, user) if item else ""


def _score(pk: int, user: Any) -> str:
    review = SentimentScore.objects.filter(pk=pk).values_list("review_id", flat=True).first()
    return _review(review, user) if review else ""


_PAGES: dict[str, Callable[[int, Any], str]] = {
    "media": _medium,
    "item": _item,
    "import": _import,
    "job": lambda pk, user: reverse("job", args=[pk]),
    "review": _review,
    "score": _score,
}
