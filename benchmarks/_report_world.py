"""A generated site with scored reviews: a tree of categories, items of uneven fame, two languages."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from analytics.contracts import ASPECTS, LABELS

DAYS = 730
_TOPS, _LEAVES = 8, 8
_WORDS = 6_000
_CHUNK = 20_000
_CHANNELS = ("text", "text+image", "text+speech", "text+image+speech", "image", "speech")
_CHANNEL_SHARES = (0.78, 0.12, 0.05, 0.02, 0.02, 0.01)


def build(reviews: int, items: int = 10_000, people: int = 5_000, say: Callable[[str], None] = print) -> None:
    """Fill the empty database of this process's settings and sum it."""
    from analytics.services.report.rollups import rebuild_rollups

    rng = np.random.default_rng(11)
    for name, step in (
        ("catalogue", lambda: _catalogue(items, people)),
        ("reviews", lambda: _reviews(rng, reviews)),
        ("sums", lambda: rebuild_rollups(say=lambda text: None)),
    ):
        began = time.monotonic()
        step()
        say(f"{name}: {time.monotonic() - began:.1f} s")


def _catalogue(items: int, people: int) -> None:
    from django.contrib.auth.models import User

    from recommender.models import Category, Item

    leaves = []
    for top in range(_TOPS):
        parent = Category.objects.create(name=f"Hall {top}", path=f"Hall {top}")
        for leaf in range(_LEAVES):
            path = f"{parent.path}{Category.SEPARATOR}Shelf {leaf}"
            leaves.append(Category.objects.create(name=f"Shelf {leaf}", path=path, parent=parent, depth=1))
    rows = (
        Item(external_id=f"i{n}", title=f"Thing {n}", category=leaves[n % len(leaves)]) for n in range(items)
    )
    Item.objects.bulk_create(rows, batch_size=2_000)
    User.objects.bulk_create((User(username=f"p{n}") for n in range(people)), batch_size=2_000)


def _reviews(rng: np.random.Generator, count: int) -> None:
    from django.contrib.auth.models import User

    from analytics.models import AspectScore, SentimentScore
    from recommender.models import Item, Review

    stock = np.array(Item.objects.order_by("pk").values_list("pk", "category_id"))
    users = np.array(User.objects.order_by("pk").values_list("pk", flat=True))
    last = datetime.now(UTC).replace(microsecond=0)
    # More and more are written as time goes on, and most of them of a few items.
    seconds = np.sort(DAYS * 86_400 * np.sqrt(rng.random(count)))
    fame = 1 / (np.arange(len(stock)) + 20.0)
    words = _vocabulary(rng)
    for start in range(0, count, _CHUNK):
        size = min(_CHUNK, count - start)
        when = [last - timedelta(seconds=float(DAYS * 86_400 - s)) for s in seconds[start : start + size]]
        which = stock[rng.choice(len(stock), size, p=fame / fame.sum())]
        portion = _Portion(rng, start, when, which, rng.choice(users, size), words)
        _insert(Review, portion.reviews())
        _insert(SentimentScore, portion.scores())
        _insert(AspectScore, portion.aspects())


def _vocabulary(rng: np.random.Generator) -> dict[str, Sequence[str]]:
    """Words of two languages; the first ones are used the most."""
    latin, han = list("abcdefghijklmnoprstuvw"), [chr(code) for code in range(0x4E00, 0x5200)]
    return {
        "en": ["".join(rng.choice(latin, int(rng.integers(3, 10)))) for _ in range(_WORDS)],
        "zh": ["".join(rng.choice(han, int(rng.integers(1, 4)))) for _ in range(_WORDS)],
    }


