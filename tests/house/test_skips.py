"""No test is skipped in silence for want of data."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, data_folder

OF_DATA = "tests/engine/preprocess/test_text.py::test_chinese_reviews_are_told_from_english_ones"


def test_absent_data_sets_are_a_skip_that_says_where_they_were_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MMSITE_DATA", str(tmp_path / "nowhere"))
    monkeypatch.delenv("MMSITE_TESTS_NEED_DATA", raising=False)
    with pytest.raises(pytest.skip.Exception, match=str(tmp_path / "nowhere")):
        data_folder()


def test_absent_data_sets_are_a_failure_where_the_tests_need_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MMSITE_DATA", str(tmp_path / "nowhere"))
    monkeypatch.setenv("MMSITE_TESTS_NEED_DATA", "1")
    with pytest.raises(pytest.fail.Exception, match="real data sets are absent"):
        data_folder()


def test_a_whole_run_counts_the_tests_that_were_skipped_for_want_of_data(tmp_path: Path) -> None:
    """As ``.ci/run`` counts them, of what pytest prints."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    options = re.findall(r"-m pytest (-\w+) \$\(ARGS\)", makefile)
    env = os.environ | {"MMSITE_DATA": str(tmp_path / "nowhere"), "MMSITE_TESTS_NEED_DATA": "0"}
    command = [sys.executable, "-m", "pytest", *options, OF_DATA]
    told = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True).stdout
    assert f"no folder {tmp_path / 'nowhere'}" in told
    (log := tmp_path / "log").write_text(told, encoding="utf-8")
    (count,) = re.findall(
        r"^lacking\(\) .*$", (ROOT / ".ci" / "run").read_text(encoding="utf-8"), re.MULTILINE
    )
    counted = subprocess.run(
        ["bash", "-c", f'{count}\nlog="$1"; lacking', "count", str(log)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert counted.stdout == "1\n"
