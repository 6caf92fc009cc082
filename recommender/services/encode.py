"""Vectors made for whatever has none: the serving space first, then the one that is being filled.

A worker claims work by inserting the Embedding row, so that two never do the same. Words, pictures and sounds
take turns, so that search and feed are useful early. Only workers call this, because it loads torch.
"""

from __future__ import annotations

import logging
import random
import time
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from recommender.engine.preprocess.audio import load_clip
from recommender.engine.preprocess.image import open_image
from recommender.engine.preprocess.text import normalise_text
from recommender.errors import EncoderError, RecommenderError, StorageUnavailable
from recommender.models import Embedding, EncoderSpace, Item, Media
from recommender.models.telling import kept, kept_error
from recommender.said import gettext_noop as _
from recommender.said import say, together
from recommender.services import sources, spaces
from recommender.services.calls import call_once
from recommender.services.encoding_job import EncodingJob, is_paused
from recommender.services.loaded import encoder_of, loaded_encoder
from recommender.services.measured import (
    ENCODE_BATCH,
    ENCODE_BUSY,
    ENCODE_FAILURES,
    ENCODE_SECONDS,
    ENCODED,
    QUERY_SECONDS,
    reason_of,
)
from recommender.services.stored import local_file
from recommender.services.tracing import working_on

if TYPE_CHECKING:
    import numpy as np

    from recommender.engine.encoders import Encoder

Maker = Callable[..., list[sources.Outcome]]

log = logging.getLogger(__name__)

WORK_SECONDS = 8.0  # of one task; the worker is given 15 to end
_TEXTS, _IMAGES, _CLIPS = 256, 32, 16  # rows a turn, at least


def encode_pending(limit: int = 10_000_000, *, seconds: float = WORK_SECONDS) -> int:
    """Make missing vectors for up to ``seconds``; says how many rows were settled, 0 when none is missing.

    An encoder that cannot be loaded is told by the encoding job's row; what other spaces lack is made all the
    same. Where the media storage does not answer, what needs it stays missing until the sweep calls again.
    """
    if is_paused():
        return 0
    job = EncodingJob()
    trouble: EncoderError | None = None
    waiting = False
    settled = 0
    try:
        wanted: EncoderSpace | None = _wanted_space()
    except EncoderError as error:
        wanted, trouble = None, error
    deadline = time.monotonic() + seconds  # from here on: a worker's first task loads the encoder
    for space in EncoderSpace.objects.filling():
        try:
            done, left = _fill(space, deadline, limit - settled, job)
            settled, waiting = settled + done, waiting or left
        except EncoderError as error:
            if wanted is not None and space.pk != wanted.pk:
                log.info("%s is no longer filled: %s", space, error)  # its successor is being filled
            else:
                trouble = trouble or error
    if trouble:
        log.error("Encoding: %s", trouble)
        job.fail(trouble)
    elif not settled and not waiting:
        job.finish()
        call_once("rebuild_index")
        call_once("refresh_graph")
    return settled


def _wanted_space() -> EncoderSpace:
    """The space of the encoder that the settings name; made when it is new."""
    space = spaces.ensure_space(loaded_encoder(settings.ENCODER).info, settings.ENCODER)
    spaces.retire_shadows(space)
    return space


# -- one space ---------------------------------------------------------------------------------------------


def _fill(space: EncoderSpace, deadline: float, limit: int, job: EncodingJob) -> tuple[int, bool]:
    """How many rows were settled, and whether others wait for the media storage."""
    order = [modality for modality in ("text", "image", "audio") if modality in space.modalities]
    turns = deque(turn for turn in (Turn(space, modality) for modality in order) if turn.find(1))
    if not turns:
        return 0, False
    encoder = encoder_of(space)
    settled, waiting = 0, False
    while turns and settled < limit:
        turn = turns.popleft()
        looked, left = turn.take(encoder, limit - settled)
        if left:
            log.warning("Encoding %s waits for the media storage: %d rows.", turn.modality, left)
            waiting = True
        if looked == left:  # no more of it, or the storage is away for all
            continue
        settled += looked - left
        turns.append(turn)
        if not job.advance(looked - left) or time.monotonic() > deadline:
            break
    return settled, waiting


