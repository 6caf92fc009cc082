"""What the documents say exists, and what exists is in the documents."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

from tests.conftest import ROOT

READ = re.compile(r"env\.(?:text|number|integer|names|flag)\(\s*\"([A-Z_0-9]+)\"")
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def settings_read() -> set[str]:
    return set(READ.findall((ROOT / "mmsite" / "settings.py").read_text(encoding="utf-8")))


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def test_settings_are_found_at_all() -> None:
    assert {"PORT", "DATABASE_URL", "ENCODER"} <= settings_read()


def test_every_setting_is_documented() -> None:
    documented = set(
        re.findall(r"`([A-Z_0-9]+)`", (ROOT / "docs" / "settings.md").read_text(encoding="utf-8"))
    )
    assert settings_read() - documented == set()


def test_every_setting_is_in_the_example_environment() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert settings_read() == set(re.findall(r"^#?([A-Z_0-9]+)=", example, re.MULTILINE))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_a_document_names_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    assert set(re.findall(r"\bmake ([a-z]+)\b(?=[`\s]*(?:$|#|`))", text, re.MULTILINE)) <= make_targets()
    assert set(re.findall(r"manage\.py ([a-z_]+)", text)) <= set(get_commands())
    modules = set(re.findall(r"-m (benchmarks\.[a-z_]+)", text))
    assert {name for name in modules if not (ROOT / f"{name.replace('.', '/')}.py").exists()} == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_to_a_file_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", document.read_text(encoding="utf-8"))
    assert {link for link in links if not (document.parent / link).exists()} == set()