class _Portion:
    """Some thousand reviews, their scores and opinions, as rows of column to value."""

    def __init__(
        self,
        rng: np.random.Generator,
        first: int,
        when: list[datetime],
        which: np.ndarray,
        who: np.ndarray,
        words: dict[str, Sequence[str]],
    ) -> None:
        size = len(when)
        self._first, self._when, self._which, self._who = first, when, which.tolist(), who.tolist()
        self._chinese = (rng.random(size) < 0.45).tolist()
        liking = np.clip(0.35 + 0.9 * rng.standard_normal(size) + 0.2 * np.sin(which[:, 0]), -1, 1)
        self._polarity = liking.round(3).tolist()
        self._rating = np.clip(np.rint(3 + 2 * liking + rng.normal(0, 0.5, size)), 1, 5).astype(int).tolist()
        self._abstained = (rng.random(size) < 0.06).tolist()
        self._disagreement = rng.beta(1, 6, size).round(3).tolist()
        self._channels = rng.choice(_CHANNELS, size, p=_CHANNEL_SHARES).tolist()
        self._aspects = [rng.choice(len(ASPECTS), n, replace=False) for n in rng.choice(4, size)]
        self._lean = np.clip(liking[:, None] + rng.normal(0, 0.5, (size, 3)), -1, 1).round(2).tolist()
        places = np.minimum(rng.zipf(1.25, (size, 22)) - 1, _WORDS - 1)
        self._texts = [
            ("" if zh else " ").join(words["zh" if zh else "en"][place] for place in row)
            for zh, row in zip(self._chinese, places.tolist(), strict=True)
        ]

    def _language(self, n: int) -> str:
        return "zh" if self._chinese[n] else "en"

    def _heard(self, n: int) -> str:
        """What was said aloud, where it was: the words of another review."""
        return self._texts[-n] if "speech" in self._channels[n] else ""

    def reviews(self) -> Iterator[dict[str, Any]]:
        for n, when in enumerate(self._when):
            yield {
                "id": self._first + n + 1, "external_id": "", "user_id": self._who[n],
                "item_id": self._which[n][0], "text": self._texts[n], "rating": self._rating[n],
                "language": self._language(n), "created_at": when, "updated_at": when,
            }  # fmt: skip

    def scores(self) -> Iterator[dict[str, Any]]:
        details = json.dumps({"channels": {"text": [0.1, 0.2, 0.7]}, "words": [["word", 0, 4, 0.8]] * 6})
        for n, when in enumerate(self._when):
            polarity = self._polarity[n]
            label = LABELS[0 if polarity < -0.25 else 2 if polarity > 0.25 else 1]
            yield {
                "id": self._first + n + 1, "review_id": self._first + n + 1, "state": "ready",
                "claimed_at": when, "attempts": 1, "error": "", "model": "generated", "seen_at": when,
                "scored_at": when, "label": label, "polarity": polarity, "corrected": False,
                "model_label": label, "model_polarity": polarity, "confidence": 0.5 + abs(polarity) / 2,
                "abstained": self._abstained[n], "reason": "", "disagreement": self._disagreement[n],
                "text_polarity": polarity, "image_polarity": None, "speech_polarity": None,
                "details": details, "heard": self._heard(n), "item_id": self._which[n][0],
                "category_id": self._which[n][1], "language": self._language(n), "rating": self._rating[n],
                "channels": self._channels[n], "reviewed_at": when,
            }  # fmt: skip

    def aspects(self) -> Iterator[dict[str, Any]]:
        for n, chosen in enumerate(self._aspects):
            for place, aspect in enumerate(chosen):
                yield {
                    "score_id": self._first + n + 1, "aspect": ASPECTS[aspect],
                    "polarity": self._lean[n][place], "words": "[]",
                }  # fmt: skip


def _insert(model: Any, rows: Iterator[dict[str, Any]]) -> None:
    """Rows by column, without making an object of each."""
    from django.db import connection, transaction

    values = list(rows)
    if not values:
        return
    columns = list(values[0])
    names, marks = ", ".join(f'"{name}"' for name in columns), ", ".join(["%s"] * len(columns))
    statement = f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES ({marks})'
    prepare = connection.ops.adapt_datetimefield_value
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(
            statement,
            [[prepare(v) if isinstance(v, datetime) else v for v in row.values()] for row in values],
        )
