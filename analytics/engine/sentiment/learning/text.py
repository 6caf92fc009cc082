"""Train the text model: its experts, their gate and their calibration, and fit it to a site's corrections."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.optimize
import scipy.sparse as sparse

from analytics.engine.sentiment.learning import text_corpora as corpora
from analytics.engine.sentiment.learning.linear import fit
from analytics.engine.sentiment.text import (
    CHINESE,
    CHINESE_GATE,
    COLUMNS,
    ENGLISH,
    ENGLISH_GATE,
    SHIPPED,
    SITE,
    Expert,
    TextModel,
)
from analytics.engine.sentiment.text_features import BITS, features, tidy
from analytics.engine.sentiment.text_table import distinct, load, save

_WIDTH = 1 << BITS
#: Strength of a site's corrections.
_SITE = 4.0
#: Half the width of neutral, in log odds, for experts that never saw the label.
_MIDDLE = 0.75
#: Log odds by which a text is taken for a review rather than for talk or a post: reviews are what a site has.
_REVIEW = 3.5
#: How much sharper the gates decide than they were trained to: mixing blurs what each expert is sure of.
_SHARP = 1.5
#: Entries kept of each column, the most telling first.
_KEPT = {
    "hotels": 450_000, "meals": 450_000, "goods": 900_000, "films": 200_000,
    "talk": 60_000,
    "posts": 40_000, "chinese gate": 60_000, "english gate": 60_000, "site": 1,
}  # fmt: skip
#: Strength of the fit (the inverse of the penalty) on features scaled by log ratio, and on plain ones.
_SCALED, _PLAIN = {1: 4.0, 2: 1.0}, {1: 32.0, 2: 8.0}


@dataclass(frozen=True, slots=True)
class Learned:
    """What one expert learned: (2 ** BITS, sides) weights and its calibration."""

    weights: np.ndarray
    calibration: Mapping[str, Any]


def train_text(data: Path, output: Path, *, seed: int, say: Callable[[str], None]) -> dict[str, float]:
    """Train on the sets under ``data`` and write the model to ``output``; accuracies on the held-out parts.

    Raises:
        RecommenderError: a set is not there.
    """
    chinese = corpora.chinese(data)
    films, talk, posts = corpora.sst2(data), corpora.meld(data), corpora.mvsa(data)
    tests = [held.test for held in chinese]
    parts = [corpora.without(held.train, tests) for held in chinese]
    kinds = [films.train, talk.train, posts.train]
    learned: dict[str, Learned] = {}
    rows = [matrix(part.texts) for part in parts]
    held = [_held_out(part.texts, seed) for part in parts]
    together = _together(rows, parts, held, say)
    for place, expert in enumerate(CHINESE):
        learned[expert.name] = _learned(expert, rows[place], parts[place].labels, held[place], say, together)
    learned[CHINESE_GATE.name] = _gate(CHINESE_GATE, rows, seed, say)
    rows = [matrix(part.texts) for part in kinds]
    for place, expert in enumerate(ENGLISH):
        apart = _held_out(kinds[place].texts, seed)
        learned[expert.name] = _learned(expert, rows[place], kinds[place].labels, apart, say)
    learned[ENGLISH_GATE.name] = _gate(ENGLISH_GATE, rows, seed, say)
    _write(output, learned, seed)
    model = TextModel.load(output)
    return {held.name: accuracy(model, held.test) for held in (films, *chinese, talk, posts)}


def accuracy(model: TextModel, held: corpora.Labelled) -> float:
    """Share of right labels; of negative and positive alone where the set knows no neutral."""
    read = model.read(held.texts)
    if not (held.labels == 1).any():
        read[:, 1] = 0
    return float((read.argmax(1) == held.labels).mean())


def matrix(texts: Sequence[str]) -> sparse.csr_matrix:
    """(n, 2 ** BITS) 1 / root of the number of distinct features, where a text has the feature."""
    parts = []
    for at in range(0, len(texts), 4000):
        found = features([tidy(text) for text in texts[at : at + 4000]])
        rows, owners = distinct(found)
        counts = np.bincount(owners, minlength=found.texts)
        values = 1 / np.sqrt(counts[owners])
        parts.append(sparse.csr_matrix((values, (owners, rows)), shape=(found.texts, _WIDTH)))
    return sparse.vstack(parts, format="csr")


def _ratios(rows: sparse.csr_matrix, labels: np.ndarray) -> np.ndarray:
    """(2 ** BITS,) how far a feature's share differs between a class and the rest: the largest log ratio."""
    binary = rows.copy()
    binary.data[:] = 1
    largest = np.zeros(_WIDTH)
    for label in np.unique(labels):
        inside = np.asarray(binary[labels == label].sum(0)).ravel() + 1
        outside = np.asarray(binary[labels != label].sum(0)).ravel() + 1
        largest = np.maximum(largest, np.abs(np.log(inside / inside.sum() / (outside / outside.sum()))))
    seen = np.bincount(binary.indices, minlength=_WIDTH)
    return np.where(seen >= 2, largest, 0)


