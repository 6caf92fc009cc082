"""House rules that no linter knows."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

LONGEST = 400
TEXT = {".py", ".html", ".js", ".mjs", ".css", ".md", ".txt", ".toml", ".po", ".sh", ""}
#: Spelt in pieces, so that this file obeys the rule it states.
FORBIDDEN = re.compile(
    r"|".join(
        [
            r"/wo" r"rk/",
            r"\bCla" r"ude\b",
            r"\bAnthro" r"pic\b",
            r"\bChat" r"GPT\b",
            r"\bCo" r"pilot\b",
            r"\bco-authored" r"-by\b",
            r"registry\.npm" r"js\.org",
            r"files\.python" r"hosted\.org",
            r"py" r"pi\.org",
            r"\bTO" r"DO\b",
            r"\bFIX" r"ME\b",
        ]
    ),
    re.IGNORECASE,
)


def tracked() -> list[Path]:
    """Files of the repository, as git knows them; an exported tree without git has all of its files."""
    answer = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if answer.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in answer.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_no_python_file_is_longer_than_400_lines() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in tracked()
        if path.suffix == ".py" and "migrations" not in path.parts
    }
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST} == {}


def test_no_file_names_a_private_path_a_tool_or_a_package_host() -> None:
    found = {}
    for path in tracked():
        if path.suffix in TEXT or path.name == "package-lock.json":
            text = path.read_bytes().decode("utf-8", errors="ignore")
            if hit := FORBIDDEN.search(text):
                found[str(path.relative_to(ROOT))] = hit.group()
    assert found == {}


def test_no_template_holds_inline_script_style_or_handlers() -> None:
    inline = re.compile(
        r"<script(?![^>]*\bsrc=)(?![^>]*application/json)|<style|\sstyle=|\son[a-z]+=\"", re.I
    )
    found = {}
    for path in tracked():
        if path.suffix == ".html" and (hit := inline.search(path.read_text(encoding="utf-8"))):
            found[str(path.relative_to(ROOT))] = hit.group()
    assert found == {}


def test_every_icon_used_is_in_the_sprite() -> None:
    lines = (ROOT / "static" / "icons.txt").read_text(encoding="utf-8").splitlines()
    sprite = {line.strip() for line in lines if line.strip() and not line.startswith("#")}
    used = {
        name
        for path in tracked()
        if path.suffix in {".html", ".js"}
        for name in re.findall(r"icons\.svg'? ?%?}?#([a-z0-9-]+)", path.read_text(encoding="utf-8"))
    }
    assert used <= sprite


def test_migrations_are_complete(db: None) -> None:
    from django.core.management import call_command

    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_a_stray_module_breaks_the_layer_contract(tmp_path: Path) -> None:
    """The contract is exhaustive: shown on a copy of the tree with one module too many."""
    import shutil
    import sys

    for name in ("mmsite", "analytics", "recommender"):
        ignore = shutil.ignore_patterns("__pycache__", "weights", "*.pt", "*.npz")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignore)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    (tmp_path / "recommender" / "utils.py").write_text('"""Stray."""\n', encoding="utf-8")
    answer = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert answer.returncode == 1
    assert "recommender.utils" in answer.stdout
