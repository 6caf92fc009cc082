"""A catalogue with generated vectors, people who follow their tastes in it, and their logins."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np

DIM = 128
CLUSTERS = 400
EVENTS_EACH = 50
CHUNK = 2_000
_LONG_AGO = timedelta(hours=2)


@dataclass(frozen=True)
class Sizes:
    items: int = 100_000
    people: int = 2_000
    readers: int = 200


def build(sizes: Sizes, say: Any = print) -> list[str]:
    """Fill the empty database of this process's settings; session keys of the readers, logged in."""
    from recommender.services import index, train

    rng = np.random.default_rng(3)
    cluster = rng.integers(CLUSTERS, size=sizes.items)
    steps = (
        ("items", lambda: _items(sizes.items, cluster)),
        ("vectors", lambda: _vectors(cluster, rng)),
        ("people", lambda: _people(sizes, cluster, rng)),
        ("index", lambda: index.rebuild_index(force=True)),
        ("graph", lambda: train.refresh_graph(force=True)),
    )
    for name, step in steps:
        began = time.monotonic()
        step()
        say(f"{name}: {time.monotonic() - began:.1f} s")
    return log_in(slice(sizes.readers))


def _items(count: int, cluster: np.ndarray) -> None:
    from recommender.models import Category, Item, Media

    tops = [Category.objects.create(name=f"Aisle {n}", path=f"Aisle {n}") for n in range(20)]
    words = random.Random(3)
    for start in range(0, count, CHUNK):
        rows = range(start, min(count, start + CHUNK))
        Item.objects.bulk_create(
            Item(
                external_id=f"sku-{n:06d}",
                title=f"{words.choice(_COLOURS)} {words.choice(_THINGS)} number {n}",
                description="A thing for everyday use, made to last.",
                category=tops[cluster[n] % len(tops)],
                price=words.randint(5, 400),
                currency="EUR",
                language="en",
            )
            for n in rows
        )
        ids = Item.objects.order_by("-pk").values_list("pk", flat=True)[: len(rows)]
        Media.objects.bulk_create(
            Media(
                item_id=pk, kind="image", state="ready", checksum=f"{pk:064x}", file=f"originals/{pk}.jpg",
                width=800, height=800,
            )
            for pk in ids
        )  # fmt: skip


def _vectors(cluster: np.ndarray, rng: np.random.Generator) -> None:
    """Words and look of every item, a sound of every fifth; near the centre of its cluster."""
    from django.utils import timezone

    from recommender.models import Embedding, EncoderSpace, Item

    space = EncoderSpace.objects.create(
        spec="generated",
        name="generated",
        weights_hash="none",
        dim=DIM,
        preprocessing="none",
        modalities=["image", "text", "audio"],
        state="active",
        activated_at=timezone.now(),
    )
    ids = list(Item.objects.order_by("pk").values_list("pk", flat=True))
    for modality, every in (("image", 1), ("text", 1), ("audio", 5)):
        centres = rng.normal(size=(CLUSTERS, DIM))
        for start in range(0, len(ids), CHUNK):
            part = np.arange(start, min(len(ids), start + CHUNK), every)
            values = centres[cluster[part]] + rng.normal(scale=0.9, size=(len(part), DIM))
            values /= np.linalg.norm(values, axis=1, keepdims=True)
            Embedding.objects.bulk_create(
                Embedding(
                    space=space, item_id=ids[n], modality=modality, state="ready", vector=vector.tobytes()
                )
                for n, vector in zip(part, values.astype("<f2"), strict=True)
            )
    # As if made by an encoder long ago, so that all of it is in the snapshot.
    Embedding.objects.update(created_at=timezone.now() - _LONG_AGO)
    Item.objects.update(updated_at=timezone.now() - _LONG_AGO, created_at=timezone.now() - _LONG_AGO)


def _people(sizes: Sizes, cluster: np.ndarray, rng: np.random.Generator) -> None:
    """Each likes a few clusters, and popular items more than others."""
    from django.contrib.auth.models import Group, User
    from django.utils import timezone

    from recommender.models import Interaction, Item, Profile, Role

    ids = np.array(Item.objects.order_by("pk").values_list("pk", flat=True))
    appeal = rng.pareto(1.2, size=sizes.items) + 0.05
    members = [np.flatnonzero(cluster == n) for n in range(CLUSTERS)]
    User.objects.bulk_create(User(username=f"person{n}", password="!") for n in range(sizes.people))
    people = list(User.objects.filter(username__startswith="person").order_by("pk"))
    Group.objects.get(name=Role.MEMBER).user_set.add(*people[: sizes.readers])
    Profile.objects.bulk_create(Profile(user=user) for user in people)
    kinds = np.array(["view", "click", "like", "save", "purchase"])
    now = timezone.now()
    for start in range(0, len(people), 200):
        rows = []
        for user in people[start : start + 200]:
            pool = np.concatenate([members[n] for n in rng.choice(CLUSTERS, 5, replace=False)])
            share = appeal[pool] / appeal[pool].sum()
            chosen = rng.choice(pool, size=min(EVENTS_EACH, len(pool)), replace=False, p=share)
            for item, kind in zip(
                ids[chosen], rng.choice(kinds, len(chosen), p=[0.3, 0.3, 0.2, 0.1, 0.1]), strict=True
            ):
                moment = now - timedelta(days=float(rng.exponential(20)))
                rows.append(Interaction(user=user, item_id=int(item), kind=str(kind), created_at=moment))
        Interaction.objects.bulk_create(rows)


def log_in(chosen: slice) -> list[str]:
    """Session keys of these people, in the order in which they were made."""
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.test import Client

    keys = []
    for user in User.objects.filter(username__startswith="person").order_by("pk")[chosen]:
        client = Client()
        client.force_login(user)
        keys.append(client.cookies[settings.SESSION_COOKIE_NAME].value)
    return keys


_COLOURS = ("Red", "Navy", "Olive", "Ivory", "Black", "Coral", "Teal", "Grey")
_THINGS = ("dress", "coat", "lamp", "chair", "mug", "boot", "scarf", "kettle", "vase", "rug")
