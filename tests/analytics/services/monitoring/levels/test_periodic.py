"""Periodic tasks: when each last succeeded, and which have stopped."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from redis import Redis

from analytics.services.monitoring import periodic
from tests.analytics.services.monitoring.levels.conftest import Said

NOW = 1_700_000_000.0
QUICK, SLOW = "recommender.tasks.sweep", "recommender.tasks.purge"  # every 10 seconds, every hour


def plant(redis: Redis, **at: float) -> None:
    names = {"began": periodic.BEGAN, "quick": QUICK, "slow": SLOW}
    redis.hset(periodic.KEY, mapping={names[name]: repr(moment) for name, moment in at.items()})


def names(found: list[periodic.Periodic]) -> set[str]:
    return {one.name for one in found}


def test_every_entry_of_the_schedule_has_a_period(settings: Any) -> None:
    assert periodic.periods().keys() == {one["task"] for one in settings.CELERY_BEAT_SCHEDULE.values()}
    assert all(seconds > 0 for seconds in periodic.periods().values())


def test_a_period_may_be_given_as_a_span_of_time(settings: Any) -> None:
    settings.CELERY_BEAT_SCHEDULE = {"a": {"task": "tests.a", "schedule": timedelta(minutes=5)}}
    assert periodic.periods() == {"tests.a": 300.0}


@pytest.mark.django_db
def test_a_success_is_noted(redis_server: Redis) -> None:
    from analytics.tasks import tidy_exports
    from recommender.tasks import run_import  # noqa: F401 (not periodic)

    tidy_exports.delay()
    assert redis_server.hkeys(periodic.KEY) == [b"analytics.tasks.tidy_exports"]


def test_a_fresh_site_has_missed_nothing(redis_server: Redis) -> None:
    """Whatever a Redis that outlived the last one says."""
    plant(redis_server, began=NOW - 86_400, quick=NOW - 80_000)
    periodic.take_periodic(NOW)
    assert periodic.missed(NOW + 44) == []


def test_a_task_that_stopped_is_missed_after_three_quarters_of_a_minute(redis_server: Redis) -> None:
    plant(redis_server, began=NOW - 90, quick=NOW - 46)
    assert QUICK in names(periodic.missed(NOW))
    plant(redis_server, quick=NOW - 44)
    assert QUICK not in names(periodic.missed(NOW))


def test_a_task_with_a_long_period_is_missed_after_three_of_them(redis_server: Redis) -> None:
    plant(redis_server, began=NOW - 86_400, slow=NOW - 3 * 3600 + 5)
    assert SLOW not in names(periodic.missed(NOW))
    plant(redis_server, slow=NOW - 3 * 3600 - 5)
    assert SLOW in names(periodic.missed(NOW))


def test_a_task_that_never_succeeded_is_missed_since_watching_began(redis_server: Redis) -> None:
    plant(redis_server, began=NOW - 120)
    assert QUICK in names(periodic.missed(NOW))
    assert SLOW not in names(periodic.missed(NOW))


def test_before_anybody_watches_nothing_is_said(redis_server: Redis) -> None:
    plant(redis_server, quick=NOW - 1000)
    assert periodic.missed(NOW) == []


def test_the_levels_tell_the_time_since_and_the_runs_that_were_due(redis_server: Redis, said: Said) -> None:
    periodic.take_periodic(NOW)
    plant(redis_server, quick=NOW + 100)
    periodic.take_periodic(NOW + 155)
    assert said("mmsite_periodic_seconds_since_success")[QUICK,] == 55.0
    assert said("mmsite_periodic_missed_runs")[QUICK,] == 4.0
    assert said("mmsite_periodic_missed_runs")[SLOW,] == 0.0


def test_watching_goes_on_when_redis_was_emptied(redis_server: Redis) -> None:
    periodic.take_periodic(NOW)
    redis_server.flushall()
    periodic.take_periodic(NOW + 500)
    assert periodic.missed(NOW + 544) == []
    assert QUICK in names(periodic.missed(NOW + 546))
