"""Settings that follow from others."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("redis", "broker"),
    [
        ("unix:///run/redis/shared.sock?db=3", "redis+socket:///run/redis/shared.sock?virtual_host=3"),
        ("unix:///run/redis/shared.sock", "redis+socket:///run/redis/shared.sock"),
        ("redis://redis.example:6379/3", "redis://redis.example:6379/3"),
    ],
)
def test_the_queues_are_in_the_redis_that_is_named(redis: str, broker: str, tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-c", "from mmsite import settings; print(settings.CELERY_BROKER_URL)"],
        cwd=ROOT,
        env={**os.environ, "REDIS_URL": redis, "MMSITE_VAR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == broker
