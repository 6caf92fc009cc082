"""A task that notes by itself that it was done, so that what telemetry counted can be held against it."""

from __future__ import annotations

import os
import time

from celery import shared_task

from recommender.services.redis_link import shared_redis

NAME, TALLY, QUEUE = "benchmarks.tally", "benchmarks:tally", "benchmarks"


@shared_task(name=NAME)
def tally() -> None:
    """By which process and when."""
    shared_redis().rpush(TALLY, f"{os.getpid()} {time.time()}")
