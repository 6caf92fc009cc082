"""What has changed, asked for by programs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from analytics.services.report import kept
from tests.analytics.scored import broken_switch
from tests.api.conftest import Program, json_of

pytestmark = pytest.mark.django_db
ROOT = "/api/v1/analytics"


@pytest.fixture
def ask(program: Program) -> Any:
    """The answer to an address, on a lamp that was loved and whose switch then broke."""
    kept.forget()
    broken_switch(lambda days: {"language": "zh" if days % 2 else "en"})
    client = program("analyst")
    return lambda path, **asked: json_of(client.get(f"{ROOT}/{path}", asked))


def test_a_selection_is_compared_with_the_period_before(ask: Any) -> None:
    found, today = ask("comparison", days=20), timezone.localdate()
    assert (found["a"]["net"], found["b"]["net"], found["difference"]) == (1, -1, -2)
    assert found["a"]["end"] == (today - timedelta(days=20)).isoformat()
    assert (found["is_noise"], found["p_value"] < 0.001) == (False, True)
    assert {one["by"] for one in found["drivers"]} == {"aspect", "language"}
    assert sum(one["change"] for one in found["drivers"] if one["by"] == "language") == pytest.approx(-2)


def test_a_selection_is_compared_with_another_of_the_same_period(ask: Any) -> None:
    found = ask("comparison", days=20, language="en", a_language="zh")
    assert [found[side]["reviews"] for side in "ab"] == [10, 10]
    assert found["a"]["start"] == found["b"]["start"]
    assert found["is_noise"]


def test_a_selection_is_compared_with_another_period(ask: Any) -> None:
    day = timezone.localdate() - timedelta(days=25)
    found = ask("comparison", days=20, a_start=day, a_end=day)
    assert (found["a"]["reviews"], found["a"]["start"]) == (1, day.isoformat())


def test_a_filter_of_the_other_side_that_is_none_is_refused(program: Program) -> None:
    assert program("analyst").get(f"{ROOT}/comparison?a_rating=9").status_code == 422


def test_words_that_come_up_are_counted_now_and_before(ask: Any) -> None:
    found = ask("emerging/terms", days=20)
    counts = {one["term"]: (one["recent"], one["before"], one["net"]) for one in found["terms"]}
    assert counts["switch"] == (20, 0, -1)
    assert "light" not in counts
    assert found["among"] is None
    assert ask("emerging/terms", days=20, channel="text")["among"] == 600


def test_aspects_are_told_with_how_often_and_how_they_were_felt_before(ask: Any) -> None:
    found = ask("emerging/aspects", days=20)
    assert (found["reviews"], found["before"]) == (20, 20)
    quality, look = found["aspects"]
    assert (quality["aspect"], quality["recent"], quality["before"]) == ("quality", 20, 0)
    assert (quality["net"], quality["net_before"], quality["change"]) == (-1, None, None)
    assert (look["aspect"], look["score"] < 0, look["p_value"] < 0.01) == ("look", True, True)
