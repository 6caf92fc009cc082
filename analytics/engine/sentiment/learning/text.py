"""Train the text model: its experts, their gate and their calibration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sparse

from analytics.engine.sentiment.learning import text_corpora as corpora
from analytics.engine.sentiment.learning.text_calibration import MIDDLE, fit_ordered, fit_sides
from analytics.engine.sentiment.learning.text_held_out import held_out, held_together, sentences_of
from analytics.engine.sentiment.learning.text_network import CHINESE_PLAN, ENGLISH_PLAN, Plan, train_network
from analytics.engine.sentiment.learning.text_teacher import has_readings, lessons
from analytics.engine.sentiment.learning.text_written import Learned, anew, write
from analytics.engine.sentiment.text import (
    CHINESE,
    CHINESE_GATE,
    CHINESE_NETWORK,
    ENGLISH,
    ENGLISH_GATE,
    ENGLISH_NETWORK,
    SHIPPED,
    Expert,
    TextModel,
)
from analytics.engine.sentiment.text_features import BITS, features, tidy
from analytics.engine.sentiment.text_network import AnyNetwork
from analytics.engine.sentiment.text_network_files import pack
from analytics.engine.sentiment.text_table import distinct

_WIDTH = 1 << BITS
#: Log odds by which a text is taken for a review of a film rather than of a product, for talk or a post.
#: Reviews are what a site has; those of products are mostly plain, and what is not is left to the larger set.
_REVIEW = np.array([3.0, 3.5, 3.5])
#: How often each sentence about products counts beside one about films, of which there are many more.
_REPEATED = 5
#: How much sharper the gates decide than they were trained to: mixing blurs what each expert is sure of.
_SHARP = np.array([2.5, 1.5, 1.5])
#: The Chinese gate decides softly and leans from hotels to meals and, more so, to goods, which are the
#: largest set and have most of the hotels' reviews among them.
_SOFT, _FROM_HOTELS = 0.75, np.array([-1.0, -3.0])
#: Entries kept of each column, the most telling first.
_KEPT = {
    "hotels": 300_000, "meals": 300_000, "goods": 600_000, "films": 400_000, "products": 200_000,
    "talk": 60_000,
    "posts": 40_000, "chinese gate": 60_000, "english gate": 60_000, "site": 1,
}  # fmt: skip
#: Strength of the fit (the inverse of the penalty) on features scaled by log ratio, and on plain ones, by
#: sides.
_STRENGTH = {1: (4.0, 32.0), 2: (1.0, 8.0)}
#: That of the Chinese experts, which the network beside them steadies.
_STEADIED = (64.0, 512.0)


@dataclass(frozen=True, slots=True)
class _Lesson:
    """What an expert's n-grams taught, and what they say of the texts held out.

    Attributes:
        weights: (2 ** BITS, sides); ``shift`` (sides,).
        raw: (held, sides) scores.
        labels: (held,) 0 negative, 1 neutral, 2 positive for one side; else 0 for what the sides are against.
    """

    weights: np.ndarray
    shift: np.ndarray
    raw: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True, slots=True)
class _Script:
    """A script's experts with the set of each, what of it is held out for calibration, and the network that
    did not learn from that.

    Attributes:
        again: experts learn once more in the end, from what was held out too.
    """

    experts: Sequence[Expert]
    gate: Expert
    plan: Plan
    parts: Sequence[corpora.Labelled]
    held: Sequence[np.ndarray]
    network: Future[AnyNetwork]
    again: bool


def train_text(data: Path, output: Path, *, seed: int, say: Callable[[str], None]) -> dict[str, float]:
    """Train on the sets under ``data`` and write the model to ``output``; accuracies on the held-out parts.

    Where a teacher's readings are in ``output`` already, they count, else the shipped ones.

    Raises:
        RecommenderError: a set is not there.
    """
    chinese, parts = corpora.chinese_apart(data)
    films, products = corpora.sst2(data), corpora.semeval(data)
    talk, posts = corpora.meld(data), corpora.mvsa(data)
    sentences, spared = sentences_of(films.train, seed)
    kinds = [sentences, products.train, talk.train, posts.train]
    held = held_together(parts, seed)
    apart = [spared, *(held_out(part.texts, seed) for part in kinds[1:])]
    readings = output if has_readings(output) else SHIPPED
    # The networks learn one after the other beside the n-grams.
    with ThreadPoolExecutor(1) as pool:
        trial = pool.submit(_network, CHINESE_PLAN, parts, held, seed, say, readings)
        english = pool.submit(_network, ENGLISH_PLAN, kinds[:1], apart[:1], seed, say)
        networks = {
            CHINESE_NETWORK: pool.submit(_network, CHINESE_PLAN, parts, _none(held), seed, say, readings),
            ENGLISH_NETWORK: english,
        }
        first = _Script(CHINESE, CHINESE_GATE, CHINESE_PLAN, parts, held, trial, again=True)
        second = _Script(ENGLISH, ENGLISH_GATE, ENGLISH_PLAN, kinds, apart, english, again=False)
        learned = _experts(first, seed, say) | _experts(second, seed, say)
    write(output, learned, pack({name: network.result() for name, network in networks.items()}), seed)
    model = TextModel.load(output)
    return {one.name: accuracy(model, one.test) for one in (films, products, *chinese, talk, posts)}


def _experts(script: _Script, seed: int, say: Callable[[str], None]) -> dict[str, Learned]:
    """What a script's experts and its gate learn."""
    rows = [matrix(part.texts) for part in script.parts]
    lessons = final = _lessons(script, rows, script.held, say)
    if script.again:
        final = _lessons(script, rows, _none(script.held), say)
    learned = {script.gate.name: _gate(script.gate, rows, seed, say)}
    network = script.network.result()
    for expert, lesson, last, part, held in zip(
        script.experts, lessons, final, script.parts, script.held, strict=True
    ):
        texts = [part.texts[place] for place in np.flatnonzero(held)]
        learned[expert.name] = _calibrated(expert, lesson, last, network.read(script.plan.tokens(texts)), say)
    return learned