def _learn(rows: sparse.csr_matrix, labels: np.ndarray, sides: int) -> tuple[np.ndarray, np.ndarray]:
    """Weights (2 ** BITS, sides) and shifts: the mean of a regression on features scaled by their log ratios
    and one on plain features, each brought to the same spread first."""
    from sklearn.linear_model import LogisticRegression

    ratios = _ratios(rows, labels)
    solver, tolerance = ("liblinear", 1e-2) if sides == 1 else ("lbfgs", 1e-5)
    weights, shift = np.zeros((_WIDTH, sides), np.float32), np.zeros(sides)
    kept = np.flatnonzero(ratios)
    for scale, strength in ((ratios[kept], _SCALED[sides]), (np.ones(len(kept)), _PLAIN[sides])):
        scaled = sparse.csr_matrix(rows[:, kept] @ sparse.diags(scale))
        model = LogisticRegression(C=strength, solver=solver, tol=tolerance, max_iter=100)
        model.fit(scaled, labels)
        found, lean = model.coef_.T, model.intercept_
        if sides > 1:
            found, lean = found[:, 1:] - found[:, :1], lean[1:] - lean[:1]
        spread = float(np.std(scaled @ found)) or 1.0
        weights[kept] += found * scale[:, None] / spread
        shift += lean / spread
    return weights, shift


def _together(
    rows: Sequence[sparse.csr_matrix],
    parts: Sequence[corpora.Labelled],
    held: Sequence[np.ndarray],
    say: Callable[[str], None],
) -> tuple[np.ndarray, np.ndarray]:
    """What all Chinese sets teach at once."""
    stacked = sparse.vstack([part[~apart] for part, apart in zip(rows, held, strict=True)], format="csr")
    labels = np.concatenate([part.labels[~apart] for part, apart in zip(parts, held, strict=True)])
    say(f"all Chinese: {len(labels)} texts")
    return _learn(stacked, (labels == 2).astype(np.int64), 1)


def _pruned(weights: np.ndarray, rows: sparse.csr_matrix, most: int) -> np.ndarray:
    """The ``most`` entries that move the scores of ``rows`` most; the others zero."""
    seen = np.sqrt(np.bincount(rows.indices, minlength=_WIDTH))[:, None]
    telling = np.abs(weights) * seen
    if np.count_nonzero(telling) <= most:
        return weights
    return np.where(telling >= np.partition(telling.ravel(), -most)[-most], weights, 0)


def _learned(
    expert: Expert,
    rows: sparse.csr_matrix,
    moods: np.ndarray,
    held: np.ndarray,
    say: Callable[[str], None],
    shared: tuple[np.ndarray, np.ndarray] | None = None,
) -> Learned:
    """An expert trained on what is not held out, calibrated on what is.

    Args:
        moods: 0 negative, 1 neutral, 2 positive; experts of one side leave neutral out.
        shared: weights and shifts to take the mean with.
    """
    if expert.sides == 1:
        rows, held, moods = rows[moods != 1], held[moods != 1], moods[moods != 1]
    labels = (moods == 2).astype(np.int64) if expert.sides == 1 else np.array([1, 0, 2])[moods]
    weights, shift = _learn(rows[~held], labels[~held], expert.sides)
    if shared:
        weights, shift = (weights + shared[0]) / 2, (shift + shared[1]) / 2
    weights = _pruned(weights, rows, _KEPT[expert.name])
    raw = np.asarray(rows[held] @ weights) + shift
    right = (np.hstack([np.zeros((len(raw), 1)), raw]).argmax(1) == labels[held]).mean()
    say(f"{expert.name}: {len(labels)} texts, {right:.4f} right of {held.sum()} held out for calibration")
    scale, lean = _scaled(raw[:, 0], labels[held]) if expert.sides == 1 else _scaled_sides(raw, labels[held])
    calibration = {"scale": [scale] * expert.sides, "shift": (shift * scale + lean).tolist()}
    return Learned(weights, {**calibration, "middle": _MIDDLE} if expert.sides == 1 else calibration)


def _gate(
    expert: Expert, sets: Sequence[sparse.csr_matrix], seed: int, say: Callable[[str], None]
) -> Learned:
    """Which kind of text it is: negative of none, the further kinds against the first."""
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(seed)
    chosen = [rows[rng.permutation(rows.shape[0])[:8000]] for rows in sets]
    rows = sparse.vstack(chosen, format="csr")
    kinds = np.repeat(np.arange(len(sets)), [part.shape[0] for part in chosen])
    kept = np.flatnonzero(np.bincount(rows.indices, minlength=_WIDTH) >= 3)
    model = LogisticRegression(C=20, tol=1e-5, max_iter=60, class_weight="balanced").fit(rows[:, kept], kinds)
    weights = np.zeros((_WIDTH, expert.sides), np.float32)
    weights[kept] = model.coef_[1:].T - model.coef_[:1].T
    shift = model.intercept_[1:] - model.intercept_[0]
    weights = _pruned(weights, rows, _KEPT[expert.name])
    right = (np.hstack([np.zeros((len(kinds), 1)), rows @ weights + shift]).argmax(1) == kinds).mean()
    say(f"{expert.name}: {len(kinds)} texts, {right:.4f} right in training")
    lean = _REVIEW if expert is ENGLISH_GATE else 0.0
    return Learned(weights, {"scale": [_SHARP] * expert.sides, "shift": (shift * _SHARP - lean).tolist()})


