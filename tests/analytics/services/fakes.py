"""A scorer without weights, and reviews for it: what counts is what the services do around it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from analytics.contracts import AspectOpinion, Example, Moment, Reading, Sentiment, Spoken, Word
from recommender.models import Category, Item, Media, Review
from recommender.services.stored import put

GOOD, BAD, FLAT = Reading((0.05, 0.05, 0.9)), Reading((0.9, 0.05, 0.05)), Reading((0.3, 0.4, 0.3))


class WordScorer:
    """Reads "good" and "bad"; a photo by its first axis, a voice by whether it is loud."""

    fusion_note = ""
    image_space = "planted"

    def __init__(self, key: str = "words@1") -> None:
        self.key = key
        self.seen: list[Spoken] = []

    def score(self, batch: Sequence[Spoken]) -> list[Sentiment]:
        self.seen += batch
        return [self._one(spoken) for spoken in batch]

    def _one(self, spoken: Spoken) -> Sentiment:
        if "explode" in spoken.text:
            raise ZeroDivisionError("it exploded")
        channels: dict[Any, Reading] = {}
        if spoken.text.strip():
            channels["text"] = self._words(spoken.text)
        if spoken.images is not None:
            channels["image"] = GOOD if spoken.images[:, 0].mean() > 0 else BAD
        if spoken.clips:
            channels["speech"] = BAD if np.abs(spoken.clips[0].samples).max() > 0.3 else FLAT
        if not channels:
            return Sentiment(None, abstained=True, reason="There is nothing to score.")
        overall = next(iter(channels.values()))
        labels = {one.label for one in channels.values()}
        at = spoken.text.find("price")
        words = (Word("price", at, at + 5, overall.polarity),) if at >= 0 else ()
        return Sentiment(
            overall=overall,
            channels=channels,
            abstained=overall is FLAT,
            reason="No label is likely enough." if overall is FLAT else "",
            disagreement=0.8 if len(labels) > 1 else 0.1,
            aspects=(AspectOpinion("price", overall.polarity, words),) if words else (),
            words=words,
            moments=(Moment(0, 0.1, 0.4, -0.5),) if spoken.clips else (),
        )

    @staticmethod
    def _words(text: str) -> Reading:
        return GOOD if "good" in text else BAD if "bad" in text else FLAT


@pytest.fixture
def scorer(monkeypatch: pytest.MonkeyPatch) -> WordScorer:
    """In place of ``load_scorer``: the shipped one, and one whose key is in the file ``key`` of a folder."""
    shipped = WordScorer()

    def load(folder: Path | None = None) -> WordScorer:
        return WordScorer((folder / "key").read_text(encoding="utf-8")) if folder else shipped

    monkeypatch.setattr("analytics.engine.sentiment.load_scorer", load)
    monkeypatch.setattr("analytics.services.scoring.model.CHECK_SECONDS", 0.0)
    return shipped


@pytest.fixture
def learner(monkeypatch: pytest.MonkeyPatch) -> list[Example]:
    """In place of ``retrain``: gives what it was handed, and writes a scorer with a key of its own."""
    given: list[Example] = []

    def fit(
        base: Path | None, examples: Sequence[Example], output: Path, recogniser: Any = None
    ) -> dict[str, Any]:
        given.extend(examples)
        (output / "key").write_text(f"words@{output.name}", encoding="utf-8")
        return {"before": {"accuracy": 0.6}, "after": {"accuracy": 0.8}}

    monkeypatch.setattr("analytics.engine.sentiment.scorer_retraining.retrain", fit, raising=False)
    return given


def make_item(name: str = "bag", category: Category | None = None) -> Item:
    return Item.objects.create(external_id=name, title=name, category=category)


def make_review(text: str, *, item: Item | None = None, user: User | None = None, **fields: Any) -> Review:
    number = Review.objects.count()
    user = user or User.objects.create(username=f"writer-{number}")
    item = item or Item.objects.first() or make_item()
    return Review.objects.create(**{"text": text, "item": item, "user": user, "language": "en"} | fields)


def add_medium(review: Review, kind: str, content: bytes | None = None, **fields: Any) -> Media:
    """A medium that is ready; ``content`` becomes its sound or its picture."""
    medium = Media.objects.create(
        review=review,
        kind=kind,
        checksum=f"{Media.objects.count():064}",
        **({"state": "ready", "claimed_at": timezone.now()} | fields),
    )
    if content is not None:
        for name in ("sound.flac",) if kind == "audio" else ("160.webp", "480.webp", "1080.webp"):
            put(medium.derived(name), content)
    return medium
