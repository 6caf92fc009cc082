"""Reading the environment."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mmsite import env


def test_a_value_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "eighty")
    with pytest.raises(env.SettingError, match="PORT='eighty'"):
        env.integer("PORT", 8000)


@pytest.mark.parametrize(("raw", "meant"), [("1", True), ("Yes", True), ("off", False), ("", False)])
def test_flags_are_read_in_words(monkeypatch: pytest.MonkeyPatch, raw: str, meant: bool) -> None:
    monkeypatch.setenv("DEBUG", raw)
    assert env.flag("DEBUG", not meant) is meant


def test_a_list_forgives_spaces_and_empty_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", "a.example, b.example,")
    assert env.names("ALLOWED_HOSTS") == ("a.example", "b.example")


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMSITE_TEST_A", "environment")
    monkeypatch.delenv("MMSITE_TEST_B", raising=False)
    file = tmp_path / ".env"
    file.write_text("# a comment\nMMSITE_TEST_A=file\nMMSITE_TEST_B='quoted'\n", encoding="utf-8")
    env.load_dotenv(file)
    assert (os.environ["MMSITE_TEST_A"], os.environ["MMSITE_TEST_B"]) == ("environment", "quoted")
    monkeypatch.delenv("MMSITE_TEST_B")


def test_a_line_that_is_no_assignment_is_named(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("PORT=1\nnonsense\n", encoding="utf-8")
    with pytest.raises(env.SettingError, match=r"\.env line 2"):
        env.load_dotenv(file)