def _held_out(texts: Sequence[str], seed: int) -> np.ndarray:
    """(n,) True for about a tenth of the texts; those that share six words in a row stay together."""
    rng = np.random.default_rng([seed, 7])
    part: dict[str, bool] = {}
    held = np.zeros(len(texts), bool)
    for place in sorted(range(len(texts)), key=lambda place: -len(texts[place])):
        words = texts[place].split()
        runs = [" ".join(words[at : at + 6]) for at in range(max(1, len(words) - 5))]
        known = next((part[run] for run in runs if run in part), None)
        held[place] = rng.random() < 0.1 if known is None else known
        part.update(dict.fromkeys(runs, bool(held[place])))
    return held


def _scaled(raw: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Scale and shift under which the ordered odds, neutral between, tell the labels best."""

    def loss(parameters: np.ndarray) -> float:
        odds = raw * np.exp(parameters[0]) + parameters[1]
        odds = np.where(labels == 1, odds, -odds) - _MIDDLE
        return float(np.logaddexp(0, -odds).mean())

    found = scipy.optimize.minimize(loss, np.zeros(2), method="Nelder-Mead").x
    return float(np.exp(found[0])), float(found[1])


def _scaled_sides(raw: np.ndarray, labels: np.ndarray) -> tuple[float, np.ndarray]:
    def loss(parameters: np.ndarray) -> float:
        sides = raw * np.exp(parameters[0]) + parameters[1:]
        every = np.hstack([np.zeros((len(raw), 1)), sides])
        return float((np.logaddexp.reduce(every, axis=1) - every[np.arange(len(raw)), labels]).mean())

    found = scipy.optimize.minimize(loss, np.zeros(3), method="Nelder-Mead").x
    return float(np.exp(found[0])), found[1:]


def _write(output: Path, learned: Mapping[str, Learned], seed: int) -> None:
    columns = np.zeros((_WIDTH, COLUMNS), np.float32)
    for expert in (*CHINESE, CHINESE_GATE, *ENGLISH, ENGLISH_GATE):
        columns[:, expert.columns] = learned[expert.name].weights
    scales = np.zeros(COLUMNS, np.float32)
    # A few outliers must not make the steps coarse: they are cut to what all but a few entries stay below.
    for column in range(COLUMNS):
        entries = np.abs(columns[:, column][columns[:, column] != 0])
        scales[column] = np.quantile(entries, 0.9998) / 127 if len(entries) else 0
    steps = np.clip(np.rint(columns / np.where(scales > 0, scales, 1)), -127, 127).astype(np.int8)
    calibration = {name: one.calibration for name, one in learned.items()}
    calibration[SITE.name] = {"scale": [1.0, 1.0], "shift": [0.0, 0.0]}
    save(output, steps, scales, {"columns": _names(), "calibration": calibration, "seed": seed})


def _names() -> list[str]:
    experts = sorted((*CHINESE, CHINESE_GATE, *ENGLISH, ENGLISH_GATE, SITE), key=lambda expert: expert.first)
    return [f"{expert.name} {side + 1}" for expert in experts for side in range(expert.sides)]


def retrain_text(base: Path | None, texts: Sequence[str], labels: Sequence[int], output: Path) -> TextModel:
    """The model in ``base`` moved towards a site's own labels (places in ``LABELS``), written to ``output``.

    What the experts know stays; a correction of their odds is learned, held near zero, so that a few examples
    move little and the rest of the language keeps its reading. Corrections learned earlier are learned anew.
    Needs no more than numpy and scipy.
    """
    table = load(base or SHIPPED)
    table.steps[:, SITE.columns] = 0
    table.scales[SITE.columns] = 0
    logs = np.log(np.maximum(TextModel(table).read(texts), 1e-9))
    rows = matrix(texts)
    kept = np.flatnonzero(np.bincount(rows.indices, minlength=_WIDTH))
    wanted = np.array([1, 0, 2])[np.asarray(labels, np.int64)]
    offsets = np.stack([logs[:, 0] - logs[:, 1], logs[:, 2] - logs[:, 1]], 1)
    found, shift = fit(
        sparse.csr_matrix(rows[:, kept]),
        wanted,
        2,
        1 / (_SITE * len(wanted)),
        offsets=offsets,
        hold_shift=True,
    )
    table.scales[SITE.columns] = np.maximum(np.abs(found).max(0), 1e-6) / 127
    table.steps[kept, SITE.columns] = np.rint(found / table.scales[SITE.columns]).astype(np.int8)
    calibration = {**table.facts["calibration"], SITE.name: {"scale": [1.0, 1.0], "shift": shift.tolist()}}
    facts = {**table.facts, "calibration": calibration, "site_examples": len(wanted)}
    save(output, table.steps, table.scales, facts)
    return TextModel.load(output)
