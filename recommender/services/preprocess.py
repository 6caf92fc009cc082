"""Media made ready: fetched where only an address is known, decoded, and given their renditions."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from recommender.errors import MediaError, RecommenderError, StorageUnavailable
from recommender.models import Embedding, Item, Media, Review
from recommender.models.telling import kept
from recommender.said import gettext_noop as _
from recommender.said import renamed, say
from recommender.services.calls import call_once
from recommender.services.imports.fetching import fetch_url
from recommender.services.measured import MEDIA, MEDIA_FAILURES, MEDIA_SECONDS, reason_of
from recommender.services.renditions import make_renditions
from recommender.services.signals import review_written
from recommender.services.tracing import working_on

log = logging.getLogger(__name__)

WORK_SECONDS = 8.0  # of one task; the worker is given 15 to end
MOST_ATTEMPTS = 3
_GIVEN_UP = _("It was tried three times. Try again when the cause is gone.")
_AWAY_STEPS = 4  # of 30 seconds, between two looks at a storage that is away
_LOST = timedelta(minutes=10)  # as Media.objects.awaiting() has it
_CHUNK = 16
_FETCHERS = 8


def prepare_pending(limit: int = 10_000, *, seconds: float = WORK_SECONDS) -> int:
    """Prepare waiting media for up to ``seconds``; says how many were taken up.

    Stored files come before addresses, since a slow host must not hold up what is here already. Why a medium
    failed is kept on its row.
    """
    deadline = time.monotonic() + seconds
    taken = 0
    while taken < limit and time.monotonic() < deadline:
        media = _claim(min(_CHUNK, limit - taken))
        if not media:
            break
        working_on("media", media[0].pk)
        threads = min(4, os.cpu_count() or 1) if media[0].file else _FETCHERS
        with ThreadPoolExecutor(threads, "prepare") as pool:
            outcomes = list(pool.map(_timed, media))
        for medium, outcome in zip(media, outcomes, strict=True):
            working_on("media", medium.pk)
            _keep(medium, outcome)
        working_on()
        _touch_owners(media)
        call_once("encode_pending")
        taken += len(media)
    return taken


def retry_media(ids: Iterable[int]) -> int:
    """Try these media again, and whatever of them could not be encoded; says how many."""
    chosen = Media.objects.filter(pk__in=list(ids))
    with transaction.atomic():
        Embedding.objects.filter(media__in=chosen, state=Embedding.State.FAILED).delete()
        count = chosen.filter(state__in=[Media.State.FAILED, Media.State.READY]).update(
            state=Media.State.PENDING, attempts=0, claimed_at=None, **kept(error="", remedy="")
        )
        call_once("prepare_media")
    return count


def retry_failed() -> int:
    """Try everything again that could not be prepared or encoded; says how many media."""
    failed = Embedding.objects.filter(state=Embedding.State.FAILED)
    ids = set(Media.objects.failed_anywhere().values_list("pk", flat=True))
    failed.filter(media__isnull=True).delete()
    call_once("encode_pending")
    return retry_media(ids)


# -- one chunk ---------------------------------------------------------------------------------------------


def _claim(count: int) -> list[Media]:
    """Up to ``count`` media that are this worker's alone from now on."""
    stored = Media.objects.awaiting().exclude(file="")
    ids = list(stored.order_by("pk").values_list("pk", flat=True)[:count])
    if not ids:
        ids = list(Media.objects.awaiting().order_by("attempts", "pk").values_list("pk", flat=True)[:count])
    if not ids:
        return []
    stamp = timezone.now()
    # A row that another worker took meanwhile no longer awaits, so it is left out here.
    Media.objects.awaiting().filter(pk__in=ids).update(
        state=Media.State.WORKING, claimed_at=stamp, attempts=F("attempts") + 1
    )
    return list(Media.objects.filter(pk__in=ids, state=Media.State.WORKING, claimed_at=stamp).order_by("pk"))


def _timed(medium: Media) -> dict[str, Any] | RecommenderError:
    began = time.perf_counter()
    outcome = _prepared(medium)
    MEDIA_SECONDS.observe(time.perf_counter() - began, medium.kind)
    return outcome


