"""Repeating tests beside the others: what fails there fails here, in its words."""

from __future__ import annotations

import pytest

from tests.again import repeated


def test_a_repetition_whose_tests_pass_says_nothing() -> None:
    with repeated(["tests/house/test_word_error_rate.py"]) as passed:
        passed()


def test_a_repetition_that_fails_tells_what_pytest_said() -> None:
    with (
        repeated(["tests/house/no_such_test.py"]) as passed,
        pytest.raises(AssertionError, match="not found"),
    ):
        passed()
