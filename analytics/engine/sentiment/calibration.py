"""Probabilities that mean what they say: temperature scaling, and how far off they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_TINY = 1e-9


def softmax(logits: np.ndarray) -> np.ndarray:
    """Rows (..., k) of any real numbers as probabilities."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def log_rows(probabilities: np.ndarray) -> np.ndarray:
    """Logarithms of probabilities, finite."""
    return np.log(np.clip(probabilities, _TINY, 1.0))


@dataclass(frozen=True, slots=True)
class Temperature:
    """Divides log-probabilities by ``value`` and adds ``bias`` (Guo et al. 2017, with a bias by class)."""

    value: float = 1.0
    bias: tuple[float, ...] = (0.0, 0.0, 0.0)

    def apply(self, probabilities: np.ndarray) -> np.ndarray:
        """(n, k) probabilities, calibrated."""
        return softmax(log_rows(probabilities) / self.value + np.asarray(self.bias))


def fit_temperature(probabilities: np.ndarray, labels: np.ndarray, *, with_bias: bool = True) -> Temperature:
    """The temperature (and bias) with the least cross-entropy on held-out rows.

    Args:
        probabilities: (n, k) of rows that the model was not trained on.
        labels: (n,) numbers of the true classes.
        with_bias: also learn how common the classes are.
    """
    from scipy.optimize import minimize  # heavy: imported by whoever asks

    logs, classes = log_rows(probabilities), probabilities.shape[1]
    rows = np.arange(len(labels))

    def loss(parameters: np.ndarray) -> float:
        bias = parameters[1:] if with_bias else 0.0
        scaled = log_rows(softmax(logs / np.exp(parameters[0]) + bias))
        penalty = 1e-3 * float(np.square(parameters).sum())
        return float(-scaled[rows, labels].mean()) + penalty

    start = np.zeros(1 + classes * with_bias)
    best = minimize(loss, start, method="L-BFGS-B", bounds=[(-2.5, 2.5)] * len(start)).x
    bias = tuple(float(value) for value in best[1:]) if with_bias else (0.0,) * classes
    return Temperature(float(np.exp(best[0])), bias)


def expected_calibration_error(probabilities: np.ndarray, labels: np.ndarray, bins: int = 15) -> float:
    """Mean gap between confidence and accuracy over equal-width bins of confidence (Naeini et al. 2015)."""
    if not len(labels):
        return 0.0
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    places = np.minimum((confidence * bins).astype(int), bins - 1)
    count = np.bincount(places, minlength=bins)
    gap = np.bincount(places, confidence - right, minlength=bins)
    return float(np.abs(gap).sum() / max(count.sum(), 1))


def chance_calibration_error(
    probabilities: np.ndarray, *, draws: int = 1000, seed: int = 0
) -> tuple[float, float]:
    """Mean and 95th percentile of the calibration error if ``probabilities`` (n, k) were all true.

    Labels are drawn from the probabilities themselves (consistency resampling, Broecker and Smith 2007;
    as a test, Vaicenavicius et al. 2019): the error of few rows is never nought, however good the model.
    """
    if not len(probabilities):
        return 0.0, 0.0
    rng = np.random.default_rng(seed)
    reached = probabilities.cumsum(axis=1)[:, :-1]
    errors = [
        expected_calibration_error(probabilities, (rng.random((len(reached), 1)) > reached).sum(axis=1))
        for _ in range(draws)
    ]
    return float(np.mean(errors)), float(np.quantile(errors, 0.95))


def macro_f1(predicted: np.ndarray, labels: np.ndarray, classes: int = 3) -> float:
    """Unweighted mean of F1 over the classes that occur in ``labels`` or ``predicted``."""
    scores = []
    for number in range(classes):
        hits = int(((predicted == number) & (labels == number)).sum())
        spread = int((predicted == number).sum() + (labels == number).sum())
        if spread:
            scores.append(2 * hits / spread)
    return float(np.mean(scores)) if scores else 0.0


def accuracy(predicted: np.ndarray, labels: np.ndarray) -> float:
    return float((predicted == labels).mean()) if len(labels) else 0.0