class Turn:
    """The missing vectors of one modality of one space, in portions by primary key."""

    def __init__(self, space: EncoderSpace, modality: str) -> None:
        self.space, self.modality = space, modality
        self._after = 0

    def find(self, count: int) -> list[Any]:
        """The next items, or media, without a vector."""
        missing = spaces.missing(self.space, self.modality)
        return list(missing.filter(pk__gt=self._after).order_by("pk")[:count])

    def take(self, encoder: Encoder, most: int) -> tuple[int, int]:
        """Claim and encode one portion.

        Returns:
            How many owners were looked at, 0 at the end; how many of them wait for the media storage, and are
            free again.
        """
        found = self.find(min(most, self._portion(encoder)))
        if not found:
            return 0, 0
        self._after = found[-1].pk
        working_on("item" if self.modality == "text" else "media", found[0].pk)
        rows = _claim(self.space, self.modality, found)
        try:
            owners = self._owners(rows)
            rows = [row for row in rows if _owner_id(row) in owners]
            began = time.perf_counter()
            outcomes = outcomes_of(_MAKERS[self.modality], encoder, [owners[_owner_id(row)] for row in rows])
            _count(self.modality, outcomes, time.perf_counter() - began)
            _write(rows, outcomes)
        except BaseException:
            _release(rows)
            raise
        left = [row for row, outcome in zip(rows, outcomes, strict=True) if _waits(outcome)]
        _release(left)
        return len(found), len(left)

    def _portion(self, encoder: Encoder) -> int:
        least = {"text": _TEXTS, "image": _IMAGES, "audio": _CLIPS}[self.modality]
        return max(least, 4 * encoder.info.batch_size if self.modality == "image" else 0)

    def _owners(self, rows: list[Embedding]) -> dict[int, Any]:
        """Read after the claim: a change made since removes the claim, so that no old words get a vector."""
        model: Any = Item if self.modality == "text" else Media
        return model.objects.in_bulk([_owner_id(row) for row in rows])


_MAKERS: dict[str, Maker] = {
    "text": sources.encode_words,
    "image": sources.encode_pictures,
    "audio": sources.encode_sounds,
}


def _waits(outcome: sources.Outcome) -> bool:
    return isinstance(outcome, StorageUnavailable)


def _owner_id(row: Embedding) -> int:
    return row.media_id or row.item_id


def _claim(space: EncoderSpace, modality: str, owners: Sequence[Item | Media]) -> list[Embedding]:
    """The rows that this worker inserted: their number tells which of several workers was first."""
    # The time of the claim is also its mark; the microseconds keep two workers' marks apart.
    mark = timezone.now().replace(microsecond=random.randrange(1_000_000))
    rows = [
        Embedding(space=space, item=owner, modality=modality, claimed_at=mark)
        if isinstance(owner, Item)
        else Embedding(
            space=space, item_id=owner.item_id, media_id=owner.pk, modality=modality, claimed_at=mark
        )
        for owner in owners
    ]
    try:
        Embedding.objects.bulk_create(rows, ignore_conflicts=True)
    except IntegrityError:
        return []  # one of them was deleted meanwhile; the next task looks again
    return list(
        Embedding.objects.filter(space=space, state=Embedding.State.CLAIMED, claimed_at=mark).order_by("pk")
    )


def outcomes_of(make: Maker, encoder: Encoder, owners: list[Any]) -> list[sources.Outcome]:
    """Outcomes of the owners; one that breaks the encoder does not take the others with it."""
    try:
        return make(encoder, owners)
    except RecommenderError:
        raise
    except Exception as error:  # libraries below raise kinds of their own over odd input
        if len(owners) == 1:
            log.exception("The encoder broke over %r.", owners[0])
            told = _("The encoder broke over it ({error}).")
            return [EncoderError(say(told, error=f"{type(error).__name__}: {error}"))]
    return [outcome for owner in owners for outcome in outcomes_of(make, encoder, [owner])]


