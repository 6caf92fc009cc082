"""A site's own aspects: in service beside the shipped ones, and left out where the file cannot be read."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from analytics.contracts import Spoken
from analytics.services.scoring.model import load_with_aspects

SCENT = {"scent": {"en": ["smell"], "zh": ["香味"]}}


def test_a_site_names_aspects_of_its_own(settings: Any, tmp_path: Path) -> None:
    path = tmp_path / "aspects.json"
    path.write_text(json.dumps(SCENT), encoding="utf-8")
    settings.ASPECTS_FILE = str(path)
    (said,) = load_with_aspects(None).score([Spoken("The smell is lovely, the price is not.")])
    assert {opinion.aspect for opinion in said.aspects} == {"scent", "price"}


def test_a_file_that_cannot_be_read_is_logged_and_left_out(
    settings: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings.ASPECTS_FILE = str(tmp_path / "nowhere.json")
    with caplog.at_level(logging.ERROR):
        (said,) = load_with_aspects(None).score([Spoken("The smell is lovely, the price is not.")])
    assert {opinion.aspect for opinion in said.aspects} == {"price"}
    assert "nowhere.json" in caplog.text