def _lessons(
    script: _Script, rows: Sequence[sparse.csr_matrix], held: Sequence[np.ndarray], say: Callable[[str], None]
) -> list[_Lesson]:
    """One for each expert, from what is not held out of its set."""
    films = (rows[0][~held[0]], (script.parts[0].labels[~held[0]] == 2).astype(np.int64))
    lessons = []
    for expert, one, part, apart in zip(script.experts, rows, script.parts, held, strict=True):
        beside = films if expert.name == "products" else None
        lessons.append(_lesson(expert, one, part.labels, apart, say, beside))
    return lessons


def _none(held: Sequence[np.ndarray]) -> list[np.ndarray]:
    """As many marks as ``held`` has, of which none is set."""
    return [np.zeros_like(one) for one in held]


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
    rows: sparse.csr_matrix, labels: np.ndarray, sides: int, strengths: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Weights (2 ** BITS, sides) and shifts: the mean of a regression on features scaled by their log ratios
    and one on plain features, each brought to the same spread first."""
    from sklearn.linear_model import LogisticRegression

    ratios = _ratios(rows, labels)
    solver, tolerance = ("liblinear", 1e-2) if sides == 1 else ("lbfgs", 1e-5)
    weights, shift = np.zeros((_WIDTH, sides), np.float32), np.zeros(sides)
    kept = np.flatnonzero(ratios)
    for scale, strength in zip((ratios[kept], np.ones(len(kept))), strengths, strict=True):
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


def _network(
    plan: Plan,
    parts: Sequence[corpora.Labelled],
    held: Sequence[np.ndarray],
    seed: int,
    say: Callable[[str], None],
    readings: Path = SHIPPED,
) -> AnyNetwork:
    """A network that learned from what is not held out of the parts, and from the teacher's readings."""
    given = [part.take(np.flatnonzero(~apart)) for part, apart in zip(parts, held, strict=True)]
    texts = [text for part in given for text in part.texts]
    positive = np.concatenate([part.labels for part in given]) == 2
    if plan.taught:
        every, wanted = lessons(texts, positive, readings, seed)
        taught = len(every) > len(texts)
        if not taught:
            say(f"network: no teacher's readings of seed {seed} in {readings}, labels alone teach it")
        return train_network(replace(plan, taught=taught), every, wanted, seed, say)
    return train_network(plan, texts, positive, seed, say)


def _pruned(weights: np.ndarray, rows: sparse.csr_matrix, most: int) -> np.ndarray:
    """The ``most`` entries that move the scores of ``rows`` most; the others zero."""
    seen = np.sqrt(np.bincount(rows.indices, minlength=_WIDTH))[:, None]
    telling = np.abs(weights) * seen
    if np.count_nonzero(telling) <= most:
        return weights
    return np.where(telling >= np.partition(telling.ravel(), -most)[-most], weights, 0)


