"""A site's own aspects: in service beside the shipped ones, and left out where the file cannot be read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from analytics.contracts import Spoken
from analytics.services.names import name_of
from analytics.services.report import Filters
from analytics.services.scoring.model import load_with_aspects
from analytics.web.filtering import filter_bar
from recommender.errors import RecommenderError

SCENT = {"scent": {"en": ["smell"], "zh": ["香味"]}}


def test_a_site_names_aspects_of_its_own(settings: Any, tmp_path: Path) -> None:
    path = tmp_path / "aspects.json"
    path.write_text(json.dumps(SCENT), encoding="utf-8")
    settings.ASPECTS_FILE = str(path)
    (said,) = load_with_aspects(None).score([Spoken("The smell is lovely, the price is not.")])
    assert {opinion.aspect for opinion in said.aspects} == {"scent", "price"}


def test_reviews_wait_while_the_file_cannot_be_read(settings: Any, tmp_path: Path) -> None:
    settings.ASPECTS_FILE = str(tmp_path / "nowhere.json")
    with pytest.raises(RecommenderError, match=r"ASPECTS_FILE.*nowhere\.json") as raised:
        load_with_aspects(None)
    assert not raised.value.permanent


def test_a_changed_file_makes_another_scorer(settings: Any, tmp_path: Path) -> None:
    path = tmp_path / "aspects.json"
    keys = {load_with_aspects(None).key}
    for words in (["smell"], ["smell", "fragrance"]):
        path.write_text(json.dumps({"scent": {"en": words}}), encoding="utf-8")
        settings.ASPECTS_FILE = str(path)
        keys.add(load_with_aspects(None).key)
    assert len(keys) == 3


def test_a_site_says_what_its_aspects_are_called(settings: Any, tmp_path: Path) -> None:
    path = tmp_path / "aspects.json"
    named = {"scent": {"name": {"en": "Scent", "zh": "香气"}, "en": ["smell"]}, "weight": {"en": ["heavy"]}}
    path.write_text(json.dumps(named), encoding="utf-8")
    settings.ASPECTS_FILE = str(path)
    with translation.override("zh-hans"):
        assert [name_of("aspect", one) for one in ("scent", "weight", "price")] == ["香气", "Weight", "价格"]
    assert name_of("aspect", "scent") == "Scent"


@pytest.mark.django_db
def test_an_aspect_of_the_site_can_be_chosen_in_the_filter_bar(settings: Any, tmp_path: Path) -> None:
    path = tmp_path / "aspects.json"
    path.write_text(json.dumps(SCENT), encoding="utf-8")
    settings.ASPECTS_FILE = str(path)
    (field,) = [one for one in filter_bar("sentiment", Filters.latest(30))["fields"] if one.name == "aspect"]
    assert "scent" in [option.value for option in field.options]
