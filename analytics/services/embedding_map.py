"""The catalogue as a map: drawn by a task for each modality, coloured when it is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import Avg, FloatField, Func
from django.utils import timezone

from analytics.models import DriftReport, EmbeddingMap, SentimentScore
from recommender.contracts import MODALITIES
from recommender.models import Category, Embedding, EncoderSpace, Item
from recommender.services.spaces import current_space

TASK = "analytics.tasks.draw_map"
MOST = 20_000
#: rows whose neighbours are compared, and how many neighbours
_FOR_TRUST, _NEIGHBOURS = 1_500, 10
_LEAST = 3
_OLD_SECONDS, _GROWN_SECONDS = 3600, 300
_AT_ONCE = 500
#: categories that have a colour of their own; the others share one
MOST_GROUPS = 12


# -- drawing ------------------------------------------------------------------------------------------------


def draw_if_due() -> list[EmbeddingMap]:
    """Draw what is an hour old, or lacks a tenth of the items there are by now and is five minutes old."""
    space = current_space()
    if space is None:
        return []
    newest = EmbeddingMap.objects.filter(space=space).order_by("-created_at").first()
    if newest is not None:
        age = (timezone.now() - newest.created_at).total_seconds()
        if age < _GROWN_SECONDS or (age < _OLD_SECONDS and not _has_grown(space)):
            return []
    return draw_maps()


def _has_grown(space: EncoderSpace) -> bool:
    drawn = max(row.figures.get("of", 0) for row in EmbeddingMap.objects.filter(space=space))
    return Item.objects.available().count() > 1.1 * drawn


def draw_maps() -> list[EmbeddingMap]:
    """Draw every modality of the serving space anew."""
    space = current_space()
    if space is None:
        return []
    return [drawn for modality in MODALITIES if (drawn := _draw(space, modality)) is not None]


def _draw(space: EncoderSpace, modality: str) -> EmbeddingMap | None:
    from analytics.engine.layout import principal_plane, trustworthiness

    ids, vectors, total = _sample(space, modality)
    if len(ids) < _LEAST:
        EmbeddingMap.objects.filter(space=space, modality=modality).delete()
        return None
    layout = principal_plane(vectors)
    some = np.random.default_rng(0).permutation(len(ids))[:_FOR_TRUST]
    trust = trustworthiness(vectors[some], layout.points[some], _NEIGHBOURS)
    figures = {
        "kept": round(layout.kept, 4),
        "trust": None if np.isnan(trust) else round(trust, 4),
        "items": len(ids),
        "of": total,
    }
    row, _new = EmbeddingMap.objects.update_or_create(
        space=space,
        modality=modality,
        defaults={
            "method": "pca",
            "item_ids": ids.astype("<i8").tobytes(),
            "points": layout.points.astype("<f4").tobytes(),
            "figures": figures,
            "created_at": timezone.now(),
        },
    )
    return row


def _sample(space: EncoderSpace, modality: str) -> tuple[np.ndarray, np.ndarray, int]:
    """Items (n,) ascending, their unit vectors (n, dim), and how many items there are."""
    rows = Embedding.objects.ready().filter(
        space=space, modality=modality, item__availability=Item.Availability.AVAILABLE
    )
    owners = np.unique(np.fromiter(rows.order_by().values_list("item_id", flat=True), np.int64))
    ids = owners
    if len(owners) > MOST:
        ids = np.sort(np.random.default_rng(0).choice(owners, MOST, replace=False))
    sums = np.zeros((len(ids), space.dim), np.float32)
    for start in range(0, len(ids), _AT_ONCE):
        part = ids[start : start + _AT_ONCE].tolist()
        # By item and space, of which there is an index; of the state there is another that reads far more.
        found = Embedding.objects.filter(item_id__in=part, space=space)
        for item, kind, content in found.values_list("item_id", "modality", "vector"):
            if kind == modality and content is not None:
                sums[np.searchsorted(ids, item)] += np.frombuffer(bytes(content), "<f2").astype(np.float32)
    return ids, sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-6), len(owners)


# -- looking ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Places:
    """Items (n,) and where they lie (n, 2)."""

    row: EmbeddingMap
    ids: np.ndarray
    points: np.ndarray


def map_of(modality: str) -> Places | None:
    """The map of the serving space as it was drawn last."""
    space = current_space()
    row = EmbeddingMap.objects.filter(space=space, modality=modality).first() if space else None
    if row is None:
        return None
    ids = np.frombuffer(bytes(row.item_ids), "<i8")
    return Places(row, ids, np.frombuffer(bytes(row.points), "<f4").reshape(-1, 2))


def drawn() -> list[str]:
    """Modalities of which the serving space has a map."""
    space = current_space()
    have = (
        set(EmbeddingMap.objects.filter(space=space).values_list("modality", flat=True)) if space else set()
    )
    return [modality for modality in MODALITIES if modality in have]


def groups(places: Places) -> tuple[list[int | None], np.ndarray]:
    """The commonest categories (None: all others, and none), and for each item (n,) the place of its own.

    Those below the top are counted with the shelf of the hall that they stand on.
    """
    shelves = _shelves()
    of_item = dict(Item.objects.order_by().values_list("pk", "category_id"))
    own = np.array([shelves.get(of_item.get(pk) or 0, 0) for pk in places.ids.tolist()], np.int64)
    values, counts = np.unique(own[own > 0], return_counts=True)
    named = values[np.argsort(-counts, kind="stable")][:MOST_GROUPS]
    codes = np.full(len(own), len(named), np.int64)
    for code, value in enumerate(named.tolist()):
        codes[own == value] = code
    return [*named.tolist(), None], codes


def _shelves() -> dict[int, int]:
    """Category to the one above it that is coloured: of the first level, or the second below a single top."""
    parents = dict(Category.objects.values_list("pk", "parent_id"))
    tops = [pk for pk, parent in parents.items() if parent is None]
    level = 1 if len(tops) == 1 else 0
    found = {}
    for pk in parents:
        line = [pk]
        while (above := parents.get(line[-1])) is not None:
            line.append(above)
        found[pk] = line[::-1][min(level, len(line) - 1)]
    return found


def numbers(places: Places, by: str) -> np.ndarray:
    """(n,) float32 of each item: mean sentiment, age in days, or drift score; nan where it has none."""
    values = {"sentiment": _feelings, "age": _ages, "drift": lambda: _drift(places.row.modality)}[by]()
    return np.array([values.get(pk, np.nan) for pk in places.ids.tolist()], np.float32)


def _feelings() -> dict[int, float]:
    rows = SentimentScore.objects.ready().exclude(label="").order_by().values("item_id")
    return dict(rows.annotate(mean=Avg("polarity")).values_list("item_id", "mean"))


def _ages() -> dict[int, float]:
    now = timezone.now().timestamp()
    rows = Item.objects.order_by().annotate(added=_Epoch("created_at")).values_list("pk", "added")
    return {pk: (now - added) / 86_400 for pk, added in rows.iterator(chunk_size=5_000)}


class _Epoch(Func):
    """Seconds since 1970, counted by the database: a date apiece would be most of what an answer takes."""

    template = "EXTRACT(EPOCH FROM %(expressions)s)"
    output_field = FloatField()

    def as_sqlite(self, compiler: Any, connection: Any) -> Any:
        days = "(julianday(%(expressions)s) - 2440587.5)"
        return self.as_sql(compiler, connection, template=f"{days} * 86400.0")


def _drift(modality: str) -> dict[int, float]:
    last = DriftReport.objects.filter(subject=modality).first()
    return {int(pk): float(score) for pk, score in last.items} if last is not None else {}


def summary(places: Places) -> list[dict[str, Any]]:
    """The map in words: each group with its number of items, its middle and how wide it spreads."""
    named, codes = groups(places)
    names = Category.objects.in_bulk([pk for pk in named if pk is not None])
    told = []
    for code, pk in enumerate(named):
        mine = codes == code
        if mine.any():
            points = places.points[mine].astype(np.float64)
            middle = points.mean(axis=0)
            spread = float(np.sqrt(((points - middle) ** 2).sum(axis=1).mean()))
            category = names.get(pk) if pk is not None else None
            told.append(
                {
                    "category": category,
                    "count": int(mine.sum()),
                    "x": middle[0],
                    "y": middle[1],
                    "spread": spread,
                }
            )
    return told
