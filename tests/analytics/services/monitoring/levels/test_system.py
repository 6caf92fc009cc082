"""Levels of machine, database and Redis, and what is asked of the database."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.utils import DatabaseError

from analytics.services.monitoring import database_seen, levels_system
from analytics.services.monitoring.measures import measure_named, measures, read
from analytics.services.monitoring.store import move_windows
from recommender.telemetry import flush, metric_named, read_totals
from tests.analytics.services.monitoring.levels.conftest import Said

NOW = 1_700_000_000.0
Usage = namedtuple("Usage", "total used free")


def test_free_and_whole_disk_of_each_folder_are_told(
    monkeypatch: pytest.MonkeyPatch, settings: Any, said: Said
) -> None:
    def usage(folder: Path) -> Usage:
        return Usage(100, 60, 40) if folder == Path(settings.VAR_DIR) else Usage(1000, 999, 1)

    Path(settings.MEDIA_ROOT).mkdir()
    monkeypatch.setattr(shutil, "disk_usage", usage)
    levels_system.take_machine(NOW)
    assert said("mmsite_disk_free_bytes") == {("var",): 40.0, ("media",): 1.0}
    assert said("mmsite_disk_total_bytes") == {("var",): 100.0, ("media",): 1000.0}


def test_a_folder_that_is_not_there_yet_is_on_the_disk_of_the_one_above(tmp_path: Path) -> None:
    assert levels_system.existing(tmp_path / "a" / "b") == tmp_path


def test_memory_load_and_processors_are_told(said: Said) -> None:
    levels_system.take_machine(NOW)
    assert 0 < said("mmsite_memory_available_bytes")[()] < said("mmsite_memory_total_bytes")[()]
    assert said("mmsite_load1")[()] >= 0
    assert said("mmsite_cpus")[()] >= 1


def test_memory_is_read_as_linux_writes_it(tmp_path: Path) -> None:
    file = tmp_path / "meminfo"
    file.write_text(
        "MemTotal:       2 kB\nHugePages_Total:       0\nMemAvailable:   1 kB\n", encoding="ascii"
    )
    assert levels_system.memory_bytes(file) == {"MemTotal": 2048.0, "MemAvailable": 1024.0}
    assert levels_system.memory_bytes(tmp_path / "nothing") == {}


@pytest.mark.django_db
def test_the_size_of_database_and_redis_is_told(said: Said) -> None:
    levels_system.take_stores(NOW)
    assert said("mmsite_database_bytes")[()] > 100_000
    assert said("mmsite_redis_memory_bytes")[()] > 100_000
    assert said("mmsite_redis_memory_max_bytes")[()] == 256 * 1024**2


@pytest.mark.skipif(connection.vendor != "sqlite", reason="files of SQLite")
def test_the_log_of_sqlite_counts_as_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for ending, size in (("", 10), ("-wal", 7), ("-shm", 3)):
        Path(f"{tmp_path}/db{ending}").write_bytes(bytes(size))
    monkeypatch.setitem(connection.settings_dict, "NAME", f"{tmp_path}/db")
    assert levels_system.database_bytes() == 20


# -- statements ---------------------------------------------------------------------------------------------


@pytest.fixture
def watched(db: None) -> Any:
    database_seen._opened(connection)
    database_seen._opened(connection)  # as when it was closed and opened again
    yield
    connection.execute_wrappers.pop()


def asked() -> dict[tuple[str, ...], list[float]]:
    assert flush()
    return read_totals().histograms.get("django_db_query_duration_seconds", {})


def test_each_statement_is_timed_once(watched: None) -> None:
    flush()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.execute("SELECT 2")
    (sums,) = asked().values()
    assert list(asked()) == [("default", connection.vendor)]
    assert sum(sums[:-1]) == 2


def test_a_failed_statement_is_counted_by_its_error(watched: None, said: Said) -> None:
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute("SELECT nothing FROM nowhere")
    assert flush()
    counted = read_totals().counts["django_db_errors_total"]
    assert list(counted.values()) == [1.0]
    assert {labels[:2] for labels in counted} == {("default", connection.vendor)}


def test_commands_are_not_watched() -> None:
    """Those may run before there is a Redis to tell: only what serves asks for it."""
    code = (
        "import django; django.setup(); from django.db.backends.signals import connection_created as made;"
        "assert not any('database_seen' in str(one[0][0]) for one in made.receivers);"
        "import mmsite.wsgi;"
        "assert any('database_seen' in str(one[0][0]) for one in made.receivers)"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "mmsite.settings"}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)


# -- measures -----------------------------------------------------------------------------------------------


def test_every_measure_is_made_of_a_metric_with_the_labels_it_names() -> None:
    for one in measures():
        metric = metric_named(one.metric)
        assert metric is not None, one.key
        assert {*one.by, *one.where} <= set(metric.label_names), one.key


@pytest.mark.django_db
def test_a_measure_of_levels_draws_what_was_set(recorded: Any) -> None:
    start = 1_700_000_000
    recorded(start, "mmsite_disk_free_bytes", ("var",), 30.0)
    recorded(start, "mmsite_disk_total_bytes", ("var",), 40.0)
    move_windows()
    share = measure_named("system.disk_free_share")
    assert share is not None
    lines = share.lines(read([share], start, start + 10))
    assert lines["var",].tolist() == [0.75]
