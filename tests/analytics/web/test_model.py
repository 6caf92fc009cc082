"""The page of the sentiment model."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from analytics.services.audit import note
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


def test_analysts_see_what_was_done_to_scores_and_not_what_operators_did(client: Client, cast: Cast) -> None:
    note(cast.analyst, "correct", "review 5")
    note(cast.operator, "inspect person", "cassandra")
    client.force_login(cast.analyst)
    page = client.get(reverse("sentiment_model")).content.decode()
    assert "corrected scores: review 5" in page
    assert "cassandra" not in page
