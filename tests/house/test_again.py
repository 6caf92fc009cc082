"""Repeating tests beside the others: what fails there fails here, in its words."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from tests.again import repeated
from tests.beside import waited_for_last, wanted


def test_a_repetition_whose_tests_pass_says_nothing() -> None:
    with repeated(["tests/house/test_word_error_rate.py"]) as passed:
        passed()


def test_a_repetition_that_fails_tells_what_pytest_said() -> None:
    with (
        repeated(["tests/house/no_such_test.py"]) as passed,
        pytest.raises(AssertionError, match="not found"),
    ):
        passed()


def test_a_repetition_that_nobody_waits_for_ends_with_all_that_it_started(tmp_path: Path) -> None:
    before = set(psutil.Process().children())
    # A small folder: pytest reads all of it before it starts the first server.
    with repeated(["tests/services/recommend"], TMPDIR=str(tmp_path)):
        (run,) = set(psutil.Process().children()) - before
        while not (servers := run.children(recursive=True)):
            assert run.is_running()
            time.sleep(0.05)  # it needs the processor more
    assert not run.is_running()
    assert not any(one.is_running() for one in servers)
    assert not list(tmp_path.glob("mmsite-test-*"))


def stand_in(*fixtures: str) -> Any:
    return SimpleNamespace(fixturenames=fixtures)


def test_what_runs_beside_all_others_is_begun_only_where_it_is_asked_for() -> None:
    assert wanted("on_postgresql", [stand_in("page"), stand_in("on_postgresql")])
    assert not wanted("on_postgresql", [stand_in("page"), stand_in("in_a_bucket")])


def test_what_runs_beside_all_others_is_waited_for_at_the_end_the_longest_last() -> None:
    first, longest, waits, last = (
        stand_in("page"),
        stand_in("on_postgresql"),
        stand_in("in_a_bucket"),
        stand_in(),
    )
    items = [first, longest, waits, last]
    waited_for_last(items)
    assert items == [first, last, waits, longest]
