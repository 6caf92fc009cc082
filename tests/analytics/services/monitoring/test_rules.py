"""Alert rules: which numbers raise an alert, and what it says."""

from __future__ import annotations

import pytest

from analytics.models import Incident
from analytics.services.monitoring import rules
from analytics.services.monitoring.rules_decide import WEEK
from tests.analytics.services.monitoring.history_made import (
    LIKE,
    LOOKED,
    NOW,
    SKIP,
    _own_rules_alone,
    plant,
    rule,
    standing,
    words,
)

__all__ = ["_own_rules_alone"]
pytestmark = pytest.mark.django_db


# -- conditions ----------------------------------------------------------------------------------------------


def test_more_than_the_threshold_opens_an_alert_with_its_numbers() -> None:
    rule()
    plant(NOW - 120, NOW, {LIKE: 30})
    rules.look(NOW)
    assert words() == "It is 3/s over the last 1 min; more than 1/s is too much."


def test_less_than_the_threshold_opens_none() -> None:
    rule(threshold=4)
    plant(NOW - 120, NOW, {LIKE: 30})
    rules.look(NOW)
    assert standing() == []


def test_a_rule_may_ask_for_too_little() -> None:
    rule(condition="below", threshold=4)
    plant(NOW - 120, NOW, {LIKE: 30})
    rules.look(NOW)
    assert words() == "It is 3/s over the last 1 min; less than 4/s is too little."


def test_the_window_is_taken_as_a_whole() -> None:
    """Half a minute of 30 and half of none is 1.5 a second."""
    rule(threshold=1.4)
    plant(NOW - 120, NOW - 30, {LIKE: 30})
    plant(NOW - 30, NOW, {LOOKED: 1})
    rules.look(NOW)
    assert Incident.objects.get().value == 1.5


def test_a_share_is_one_of_all_in_the_window_not_the_mean_of_shares() -> None:
    rule(measure="test.likes", threshold=0.05)
    plant(NOW - 120, NOW - 10, {SKIP: 100})
    plant(NOW - 10, NOW, {LIKE: 1})
    rules.look(NOW)
    assert standing() == []  # 1 of 501; the mean of the shares by step is 1 in 6


def test_one_failure_of_one_answer_is_no_share() -> None:
    one = rule(measure="test.likes", threshold=0.05, window=300)
    assert one.fewest == 20
    plant(NOW - 300, NOW - 10, {LOOKED: 1})
    plant(NOW - 10, NOW, {LIKE: 1})
    rules.look(NOW)
    assert standing() == []


@pytest.mark.parametrize(("every", "told"), [(19, []), (20, [""])])
def test_a_share_counts_from_as_many_as_the_rule_asks_for(every: int, told: list[str]) -> None:
    rule(measure="test.likes", threshold=0.05, window=300, fewest=20)
    plant(NOW - 300, NOW - 10, {LOOKED: 1})
    plant(NOW - 10, NOW, {LIKE: 2, SKIP: every - 2})
    rules.look(NOW)
    assert standing() == told


def test_too_small_a_share_is_told_only_of_as_many() -> None:
    for fewest in (20, 30):
        rule(measure="test.likes", condition="below", threshold=0.05, window=300, fewest=fewest)
    plant(NOW - 300, NOW - 10, {LOOKED: 1})
    plant(NOW - 10, NOW, {SKIP: 25})
    rules.look(NOW)
    assert Incident.objects.get().rule.fewest == 20


def test_each_subject_needs_as_many_of_its_own() -> None:
    rule(measure="test.likes", threshold=0.5, labels={"button": "*"}, fewest=20)
    plant(NOW - 60, NOW, {LIKE: 1, SKIP: 100})
    rules.look(NOW)
    assert standing() == []


def test_a_percentile_of_a_few_is_not_told() -> None:
    rule(measure="test.p95", threshold=1)
    plant(NOW - 120, NOW, {("test_seconds", ("a",), "2"): 3})
    rules.look(NOW)
    assert standing() == []


def test_a_change_of_a_share_is_told_of_as_many_as_the_rule_asks_for() -> None:
    for fewest in (20, 61):
        rule(measure="test.likes", condition="changed", threshold=-0.5, fewest=fewest)
    plant(NOW - WEEK - 3600, NOW - WEEK, {LIKE: 600, SKIP: 600}, grain=60)
    plant(NOW - 60, NOW, {SKIP: 10})
    rules.look(NOW)
    assert Incident.objects.get().rule.fewest == 20


def test_how_few_does_not_matter_to_a_rate_or_a_level() -> None:
    rule(threshold=0.01, fewest=1_000)
    rule(measure="test.level", threshold=3e9, fewest=1_000)
    plant(NOW - 60, NOW, {LIKE: 1, ("test_level", ("a",), ""): 4e9})
    rules.look(NOW)
    assert len(standing()) == 2


def test_a_quantile_is_that_of_the_window() -> None:
    rule(measure="test.p95", threshold=1)
    plant(NOW - 120, NOW, {("test_seconds", ("a",), "0"): 1, ("test_seconds", ("a",), "2"): 19})
    rules.look(NOW)
    assert Incident.objects.get().value > 1


