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
from analytics.engine.sentiment.text import COLUMNS, TextModel, distinct, save
from analytics.engine.sentiment.text_features import BITS, features, tidy

_WIDTH = 1 << BITS
#: Half the width of neutral, in log odds, for experts that never saw the label.
_MIDDLE = 0.75
#: Entries kept of each expert, the most telling first.
_KEPT = {"chinese": 420_000, "reviews": 200_000, "talk": 50_000, "posts": 30_000, "gate": 60_000}


@dataclass(frozen=True, slots=True)
class Expert:
    """What one expert learned: (2 ** BITS, columns) weights and its calibration."""

    weights: np.ndarray
    calibration: Mapping[str, Any]


def train_text(data: Path, output: Path, *, seed: int, say: Callable[[str], None]) -> dict[str, float]:
    """Train on the sets under ``data`` and write the model to ``output``; accuracies on the held-out parts.

    Raises:
        RecommenderError: a set is not there.
    """
    chinese = corpora.chinese(data)
    films, talk, posts = corpora.sst2(data), corpora.meld(data), corpora.mvsa(data)
    opinions = corpora.semeval_sentences(data)
    reviews = films.train + opinions.take(np.flatnonzero(opinions.labels != 1))
    everything = corpora.without(
        chinese[0].train + chinese[1].train + chinese[2].train, [held.test for held in chinese]
    )
    experts = {
        "chinese": _two_sided(everything, 16, seed, say, "chinese"),
        "reviews": _two_sided(reviews, 4, seed, say, "reviews"),
        "talk": _three_sided(talk.train, 2, seed, say, "talk"),
        "posts": _three_sided(posts.train, 2, seed, say, "posts"),
        "gate": _gate((reviews, talk.train, posts.train), seed, say),
    }
    _write(output, experts, seed)
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


def _learn(
    rows: sparse.csr_matrix, labels: np.ndarray, columns: int, strength: float
) -> tuple[np.ndarray, np.ndarray]:
    """Weights (2 ** BITS, columns) and shifts of a regression on features scaled by their ratios."""
    ratios = _ratios(rows, labels)
    kept = np.flatnonzero(ratios)
    scaled = sparse.csr_matrix(rows[:, kept] @ sparse.diags(ratios[kept]))
    found, shift = fit(scaled, labels, columns, 1 / (strength * len(labels)))
    weights = np.zeros((_WIDTH, columns), np.float32)
    weights[kept] = found * ratios[kept, None]
    return weights, shift


def _pruned(weights: np.ndarray, rows: sparse.csr_matrix, most: int) -> np.ndarray:
    """The ``most`` entries that move the scores of ``rows`` most; the others zero."""
    seen = np.sqrt(np.bincount(rows.indices, minlength=_WIDTH))[:, None]
    telling = np.abs(weights) * seen
    if np.count_nonzero(telling) <= most:
        return weights
    return np.where(telling >= np.partition(telling.ravel(), -most)[-most], weights, 0)


def _two_sided(
    examples: corpora.Labelled, strength: float, seed: int, say: Callable[[str], None], name: str
) -> Expert:
    labels = (examples.labels == 2).astype(np.int64)
    rows = matrix(examples.texts)
    weights, shift = _learn(rows, labels, 1, strength)
    held = _held_out(examples.texts, seed)
    trial, trial_shift = _learn(rows[~held], labels[~held], 1, strength)
    raw = np.asarray(rows[held] @ trial).ravel() + trial_shift[0]
    scale, lean = _scaled(raw, labels[held])
    say(
        f"{name}: {len(labels)} texts, {((raw > 0) == labels[held]).mean():.4f} right of {held.sum()} left out"
    )
    calibration = {"scale": [scale], "shift": [float(shift[0] * scale + lean)], "middle": _MIDDLE}
    return Expert(_pruned(weights, rows, _KEPT[name]), calibration)


def _three_sided(
    examples: corpora.Labelled, strength: float, seed: int, say: Callable[[str], None], name: str
) -> Expert:
    """Negative and positive against neutral; scaled by what was left out of a first training."""
    labels = np.array([1, 0, 2])[examples.labels]
    rows = matrix(examples.texts)
    weights, shift = _learn(rows, labels, 2, strength)
    held = _held_out(examples.texts, seed)
    trial, trial_shift = _learn(rows[~held], labels[~held], 2, strength)
    raw = np.asarray(rows[held] @ trial) + trial_shift
    scale, lean = _scaled_sides(raw, labels[held])
    right = (np.hstack([np.zeros((len(raw), 1)), raw]).argmax(1) == labels[held]).mean()
    say(f"{name}: {len(labels)} texts, {right:.4f} right of {held.sum()} left out")
    calibration = {"scale": [scale, scale], "shift": [float(s) for s in shift * scale + lean]}
    return Expert(_pruned(weights, rows, _KEPT[name]), calibration)