def _lesson(
    expert: Expert,
    rows: sparse.csr_matrix,
    moods: np.ndarray,
    held: np.ndarray,
    say: Callable[[str], None],
    beside: tuple[sparse.csr_matrix, np.ndarray] | None = None,
) -> _Lesson:
    """What n-grams teach an expert where they are not held out.

    Args:
        moods: 0 negative, 1 neutral, 2 positive; experts of one side leave neutral out.
        beside: rows and labels of another set to learn from as well; one's own count several times.
    """
    ordered = expert.sides == 1
    labels = moods if ordered else np.array([1, 0, 2])[moods]
    taught = ~held & (moods != 1) if ordered else ~held
    given, told = rows[taught], (labels[taught] == 2).astype(np.int64) if ordered else labels[taught]
    if beside:
        given = sparse.vstack([beside[0], *[given] * _REPEATED], format="csr")
        told = np.concatenate([beside[1], np.tile(told, _REPEATED)])
    strengths = _STEADIED if expert in CHINESE else _STRENGTH[expert.sides]
    weights, shift = _learn(given, told, expert.sides, strengths)
    weights = _pruned(weights, rows, _KEPT[expert.name])
    say(f"{expert.name}: {len(labels)} texts, {held.sum()} of them held out for calibration")
    return _Lesson(weights, shift, np.asarray(rows[held] @ weights) + shift, labels[held])


def _calibrated(
    expert: Expert, lesson: _Lesson, last: _Lesson, ordered: np.ndarray, say: Callable[[str], None]
) -> Learned:
    """The expert with its scales, fitted on the texts held out.

    Args:
        last: what is kept in the end; its scores have the spread of ``lesson``'s.
        ordered: (held,) what the script's network says of them.
    """
    lean: float | np.ndarray
    if expert.sides == 1:
        scale, counts, lean, middle = fit_ordered(
            lesson.raw[:, 0], ordered, lesson.labels, MIDDLE.get(expert.name)
        )
        calibration: dict[str, Any] = {"network": counts, "middle": middle}
        odds = lesson.raw * scale + ordered[:, None] * counts + lean
    else:
        scale, lean = fit_sides(lesson.raw, lesson.labels)
        calibration, odds = {}, lesson.raw * scale + lean
    alone, both = _right(lesson.raw, lesson.labels), _right(odds, lesson.labels)
    say(f"{expert.name}: {alone:.4f} right of those held out by n-grams alone, {both:.4f} in all")
    calibration |= {"scale": [scale] * expert.sides, "shift": (last.shift * scale + lean).tolist()}
    return Learned(last.weights, calibration)


def _right(odds: np.ndarray, labels: np.ndarray) -> float:
    """Share of labels that the odds tell; of one side, of the labels that are not neutral."""
    if odds.shape[1] == 1:
        told = labels != 1
        return float(((odds[told, 0] > 0) == (labels[told] == 2)).mean())
    return float((np.hstack([np.zeros((len(odds), 1)), odds]).argmax(1) == labels).mean())


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
    # Hotels and films are the first of their kind, against which the others stand.
    sharp, lean = (_SHARP, _REVIEW) if expert is ENGLISH_GATE else (np.full(2, _SOFT), _FROM_HOTELS)
    return Learned(weights, {"scale": sharp.tolist(), "shift": (shift * sharp - lean).tolist()})


def relearn_posts(texts: Sequence[str], labels: np.ndarray, *, seed: int = 0) -> TextModel:
    """The shipped model with its expert of short posts learned anew, from these texts alone.

    For trials on the posts that the shipped expert learned from. All else stays: nothing of it saw
    a post's label, though the gate saw how posts are worded.
    """
    expert = ENGLISH[-1]
    held = held_out(texts, seed)
    lesson = _lesson(expert, matrix(texts), labels, held, _unsaid)
    return anew({expert: _calibrated(expert, lesson, lesson, np.zeros(len(lesson.raw)), _unsaid)})


def relearn_chinese(
    parts: Sequence[corpora.Labelled], *, seed: int = 0, say: Callable[[str], None] | None = None
) -> TextModel:
    """The shipped model with all that reads Chinese learned anew from texts of hotels, meals and goods.

    For trials with other texts held out. The network learns from labels alone: its teacher was tuned on texts
    that such a trial may hold out.
    """
    say = say or _unsaid
    plan, held = replace(CHINESE_PLAN, taught=False), held_together(parts, seed)
    with ThreadPoolExecutor(1) as pool:
        trial = pool.submit(_network, plan, parts, held, seed, say)
        network = pool.submit(_network, plan, parts, _none(held), seed, say)
        script = _Script(CHINESE, CHINESE_GATE, plan, parts, held, trial, again=True)
        learned = _experts(script, seed, say)
    experts = {expert: learned[expert.name] for expert in (*CHINESE, CHINESE_GATE)}
    return anew(experts, {CHINESE_NETWORK: network.result()})


def _unsaid(_: str) -> None:
    return None
