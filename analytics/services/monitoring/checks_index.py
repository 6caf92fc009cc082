"""The index: whether its files are there, it knows what it should, and finds what exact search finds."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as _

from analytics.services.monitoring.grid import read_grid
from analytics.services.monitoring.lights import QUOTED_LENGTH, Level, Light, green, part
from analytics.services.monitoring.words import share, span
from recommender.models import EncoderSpace, IndexSnapshot
from recommender.said import Said, ngettext_noop, quoted, say
from recommender.services.index import DELTA_AGE, DELTA_LEAST, DELTA_SHARE
from recommender.services.snapshots import is_kept, snapshot_store
from recommender.telemetry import metric_named

#: A rebuild is due every two minutes; vectors that waited through three of them are forgotten.
STALE_SECONDS = 3 * 120
RECALL_YELLOW, RECALL_RED = 0.95, 0.85
_RECALL, _RECALL_SECONDS = "mmsite_index_recall_at_10", 600


@part("index", gettext_lazy("Index"))
def index(now: float) -> Light:
    """Its files are there, it knows what it should, and it finds what exact search finds."""
    space = EncoderSpace.objects.active()
    if space is None:
        return green(_("There is nothing to search yet."))
    if fault := _silent_store():
        return fault
    serving = IndexSnapshot.objects.serving(space)
    fault = _unbuilt(space, now) if serving is None else _stale(space, serving, now)
    if fault is not None:
        return fault
    if serving is None:
        return green(_("There is nothing to search yet."))
    if serving.held_at is not None:
        return Light(
            Level.YELLOW,
            say(
                ngettext_noop(
                    "Somebody went back to an earlier snapshot, of {n} item; no new one is built.",
                    "Somebody went back to an earlier snapshot, of {n} items; no new one is built.",
                ),
                n=serving.items,
            ),
            say(_("Press “Go on by itself” to let it be rebuilt when it is due.")),
            actions=("go_on", "rebuild_index"),
        )
    return _poor_recall(now) or green(
        ngettext_noop("{n} item; the snapshot is {span} old.", "{n} items; the snapshot is {span} old."),
        n=serving.items,
        span=span(now - serving.created_at.timestamp()),
    )


def _silent_store() -> Light | None:
    reason = snapshot_store().trouble()
    if reason is None:
        return None
    remedy = _(
        "Start it, or put VECTOR_INDEX and VECTOR_INDEX_TOKEN right and start the site again. Search goes by "
        "words alone until it answers; nothing is lost."
    )
    return Light(Level.RED, reason, say(remedy))


def _unbuilt(space: EncoderSpace, now: float) -> Light | None:
    """Vectors without any snapshot; just after the first of them that is as it should be."""
    oldest = space.embeddings.ready().order_by("pk").values_list("created_at", flat=True).first()
    if oldest is None:
        return None
    waited = now - oldest.timestamp()
    failed = IndexSnapshot.objects.filter(space=space, state=IndexSnapshot.State.FAILED).last()
    if failed is not None:
        reason = say(
            _("No index serves; the last build failed: {error}"),
            error=quoted(failed.sentence("error"), QUOTED_LENGTH),
        )
    elif waited >= STALE_SECONDS:
        reason = say(_("Vectors have waited {span} for their first index."), span=span(waited))
    else:
        return Light(
            Level.YELLOW,
            say(_("The first index is to be built; until then search reads every vector.")),
            say(_("Nothing is to be done: it is built within two minutes.")),
            actions=("rebuild_index",),
        )
    return Light(Level.RED, reason, _rebuild(), actions=("rebuild_index",))


def _rebuild() -> Said:
    return say(
        _("Press “Rebuild the index”; if that fails, the output of the worker of the queue default says why.")
    )


def _stale(space: EncoderSpace, serving: IndexSnapshot, now: float) -> Light | None:
    """Files that are gone, vectors that no rebuild took up, builds that fail."""
    if not is_kept(serving):
        return Light(
            Level.RED,
            say(_("The snapshot of the index is gone: {path}."), path=serving.path),
            _rebuild(),
            actions=("rebuild_index", "roll_back_index"),
        )
    if serving.held_at is not None:
        return None
    due = datetime.fromtimestamp(now - STALE_SECONDS, UTC)
    waiting = space.embeddings.ready().after(serving.watermark).filter(created_at__lt=due)
    oldest = waiting.order_by("pk").values_list("created_at", flat=True).first()
    if oldest is not None:
        count = waiting.count()
        age = now - serving.created_at.timestamp()
        grown = count >= max(DELTA_LEAST, DELTA_SHARE * serving.items)
        if grown or age > DELTA_AGE.total_seconds() + STALE_SECONDS:
            reason = say(
                ngettext_noop(
                    "The index is stale: {n} vector is not in it, for {span}.",
                    "The index is stale: {n} vectors are not in it, the oldest for {span}.",
                ),
                n=count,
                span=span(now - oldest.timestamp()),
            )
            level = Level.RED if grown else Level.YELLOW
            return Light(level, reason, _rebuild(), actions=("rebuild_index",))
    failed = IndexSnapshot.objects.filter(
        space=space, state=IndexSnapshot.State.FAILED, pk__gt=serving.pk
    ).last()
    if failed is not None:
        reason = say(
            _("The last build failed: {error}"), error=quoted(failed.sentence("error"), QUOTED_LENGTH)
        )
        return Light(Level.YELLOW, reason, _rebuild(), actions=("rebuild_index", "roll_back_index"))
    return None


def _poor_recall(now: float) -> Light | None:
    """As the periodic comparison with exact search says."""
    if metric_named(_RECALL) is None:
        return None
    lines = read_grid((_RECALL,), now - _RECALL_SECONDS, now).levels(_RECALL)
    line = lines.get(())
    known = line[~np.isnan(line)] if line is not None else np.empty(0)
    if not len(known) or known[-1] >= RECALL_YELLOW:
        return None
    return Light(
        Level.RED if known[-1] < RECALL_RED else Level.YELLOW,
        say(_("The index finds only {share} of what exact search finds."), share=share(float(known[-1]))),
        say(_("Press “Rebuild the index”; if it stays so, a larger INDEX_HNSW_FROM keeps search exact.")),
        actions=("rebuild_index", "roll_back_index"),
    )
