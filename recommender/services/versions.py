"""Files that serve from one moment to the next: written aside, renamed whole, flipped by one row."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone
from redis.exceptions import RedisError

from recommender.errors import RecommenderError
from recommender.models import IndexSnapshot, ModelVersion
from recommender.models.telling import kept
from recommender.said import together

log = logging.getLogger(__name__)

Row = IndexSnapshot | ModelVersion
_LOCK, _LOCK_SECONDS = "building", 900


@contextmanager
def only_builder() -> Iterator[bool]:
    """Whether this is the only build under way; a second would leave no worker for the short tasks."""
    if not cache.add(_LOCK, 1, _LOCK_SECONDS):
        yield False
        return
    done = threading.Event()
    keeper = threading.Thread(target=_keep_lock, args=(done,), name="build-lock", daemon=True)
    keeper.start()
    try:
        yield True
    finally:
        done.set()
        keeper.join()
        cache.delete(_LOCK)


def _keep_lock(done: threading.Event) -> None:
    """A build may take longer than the lock would last, which ends by itself where its process was killed."""
    while not done.wait(_LOCK_SECONDS / 3):
        try:
            cache.touch(_LOCK, _LOCK_SECONDS)
        except RedisError as error:  # it is tried twice more before the lock ends
            log.warning("The lock of the build could not be kept: %s", error)


def forget_builder() -> None:
    """Let the next build begin, whatever a killed one had said."""
    cache.delete(_LOCK)


def failed_of(error: BaseException) -> dict[str, Any]:
    """What to set on a row that cannot serve because of ``error``."""
    if isinstance(error, RecommenderError):
        told = together(error.message, error.remedy)
    else:
        told = f"{type(error).__name__}: {error}"[:1000]
    return {"state": IndexSnapshot.State.FAILED.value, **kept(error=told)}


@contextmanager
def told_in(row: Row) -> Iterator[None]:
    """At the end ``row`` has its seconds; after an error it says why."""
    began = time.monotonic()
    try:
        yield
    except BaseException as error:
        type(row).objects.filter(pk=row.pk).update(**failed_of(error))
        raise
    row.seconds = round(time.monotonic() - began, 3)


@contextmanager
def written_aside(row: Row, root: Path) -> Iterator[Path]:
    """An empty folder to write into; at the end it becomes ``root / row.path``, and ``row`` has its seconds.

    After an error nothing is left on disk and the row says why.
    """
    draft = root / f"{row.path}.part"
    with told_in(row):
        try:
            draft.mkdir(parents=True)
            yield draft
            draft.rename(root / row.path)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise


def flip(row: Row, **same: Any) -> None:
    """Let ``row`` serve in place of whichever of the ``same`` kind or space serves now: one transaction."""
    State = row.State
    row.state, row.activated_at = State.ACTIVE, timezone.now()
    with transaction.atomic():
        type(row).objects.filter(state=State.ACTIVE, **same).update(state=State.RETIRED)
        row.save()
