"""The page of the sentiment model."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from analytics.services import model_card
from analytics.services.audit import note
from analytics.web.model import FEW
from analytics.web.told import figure_name, told
from recommender.models import ModelVersion
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


def test_analysts_see_what_was_done_to_scores_and_not_what_operators_did(client: Client, cast: Cast) -> None:
    note(cast.analyst, "correct", "review 5")
    note(cast.operator, "inspect person", "cassandra")
    client.force_login(cast.analyst)
    page = client.get(reverse("sentiment_model")).content.decode()
    assert "corrected scores: review 5" in page
    assert "cassandra" not in page


@pytest.mark.parametrize(("held", "warned"), [(12, True), (FEW, False)])
def test_a_candidate_says_how_many_reviews_it_learned_from_and_was_measured_on(
    client: Client, cast: Cast, held: int, warned: bool
) -> None:
    ModelVersion.objects.create(
        kind="sentiment", path="sentiment-new", state="ready", metrics={"trained": 1234, "held": held}
    )
    client.force_login(cast.analyst)
    shown = client.get(reverse("sentiment_model")).content.decode()
    assert f"Corrected reviews it learned from: 1,234; held out to measure by: {held}." in shown
    assert ("So few decide little" in shown) is warned


def test_what_the_shipped_parts_measured_is_told_in_chinese() -> None:
    note, names = model_card.fusion_note(), [one.name for one in model_card.figures()]
    assert names
    with translation.override("zh-hans"):
        assert not re.search("[a-z]{2}", told(note)), told(note)
        named = {name: figure_name(name) for name in names}
    assert not [name for name in names if named[name] == name]
    own = {
        name for name in names if re.search("accuracy|error|speech|image|text|gated|attention", named[name])
    }
    assert not own
    assert told(note) == note
    assert [figure_name(name) for name in names] == names


def test_a_figure_that_nobody_knows_is_told_as_the_card_has_it() -> None:
    with translation.override("zh-hans"):
        assert figure_name("shop of ours accuracy") == "shop of ours 准确率"
        assert figure_name("seconds") == "seconds"