def _gate(sets: tuple[corpora.Labelled, ...], seed: int, say: Callable[[str], None]) -> Expert:
    """Which kind of text it is; every kind counts the same."""
    rng = np.random.default_rng(seed)
    texts: list[str] = []
    labels: list[int] = []
    for kind, examples in enumerate(sets):
        many = rng.permutation(len(examples.texts))[:12_000]
        texts += [examples.texts[place] for place in many]
        labels += [kind] * len(many)
    rows, kinds = matrix(texts), np.array(labels)
    weights, shift = _learn(rows, kinds, 2, 2)
    right = (np.hstack([np.zeros((len(kinds), 1)), rows @ weights + shift]).argmax(1) == kinds).mean()
    say(f"gate: {len(kinds)} texts, {right:.4f} right in training")
    return Expert(
        _pruned(weights, rows, _KEPT["gate"]), {"scale": [1.0, 1.0], "shift": [float(s) for s in shift]}
    )


def _held_out(texts: Sequence[str], seed: int) -> np.ndarray:
    """(n,) True for about a fifth of the texts, in groups: texts that share eight words in a row stay together."""
    rng = np.random.default_rng([seed, 7])
    part: dict[str, bool] = {}
    held = np.zeros(len(texts), bool)
    for place in sorted(range(len(texts)), key=lambda place: -len(texts[place])):
        words = texts[place].split()
        runs = [" ".join(words[at : at + 6]) for at in range(max(1, len(words) - 5))]
        known = next((part[run] for run in runs if run in part), None)
        held[place] = rng.random() < 0.2 if known is None else known
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


def _write(output: Path, experts: Mapping[str, Expert], seed: int) -> None:
    blank = np.zeros((_WIDTH, 2), np.float32)
    columns = np.hstack([*(expert.weights for expert in experts.values()), blank])
    steps = np.maximum(np.abs(columns).max(0) / 127, 0)
    # A few outliers must not make the steps coarse: the largest of most entries counts, the rest are cut to it.
    for column in range(columns.shape[1]):
        entries = np.abs(columns[:, column][columns[:, column] != 0])
        steps[column] = np.quantile(entries, 0.9995) / 127 if len(entries) else 0
    table = np.clip(np.rint(columns / np.where(steps > 0, steps, 1)), -127, 127).astype(np.int8)
    calibration = {name: expert.calibration for name, expert in experts.items()}
    calibration["site"] = {"scale": [1.0, 1.0], "shift": [0.0, 0.0]}
    assert len(COLUMNS) == table.shape[1]
    save(output, table, steps, {"calibration": calibration, "seed": seed})


def retrain_text(base: Path | None, texts: Sequence[str], labels: Sequence[int], output: Path) -> TextModel:
    """The model in ``base`` moved towards a site's own labels (places in ``LABELS``), written to ``output``.

    What the experts know stays; a correction of their odds is learned, held near zero, so that a few examples
    move little and the rest of the language keeps its reading. Corrections learned earlier are learned anew.
    """
    model = TextModel.load(base)
    model.table[:, 8:] = 0
    model.scales[8:] = 0
    logs = np.log(np.maximum(model.read(texts), 1e-9))
    rows = matrix(texts)
    kept = np.flatnonzero(np.bincount(rows.indices, minlength=_WIDTH))
    wanted = np.array([1, 0, 2])[np.asarray(labels, np.int64)]
    offsets = np.stack([logs[:, 0] - logs[:, 1], logs[:, 2] - logs[:, 1]], 1)
    found, shift = fit(sparse.csr_matrix(rows[:, kept]), wanted, 2, 1 / (4 * len(wanted)), offsets=offsets)
    model.scales[8:] = np.maximum(np.abs(found).max(0), 1e-6) / 127
    model.table[kept, 8:] = np.rint(found / model.scales[8:]).astype(np.int8)
    facts = dict(model.facts)
    facts["calibration"] = {
        **facts["calibration"],
        "site": {"scale": [1.0, 1.0], "shift": [float(s) for s in shift]},
    }
    facts["site_examples"] = len(wanted)
    save(output, model.table, model.scales, facts)
    return TextModel.load(output)
