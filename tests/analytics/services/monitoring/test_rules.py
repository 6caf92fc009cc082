"""Alert rules: when they open an alert, when they end it, and what it says."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from analytics.models import AlertRule, Incident
from analytics.services.monitoring import rules
from analytics.services.monitoring.measures import measure
from analytics.services.monitoring.rules_decide import WEEK, ends, episodes, opens
from analytics.services.monitoring.rules_history import preview
from analytics.services.monitoring.said import Said
from analytics.services.monitoring.shipped_rules import SHIPPED, add_missing
from recommender.telemetry import Counter, Gauge, Histogram
from recommender.telemetry import registry as declared
from tests.analytics.services.monitoring.planted import LOOKED, plant, rule

pytestmark = pytest.mark.django_db
#: a full hour, some hours ago: history of this age is kept by ten seconds
NOW = int(time.time()) // 3600 * 3600 - 4 * 3600
LIKE, SKIP = ("test_clicks_total", ("like",), ""), ("test_clicks_total", ("skip",), "")


@pytest.fixture(autouse=True)
def _only_own_rules(db: None, clicks: Counter, level: Gauge, seconds: Histogram) -> None:
    AlertRule.objects.all().delete()
    measure("test.clicks", "Clicks", "/s", "test_clicks_total", "rate")
    measure("test.level", "Level", "bytes", "test_level", "level")
    measure("test.p95", "Time", "s", "test_seconds", "p95")
    measure(
        "test.likes",
        "Likes",
        "ratio",
        "test_clicks_total",
        "rate",
        where={"button": "like"},
        over="test.clicks",
    )


def standing() -> list[str]:
    return sorted(Incident.objects.standing().values_list("subject", flat=True))


def words() -> str:
    return str(Said.of_json(Incident.objects.standing().get().reason))


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


# -- for how long --------------------------------------------------------------------------------------------


def test_an_alert_waits_until_the_condition_has_held() -> None:
    rule(hold=60, window=30)
    plant(NOW - 300, NOW - 60, {LIKE: 1})
    plant(NOW - 60, NOW + 60, {LIKE: 30})
    for moment in range(NOW - 50, NOW + 10, 10):
        rules.look(moment)
        assert standing() == [], moment - NOW
    rules.look(NOW + 10)
    rules.look(NOW + 20)
    assert standing() == [""]


def test_an_interruption_starts_the_wait_anew() -> None:
    rule(hold=60, window=30)
    plant(NOW - 300, NOW - 40, {LIKE: 30})
    plant(NOW - 40, NOW - 20, {LIKE: 0})
    plant(NOW - 20, NOW, {LIKE: 30})
    rules.look(NOW)
    assert standing() == []


def test_an_alert_ends_only_after_a_calm_as_long() -> None:
    rule(hold=60, window=30)
    plant(NOW - 300, NOW, {LIKE: 30})
    plant(NOW, NOW + 200, {LIKE: 1})
    rules.look(NOW)
    rules.look(NOW + 60)
    assert standing() == [""]
    rules.look(NOW + 110)
    assert standing() == []


def test_a_short_calm_does_not_end_it_so_that_it_does_not_flicker() -> None:
    rule(window=30)
    plant(NOW - 300, NOW, {LIKE: 30})
    rules.look(NOW)
    plant(NOW, NOW + 40, {LIKE: 0})
    plant(NOW + 40, NOW + 120, {LIKE: 90})
    for moment in range(NOW + 10, NOW + 120, 10):
        rules.look(moment)
    assert Incident.objects.count() == 1
    assert standing() == [""]


def test_a_watch_that_starts_anew_knows_since_when_it_holds() -> None:
    rule(hold=60, window=30)
    plant(NOW - 300, NOW - 100, {LIKE: 1})
    plant(NOW - 100, NOW, {LIKE: 30})
    rules.look(NOW)
    since = Incident.objects.get().since
    assert datetime.fromtimestamp(NOW - 100, UTC) <= since <= datetime.fromtimestamp(NOW - 60, UTC)


def test_an_alert_that_stands_is_one_and_its_number_follows() -> None:
    rule()
    plant(NOW - 120, NOW, {LIKE: 30})
    plant(NOW, NOW + 60, {LIKE: 50})
    rules.look(NOW)
    rules.look(NOW + 60)
    assert [one.value for one in Incident.objects.all()] == [5.0]


def test_switching_a_rule_off_ends_its_alert() -> None:
    one = rule()
    plant(NOW - 120, NOW, {LIKE: 30})
    rules.look(NOW)
    AlertRule.objects.filter(pk=one.pk).update(enabled=False)
    rules.look(NOW + 10)
    assert standing() == []


@pytest.mark.parametrize(
    ("line", "found"),
    [("111", [(2, 3)]), ("110111", [(5, 6)]), ("1110111", [(2, 7)]), ("11100", [(2, 4)]), ("010101", [])],
)
def test_episodes_are_those_that_opening_and_ending_make(line: str, found: list[tuple[int, int]]) -> None:
    true = np.array([mark == "1" for mark in line])
    assert episodes(true, hold=2, calm=1) == found
    assert opens(true, 2) == line.endswith("111")
    assert ends(true, 1) == line.endswith("00")


# -- many ----------------------------------------------------------------------------------------------------


def test_a_rule_on_very_many_values_raises_a_bounded_number_of_alerts() -> None:
    declared.counter("test_wide_total", "Wide.", value=5_000)
    measure("test.wide", "Wide", "/s", "test_wide_total", "rate")
    rule(measure="test.wide", labels={"value": "*"})
    plant(NOW - 120, NOW, {("test_wide_total", (str(one),), ""): 30 for one in range(3_000)})
    for moment in (NOW, NOW + 10):
        rules.look(moment)
    assert Incident.objects.count() == rules.MOST_SUBJECTS + 1
    rest = Incident.objects.get(subject="…")
    assert str(Said.of_json(rest.reason)) == "2950 more are affected; they have no alerts of their own."


def test_a_million_values_of_a_label_are_no_more_than_it_may_have() -> None:
    wide = declared.counter("test_wide_total", "Wide.", value=50)
    for number in range(100_000):
        wide.add(1, f"made up by a user {number}")
    assert len(wide._keys) <= 51


def test_fifty_rules_are_looked_at_in_a_few_reads(django_assert_max_num_queries: Any) -> None:
    for number in range(50):
        rule(name=f"r{number}", window=(60, 300, 600, 3600)[number % 4], labels={"button": "*"})
    plant(NOW - 4000, NOW, {LIKE: 1, SKIP: 1})
    with django_assert_max_num_queries(12):
        rules.look(NOW)


# -- before it is saved --------------------------------------------------------------------------------------


def test_the_preview_counts_the_alerts_of_the_last_days() -> None:
    one = rule(window=300, hold=60)
    end = int(time.time()) // 60 * 60
    for hours in (3, 30, 100):
        start = end - hours * 3600
        plant(start, start + 1200, {LIKE: 600}, grain=60)
    tried = preview(one, end)
    assert tried is not None
    assert tried.times == 3
    assert tried.labels == {"button": ["like"]}


def test_there_is_no_preview_of_what_is_not_measured() -> None:
    assert preview(rule(measure="nothing.such"), time.time()) is None


# -- those that are shipped ----------------------------------------------------------------------------------


def test_shipped_rules_are_added_once_and_stay_as_they_were_changed() -> None:
    assert add_missing() == len(SHIPPED)
    AlertRule.objects.filter(key="slow").update(threshold=3, enabled=False)
    assert add_missing() == 0
    assert AlertRule.objects.get(key="slow").threshold == 3


def test_a_release_adds_those_that_are_new() -> None:
    add_missing()
    AlertRule.objects.filter(key="slow").update(key="of-an-older-release")
    assert add_missing() == 1


def test_setting_up_the_site_adds_them(transactional_db: None) -> None:
    from django.core.management import call_command

    AlertRule.objects.all().delete()
    call_command("migrate", verbosity=0)
    assert AlertRule.objects.exclude(key="").count() == len(SHIPPED)
