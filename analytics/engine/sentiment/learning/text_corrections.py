"""Fit the text model to a site's corrections."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import scipy.sparse as sparse

from analytics.engine.sentiment.learning.linear import fit
from analytics.engine.sentiment.learning.text import matrix
from analytics.engine.sentiment.text import SHIPPED, SITE, TextModel
from analytics.engine.sentiment.text_table import load, save

#: Strength of a site's corrections.
_STRENGTH = 4.0


def retrain_text(
    base: Path | None,
    texts: Sequence[str],
    labels: Sequence[int],
    output: Path,
    importance: Sequence[float] | None = None,
) -> TextModel:
    """The model in ``base`` moved towards a site's own labels (places in ``LABELS``), written to ``output``.

    What the experts know stays; a correction of their odds is learned, held near zero, so that a few examples
    move little and the rest of the language keeps its reading. Corrections learned earlier are learned anew.
    Needs no more than numpy and scipy. ``importance``: how much of an example each text is, 1 without.
    """
    weight = np.ones(len(texts)) if importance is None else np.asarray(importance, np.float64)
    table = load(base or SHIPPED)
    table.steps[:, SITE.columns] = 0
    table.scales[SITE.columns] = 0
    logs = np.log(np.maximum(TextModel(table).read(texts), 1e-9))
    rows = matrix(texts)
    kept = np.flatnonzero(np.bincount(rows.indices, minlength=rows.shape[1]))
    wanted = np.array([1, 0, 2])[np.asarray(labels, np.int64)]
    offsets = np.stack([logs[:, 0] - logs[:, 1], logs[:, 2] - logs[:, 1]], 1)
    found, shift = fit(
        sparse.csr_matrix(rows[:, kept]),
        wanted,
        2,
        1 / (_STRENGTH * weight.sum()),
        offsets=offsets,
        importance=weight,
        hold_shift=True,
    )
    table.scales[SITE.columns] = np.maximum(np.abs(found).max(0), 1e-6) / 127
    table.steps[kept, SITE.columns] = np.rint(found / table.scales[SITE.columns]).astype(np.int8)
    calibration = {**table.facts["calibration"], SITE.name: {"scale": [1.0, 1.0], "shift": shift.tolist()}}
    facts = {**table.facts, "calibration": calibration, "site_examples": round(float(weight.sum()))}
    save(output, table.steps, table.scales, table.networks, facts)
    return TextModel.load(output)