def _prepared(medium: Media) -> dict[str, Any] | RecommenderError:
    """The fields to set, or why it failed. Runs in a thread: no database here."""
    fields: dict[str, Any] = {}
    try:
        if not medium.file:
            stored = fetch_url(medium.source, medium.kind)
            fields = {"file": stored.name, "checksum": stored.checksum}
            medium.file, medium.checksum = stored.name, stored.checksum
        return fields | make_renditions(medium)
    except StorageUnavailable as error:
        return _failed_storage(error.__cause__ or error, StorageUnavailable)
    except RecommenderError as error:
        return error
    except OSError as error:
        return _failed_storage(error, MediaError)
    except Exception as error:  # libraries below raise kinds of their own over odd files
        log.exception("Medium %s broke its preparation.", medium.pk)
        return _because(
            error,
            MediaError(
                say(_("The file cannot be read ({error})."), error=f"{type(error).__name__}: {error}"),
                _("Save it anew, in a common format, and upload it again."),
            ),
        )


def _failed_storage(cause: BaseException, kind: type[RecommenderError]) -> RecommenderError:
    """Of a bucket that is away ``StorageUnavailable``; of a disk a ``MediaError``, tried only so often."""
    told = say(_("The media storage failed: {error}."), error=str(cause))
    return _because(cause, kind(told, _("It is tried again."), permanent=False))


def _because(cause: BaseException, error: RecommenderError) -> RecommenderError:
    """``error`` with what is behind it, as ``raise from`` would have it."""
    error.__cause__ = cause
    return error


def _keep(medium: Media, outcome: dict[str, Any] | RecommenderError) -> None:
    """Write the outcome, unless the row went to another worker or away meanwhile."""
    if isinstance(outcome, RecommenderError):
        fields = _failure(medium, outcome)
    else:
        fields = {**outcome, "state": Media.State.READY, **kept(error="", remedy="")}
    mine = Media.objects.filter(pk=medium.pk, state=Media.State.WORKING, claimed_at=medium.claimed_at)
    try:
        with transaction.atomic():
            mine.update(**fields, updated_at=timezone.now())
        _count(medium, outcome, fields)
    except IntegrityError:
        same = MediaError(
            _("This address holds the same file as another one of its item."), _("Remove one of the two.")
        )
        fields = _failure(medium, same)
        mine.update(**fields, updated_at=timezone.now())
        _count(medium, same, fields)


def _count(medium: Media, outcome: dict[str, Any] | RecommenderError, fields: dict[str, Any]) -> None:
    state = fields.get("state")
    if isinstance(outcome, RecommenderError):
        MEDIA_FAILURES.add(1, medium.kind, reason_of(outcome))
        MEDIA.add(1, medium.kind, "failed" if state == Media.State.FAILED else "to_retry")
    else:
        MEDIA.add(1, medium.kind, "ready")


def _failure(medium: Media, error: RecommenderError) -> dict[str, Any]:
    # Of a storage that is away the medium is no worse: it waits for as long as that takes, and no attempt
    # is spent on it.
    away = isinstance(error, StorageUnavailable)
    given_up = not error.permanent and not away and medium.attempts >= MOST_ATTEMPTS
    remedy = _GIVEN_UP if given_up else error.remedy
    told = kept(error=_named_as_given(medium, error.message), remedy=remedy)
    if error.permanent or given_up:
        return told | {"state": Media.State.FAILED}
    if away:
        return told | {"claimed_at": _due_again(_AWAY_STEPS), "attempts": medium.attempts - 1}
    return told | {"claimed_at": _due_again(medium.attempts)}


def _named_as_given(medium: Media, text: str) -> str:
    """``text`` with the name that the catalogue gave the file, not the checksum it is kept under."""
    source = medium.source.partition("?")[0] if "://" in medium.source else medium.source
    stored, given = PurePosixPath(medium.file).name, PurePosixPath(source).name
    return renamed(text, stored, given) if stored and given else text


def _due_again(attempts: int) -> datetime:
    """A claim that runs out in 30 seconds, then in 60 and so on: then the medium awaits a worker again."""
    return timezone.now() - _LOST + min(_LOST, timedelta(seconds=30 * attempts))


def _touch_owners(media: list[Media]) -> None:
    """Cards of the items have other pictures now, and reviews say more than before."""
    items = {medium.item_id for medium in media if medium.item_id}
    Item.objects.filter(pk__in=items).update(updated_at=timezone.now())
    reviews = {medium.review_id for medium in media if medium.review_id}
    if reviews:
        with transaction.atomic():
            Review.objects.filter(pk__in=reviews).update(updated_at=timezone.now())
            review_written.send(Review, review_ids=sorted(reviews))