def test_a_level_is_the_mean_of_what_was_said() -> None:
    rule(measure="test.level", threshold=3e9)
    plant(NOW - 120, NOW - 30, {("test_level", ("a",), ""): 4e9})
    rules.look(NOW)
    assert words() == "It is 4 GB over the last 1 min; more than 3 GB is too much."


def test_each_value_of_a_starred_label_is_looked_at_by_itself() -> None:
    rule(labels={"button": "*"})
    plant(NOW - 120, NOW, {LIKE: 30, SKIP: 1})
    rules.look(NOW)
    assert standing() == ["like"]


def test_a_named_label_limits_the_rule() -> None:
    rule(labels={"button": "skip"})
    plant(NOW - 120, NOW, {LIKE: 30, SKIP: 1})
    rules.look(NOW)
    assert standing() == []


def test_a_rule_that_is_off_is_not_looked_at() -> None:
    rule(enabled=False)
    plant(NOW - 120, NOW, {LIKE: 30})
    rules.look(NOW)
    assert standing() == []


def test_what_is_not_measured_here_raises_nothing_and_harms_no_other() -> None:
    rule(measure="nothing.such")
    rule(labels={"colour": "*"})
    rule()
    plant(NOW - 120, NOW, {LIKE: 30})
    rules.look(NOW)
    assert len(standing()) == 1


# -- against a week before -----------------------------------------------------------------------------------


def test_a_fall_by_half_against_last_week_is_told_with_both_numbers() -> None:
    rule(condition="changed", threshold=-0.5)
    plant(NOW - WEEK - 3600, NOW - WEEK, {LIKE: 600}, grain=60)
    plant(NOW - 300, NOW, {LIKE: 40})
    rules.look(NOW)
    assert words() == "It is 4/s over the last 1 min: 60 % less than a week before (10/s)."


def test_a_fall_to_nothing_is_a_fall() -> None:
    rule(condition="changed", threshold=-0.5)
    plant(NOW - WEEK - 3600, NOW - WEEK, {LIKE: 600}, grain=60)
    plant(NOW - 300, NOW, {LOOKED: 1})
    rules.look(NOW)
    assert len(standing()) == 1


def test_a_rise_is_not_a_fall() -> None:
    rule(condition="changed", threshold=-0.5)
    plant(NOW - WEEK - 3600, NOW - WEEK, {LIKE: 600}, grain=60)
    plant(NOW - 300, NOW, {LIKE: 400})
    rules.look(NOW)
    assert standing() == []


def test_a_rise_is_told_where_a_rise_is_asked_for() -> None:
    rule(condition="changed", threshold=1)
    plant(NOW - WEEK - 3600, NOW - WEEK, {LIKE: 600}, grain=60)
    plant(NOW - 300, NOW, {LIKE: 400})
    rules.look(NOW)
    assert "300 % more than a week before" in words()


def test_tiny_numbers_alarm_nobody() -> None:
    rule(condition="changed", threshold=-0.5)
    plant(NOW - WEEK - 3600, NOW - WEEK, {LIKE: 4}, grain=60)
    plant(NOW - 300, NOW, {LOOKED: 1})
    rules.look(NOW)
    assert standing() == []


def test_a_share_of_few_alarms_nobody_though_last_week_had_many() -> None:
    rule(measure="test.likes", condition="changed", threshold=-0.5)
    plant(NOW - WEEK - 3600, NOW - WEEK, {LIKE: 600, SKIP: 600}, grain=60)
    plant(NOW - 300, NOW, {SKIP: 1})
    rules.look(NOW)
    assert standing() == []


def test_a_site_without_a_last_week_is_not_compared() -> None:
    rule(condition="changed", threshold=-0.5)
    plant(NOW - 300, NOW, {LIKE: 400})
    rules.look(NOW)
    assert standing() == []


# -- absence -------------------------------------------------------------------------------------------------


def test_nothing_recorded_while_the_watch_lived_is_absence() -> None:
    rule(condition="absent")
    plant(NOW - 300, NOW - 90, {LIKE: 1, LOOKED: 1})
    plant(NOW - 90, NOW, {LOOKED: 1})
    rules.look(NOW)
    assert words() == "Nothing was recorded in the last 1 min."


def test_what_was_never_recorded_is_absent_as_well() -> None:
    rule(condition="absent")
    plant(NOW - 300, NOW, {LOOKED: 1})
    rules.look(NOW)
    assert standing() == [""]


def test_nothing_is_absent_while_nobody_watched() -> None:
    rule(condition="absent")
    plant(NOW - 300, NOW - 90, {LIKE: 1, LOOKED: 1})
    plant(NOW - 90, NOW, {("other_total", (), ""): 1})
    rules.look(NOW)
    assert standing() == []


def test_a_gauge_that_fell_silent_is_absent() -> None:
    rule(measure="test.level", condition="absent", labels={"tank": "*"})
    plant(NOW - 300, NOW - 90, {("test_level", ("a",), ""): 0, ("test_level", ("b",), ""): 0, LOOKED: 1})
    plant(NOW - 90, NOW, {("test_level", ("b",), ""): 0, LOOKED: 1})
    rules.look(NOW)
    assert standing() == ["a"]
