"""What the recommender counts and times: how long its answers take, what they hold, what people make of them.

Declared here, away from the code that records it, so that every process that reads a metric knows it; nothing
heavy is imported. No label comes from what somebody typed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from recommender.telemetry import counter, histogram

SURFACES = ("feed", "search", "similar")
OTHER_STAGE = "other"
#: ``encode`` is the wait for vectors of what is searched by; ``other`` is what no stage claims.
STAGES = ("history", "encode", "candidates", "rank", "hydrate", OTHER_STAGE)
_QUICK = (
    0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.12, 0.2, 0.5, 1.0, 2.0, 5.0,
)  # fmt: skip

# -- answers ------------------------------------------------------------------------------------------------

STAGE_SECONDS = histogram(
    "mmsite_recommender_stage_seconds",
    "Seconds of an answer by stage; those of one answer add up to all of it.",
    buckets=_QUICK,
    surface=SURFACES,
    stage=STAGES,
)
ANSWER_SECONDS = histogram(
    "mmsite_recommender_answer_seconds", "Seconds of an answer.", buckets=_QUICK, surface=SURFACES
)
#: "nothing_close", "encoder_down" and "index_down" are notices of a search, whatever it shows beside them.
ANSWERS = counter(
    "mmsite_recommender_answers_total",
    "First pages by what they held.",
    surface=SURFACES,
    result=("found", "nothing_close", "encoder_down", "index_down", "empty"),
)
READERS = counter(
    "mmsite_feed_readers_total",
    "First pages of the feed by whether anything is known of the reader.",
    reader=("known", "cold"),
)
CANDIDATES = histogram(
    "mmsite_recommender_candidates",
    "Candidates that each source gave to a ranking.",
    unit="",
    buckets=(0.0, 1.0, 10.0, 30.0, 100.0, 300.0, 1_000.0, 3_000.0, 10_000.0),
    surface=SURFACES,
    source=("crowd", "image", "text", "audio", "popular", "fresh", "meaning", "words"),
)

# -- what people make of it ---------------------------------------------------------------------------------

#: Places as people see them: the grid, each row above it by what it is about, what is like an item, results.
ROWS = (
    "feed",
    *(f"row {kind}" for kind in ("popular", "fresh", "purchase", "like", "save", "rating", "click", "view")),
    *(f"similar {by}" for by in ("all", "image", "text", "audio")),
    "search",
)
#: The last rank, from 1, of each group, and what the group is called.
_RANKS = ((1, "1"), (2, "2"), (3, "3"), (6, "4-6"), (12, "7-12"))
_BEYOND = "13+"
RANKS = (*(name for _last, name in _RANKS), _BEYOND)

SHOWN = counter("mmsite_impressions_total", "Cards shown, by row and rank.", row=ROWS, rank=RANKS)
CLICKS = counter("mmsite_clicks_total", "Cards clicked, by row and rank.", row=ROWS, rank=RANKS)
SAVES = counter("mmsite_saves_total", "Cards whose item was saved, by row and rank.", row=ROWS, rank=RANKS)
UNTOLD = counter(
    "mmsite_answers_unplaced_total",
    "Clicks and saves that no card led to, as of an item opened by its address.",
    kind=("click", "save"),
)

# -- what comes in ------------------------------------------------------------------------------------------

_KINDS, _MEDIA, _MODALITIES = (
    ("item", "interaction", "review"),
    ("image", "audio", "video"),
    ("text", "image", "audio"),
)
#: Classes of errors and fields of records are in the code; that bounds them.
_ERRORS, _FIELDS = 50, 60

IMPORT_ROWS = counter(
    "mmsite_import_rows_total",
    "Rows of uploaded files by outcome.",
    kind=_KINDS,
    outcome=("created", "updated", "unchanged", "retired", "rejected"),
)
IMPORT_MEDIA = counter("mmsite_import_media_total", "Media that imports added to be prepared.")
IMPORT_PROBLEMS = counter(
    "mmsite_import_problems_total", "Faults of rows by the field that has them.", kind=_KINDS, field=_FIELDS
)
IMPORTS = counter(
    "mmsite_imports_total", "Imports by how they ended.", kind=_KINDS, outcome=("done", "failed", "cancelled")
)
MEDIA = counter(
    "mmsite_media_total",
    "Media taken up for preparation by what came of it.",
    kind=_MEDIA,
    outcome=("ready", "failed", "to_retry"),
)
MEDIA_SECONDS = histogram(
    "mmsite_media_seconds", "Seconds to fetch and prepare a medium, whatever came of it.", kind=_MEDIA
)
MEDIA_FAILURES = counter(
    "mmsite_media_failures_total", "Media not prepared, by class of the error.", kind=_MEDIA, reason=_ERRORS
)
ENCODED = counter(
    "mmsite_encoded_total",
    "Items' words, pictures and sounds encoded by outcome.",
    modality=_MODALITIES,
    outcome=("ready", "failed"),
)
ENCODE_BUSY = counter(
    "mmsite_encode_busy_seconds_total", "Seconds spent on encoding.", unit="seconds", modality=_MODALITIES
)
ENCODE_SECONDS = histogram("mmsite_encode_seconds", "Seconds to encode a batch.", modality=_MODALITIES)
ENCODE_BATCH = histogram(
    "mmsite_encode_batch_rows",
    "Rows of a batch that was encoded.",
    unit="",
    buckets=(1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1_024.0),
    modality=_MODALITIES,
)
ENCODE_FAILURES = counter(
    "mmsite_encode_failures_total",
    "What could not be encoded, by class of the error.",
    modality=_MODALITIES,
    reason=_ERRORS,
)
QUERY_SECONDS = histogram(
    "mmsite_query_encode_seconds",
    "Seconds that the encoder took over a part of a query.",
    buckets=_QUICK,
    modality=_MODALITIES,
)


def rank_group(rank: int) -> str:
    """What the group of ``rank`` (from 0, as cards have it) is called."""
    return next((name for last, name in _RANKS if rank < last), _BEYOND)


def reason_of(error: BaseException) -> str:
    """The class of an error, or of the one behind it: messages name files and addresses, classes do not."""
    return type(error.__cause__ or error).__name__


# -- timing an answer ---------------------------------------------------------------------------------------

_Args = ParamSpec("_Args")
_Result = TypeVar("_Result")


class Stages:
    """Where the seconds of one answer go: each belongs to the stage entered last and not yet left."""

    __slots__ = ("_began", "_seconds", "_since", "_stage")

    def __init__(self) -> None:
        self._began = self._since = time.perf_counter()
        self._stage = OTHER_STAGE
        self._seconds: dict[str, float] = {}

    def turn_to(self, stage: str) -> str:
        """From now on it is ``stage``; the one before."""
        now, before = time.perf_counter(), self._stage
        self._seconds[before] = self._seconds.get(before, 0.0) + now - self._since
        self._since, self._stage = now, stage
        return before

    def record(self, surface: str) -> None:
        self.turn_to(OTHER_STAGE)
        ANSWER_SECONDS.observe(self._since - self._began, surface)
        for stage, seconds in self._seconds.items():
            STAGE_SECONDS.observe(seconds, surface, stage)


class _Now(threading.local):
    """The answer that this thread is at."""

    stages: Stages | None = None


_now = _Now()


def timed(surface: str) -> Callable[[Callable[_Args, _Result]], Callable[_Args, _Result]]:
    """Time what follows as answers of ``surface``, unless it is part of another; failures are none."""

    def declare(work: Callable[_Args, _Result]) -> Callable[_Args, _Result]:
        @wraps(work)
        def answer(*args: _Args.args, **kwargs: _Args.kwargs) -> _Result:
            if _now.stages is not None:
                return work(*args, **kwargs)
            stages = _now.stages = Stages()
            try:
                result = work(*args, **kwargs)
            finally:
                _now.stages = None
            stages.record(surface)
            return result

        return answer

    return declare


def staged(stage: str) -> Callable[[Callable[_Args, _Result]], Callable[_Args, _Result]]:
    """What follows is a ``stage`` of the answer it is called for; outside of one it is not timed."""
    assert stage in STAGES, stage

    def declare(work: Callable[_Args, _Result]) -> Callable[_Args, _Result]:
        @wraps(work)
        def part(*args: _Args.args, **kwargs: _Args.kwargs) -> _Result:
            stages = _now.stages
            if stages is None:
                return work(*args, **kwargs)
            before = stages.turn_to(stage)
            try:
                return work(*args, **kwargs)
            finally:
                stages.turn_to(before)

        return part

    return declare
