"""Alert rules: how long they wait and stay, what breaks beside them, how many there may be, those shipped."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from analytics.models import AlertRule, Incident
from analytics.services.monitoring import rules
from analytics.services.monitoring.measures import measure
from analytics.services.monitoring.rules_decide import ends, episodes, opens
from analytics.services.monitoring.rules_history import preview
from analytics.services.monitoring.shipped_rules import SHIPPED, add_missing
from recommender.models.telling import translated_json
from recommender.telemetry import registry as declared
from tests.analytics.services.monitoring.history_made import (
    LIKE,
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


# -- when something is broken --------------------------------------------------------------------------------


@pytest.fixture
def no_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Redis) -> None:
        raise RedisConnectionError

    monkeypatch.setattr(Redis, "ping", refuse)
    monkeypatch.setattr(rules, "_blind_since", [])


def blind(moment: float) -> None:
    with pytest.raises(RedisConnectionError):
        rules.look(moment)


def test_without_redis_what_stands_is_not_taken_for_over(no_redis: None) -> None:
    Incident.objects.create(rule=rule(), since=datetime.fromtimestamp(NOW, UTC))
    for seconds in range(0, 300, 10):
        blind(NOW + seconds)
    assert standing() == [""]


def test_that_redis_is_gone_is_told_though_nothing_can_be_measured(no_redis: None) -> None:
    add_missing()
    for seconds in range(0, 60, 10):
        blind(NOW + seconds)
    assert standing() == []
    blind(NOW + 60)
    blind(NOW + 70)
    assert standing() == [rules.REDIS]
    assert words().startswith("Redis does not answer")


def test_a_measure_that_cannot_be_read_does_not_silence_the_others(caplog: Any) -> None:
    measure("test.broken", "Broken", "s", "test_clicks_total", "p95")  # not a histogram
    rule(measure="test.broken")
    rule()
    plant(NOW - 120, NOW, {LIKE: 30})
    rules.look(NOW)
    assert len(standing()) == 1
    assert "cannot be looked at" in caplog.text


def test_a_finding_that_cannot_be_worded_does_not_silence_the_others(
    caplog: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, _sound = rule(name="broken"), rule()
    worded = rules.words.reason

    def reason(one: Any, finding: Any) -> Any:
        return {}["gone"] if one.pk == broken.pk else worded(one, finding)

    monkeypatch.setattr(rules.words, "reason", reason)
    plant(NOW - 120, NOW, {LIKE: 30})
    rules.look(NOW)
    assert len(standing()) == 1
    assert "cannot be told" in caplog.text


def test_alerts_that_are_long_over_are_forgotten() -> None:
    one = rule()
    for days in (89, 91):
        ended = datetime.fromtimestamp(NOW, UTC) - timedelta(days=days)
        Incident.objects.create(rule=one, since=ended, ended_at=ended)
    rules.tidy(NOW)
    assert Incident.objects.count() == 1


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
    assert translated_json(rest.reason) == "2950 more are affected; they have no alerts of their own."


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


def test_the_watch_knows_what_the_web_and_the_workers_measure() -> None:
    """In a process of its own, as the watch is: nothing there serves pages."""
    code = (
        "import django; django.setup()\n"
        "from analytics.services.monitoring.measures import measures\n"
        "from recommender.telemetry import metric_named\n"
        "print([one.key for one in measures() if not all(map(metric_named, one.metrics))])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip().endswith("[]")
