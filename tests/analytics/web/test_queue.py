"""The queue of reviews to check, where there is nothing in it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests.conftest import Cast

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("language", "unscored", "labelled"),
    [
        ("zh-hans", "尚无已评分的评论。", "有帮助的评论都已标注。"),
        ("en", "No review has been scored yet.", "Every review that would help has been labelled."),
    ],
)
def test_before_anything_is_scored_it_does_not_say_that_all_is_labelled(
    cast: Cast, language: str, unscored: str, labelled: str
) -> None:
    client = Client(headers={"accept-language": language})
    client.force_login(cast.analyst)
    shown = client.get(reverse("sentiment_queue")).content.decode()
    assert shown.count(unscored) == 2  # in the place of the list, and at the foot
    assert labelled not in shown
