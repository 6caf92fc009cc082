"""The calibration error that chance alone makes of a perfectly calibrated model."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.engine.sentiment.calibration import chance_calibration_error, expected_calibration_error


def _rows(number: int) -> np.ndarray:
    return np.random.default_rng(1).dirichlet((2.0, 1.0, 1.0), number)


def test_chance_makes_a_larger_error_of_fewer_rows() -> None:
    few, many = (chance_calibration_error(_rows(number), draws=100)[0] for number in (200, 5000))
    assert few > many


def test_rows_that_are_always_certain_have_no_error_by_chance() -> None:
    assert chance_calibration_error(np.eye(3)[[0, 1, 2, 1]], draws=20) == (0.0, 0.0)


def test_labels_far_from_the_probabilities_have_a_larger_error_than_chance_makes() -> None:
    rows = _rows(500)
    wrong = rows.argmin(axis=1)
    assert expected_calibration_error(rows, wrong) > chance_calibration_error(rows, draws=100)[1]


def test_no_rows_have_no_error_by_chance() -> None:
    assert chance_calibration_error(np.empty((0, 3))) == pytest.approx((0.0, 0.0))