def _count(modality: str, outcomes: Sequence[sources.Outcome], seconds: float) -> None:
    """A batch that took ``seconds``; one that others had claimed is none, nor is one that waits for files."""
    outcomes = [one for one in outcomes if not _waits(one)]
    if not outcomes:
        return
    ENCODE_BATCH.observe(len(outcomes), modality)
    ENCODE_SECONDS.observe(seconds, modality)
    ENCODE_BUSY.add(seconds, modality)
    failures = [one for one in outcomes if isinstance(one, RecommenderError)]
    ENCODED.add(len(outcomes) - len(failures), modality, "ready")
    for error in failures:
        ENCODED.add(1, modality, "failed")
        ENCODE_FAILURES.add(1, modality, reason_of(error))


#: One statement a row, sent in one go: thirty times faster than ``bulk_update``'s one statement for all.
_SETTLE = "UPDATE recommender_embedding SET state = %s, vector = %s WHERE id = %s AND state = %s"


def _write(rows: list[Embedding], outcomes: list[sources.Outcome]) -> None:
    """Settle claimed rows, but those that wait; those that were removed meanwhile stay removed."""
    State = Embedding.State
    settled: list[tuple[Any, ...]] = []
    failed: list[tuple[int, RecommenderError]] = []
    for row, outcome in zip(rows, outcomes, strict=True):
        if _waits(outcome):
            continue
        if isinstance(outcome, RecommenderError):
            failed.append((row.pk, outcome))
        else:
            vector = outcome.astype("<f2").tobytes()
            settled.append((State.READY.value, vector, row.pk, State.CLAIMED.value))
    if not rows:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        if settled:
            cursor.executemany(_SETTLE, settled)
        for pk, error in failed:
            told = kept(error=together(error.message, error.remedy))
            Embedding.objects.filter(pk=pk, state=State.CLAIMED).update(state=State.FAILED, **told)


def _release(rows: list[Embedding]) -> None:
    Embedding.objects.filter(pk__in=[row.pk for row in rows], state=Embedding.State.CLAIMED).delete()


# -- queries -----------------------------------------------------------------------------------------------


def encode_query_payload(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Vectors of what somebody searches by.

    Args:
        payload: ``space`` (key of the space) and ``parts``, each with ``modality`` and either ``text`` or
            ``name``, a picture or sound in the media storage.

    Returns:
        ``vectors``: base64 of little-endian float32 (dim,) for each part, in order; or what went wrong, as
        ``kept_error`` tells it.
    """
    try:
        space = _space_of_key(payload["space"])
        encoder = encoder_of(space)
        vectors = [_timed_query_vector(encoder, part) for part in payload["parts"]]
    except RecommenderError as error:
        return kept_error(error)
    return {"vectors": [b64encode(one.astype("<f4").tobytes()).decode("ascii") for one in vectors]}


def _space_of_key(key: str) -> EncoderSpace:
    for space in EncoderSpace.objects.filling():
        if space.key == key:
            return space
    told = say(_("There is no encoder space {key} any more."), key=repr(key))
    raise EncoderError(told, _("Search again."), permanent=False)


def _timed_query_vector(encoder: Encoder, part: Mapping[str, Any]) -> np.ndarray:
    began = time.perf_counter()
    vector = _query_vector(encoder, part)
    QUERY_SECONDS.observe(time.perf_counter() - began, part["modality"])
    return vector


def _query_vector(encoder: Encoder, part: Mapping[str, Any]) -> np.ndarray:
    modality = part["modality"]
    if modality == "text":
        return encoder.encode_texts([normalise_text(part["text"])])[0]
    with local_file(part["name"]) as path:
        if modality == "image":
            return encoder.encode_images([open_image(path, fit=getattr(encoder, "decode_size", 0))])[0]
        return encoder.encode_clips([load_clip(path)])[0]
