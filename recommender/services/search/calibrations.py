"""Scales of similarity for whichever encoder serves: those it ships with, else measured on the catalogue."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from recommender.contracts import MODALITIES
from recommender.engine.encoders.calibration import Calibration, measure, similarity_calibration
from recommender.models import EncoderSpace
from recommender.services.index import index_is_away

if TYPE_CHECKING:
    from recommender.engine.index import LiveIndex
    from recommender.services.search.comparison import Table

_SAMPLE, _ENOUGH = 2_000, 30  # items
#: Where nothing can be measured: scores keep the order of cosines, and nothing is ever "close" or not.
_UNKNOWN = Calibration(0.0, 0.1, 0.3, 0.1, -1.0, pairs=0)
_measured: dict[int, Table] = {}
_lock = threading.Lock()


def scales(space: EncoderSpace, live: LiveIndex) -> Table:
    """(part's modality, item's modality) to its calibration, for all pairs."""
    shipped = similarity_calibration(space.spec)
    if len(shipped) == len(MODALITIES) ** 2:
        return shipped
    with _lock:
        known = _measured.get(space.pk)
        if known is None:
            known = measure_pairs(live) | shipped
            if len(live) >= _SAMPLE and not index_is_away():
                _measured[space.pk] = known
    return known


def forget_scales() -> None:
    """Measure anew at the next use."""
    _measured.clear()


def measure_pairs(live: LiveIndex) -> dict[tuple[str, str], Calibration]:
    """Calibrations from a sample of the catalogue: an item's words belong to its picture, and so on.

    Nothing in a catalogue says which two pictures belong together; what two of one kind make of chance is
    measured, and a match is taken to lie as far above it as between kinds.
    """
    rng = np.random.default_rng(0)
    ids = live.ids[rng.permutation(len(live.ids))[:_SAMPLE]]
    blocks = live.vectors(ids).reshape(len(ids), len(MODALITIES), live.dim)
    there = blocks.any(axis=2)
    table: dict[tuple[str, str], Calibration] = {}
    for one, query in enumerate(MODALITIES):
        for other, target in enumerate(MODALITIES):
            both = there[:, one] & there[:, other]
            if both.sum() < _ENOUGH:
                table[query, target] = _UNKNOWN
                continue
            found = measure(blocks[both, one], blocks[both, other])
            table[query, target] = _alike(found) if one == other else found
    return table


def _alike(found: Calibration) -> Calibration:
    """Of one modality with itself: an item matches itself entirely, which says nothing of others."""
    match = min(0.95, found.random_mean + 3.0 * found.random_std)
    top = min(0.9, found.random_mean + 2.33 * found.random_std)  # the 99th percentile, were it normal
    return replace(found, match_mean=round(match, 5), threshold=round(top, 5))
