"""Levels of the machine that the watch process runs on, of the database and of Redis."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from django.conf import settings
from django.db import connection

from analytics.services.monitoring.levels import put, put_one
from analytics.services.monitoring.watch import duty
from recommender.services.redis_link import shared_redis
from recommender.telemetry import gauge

_FOLDERS = ("var", "media")

DISK_FREE = gauge(
    "mmsite_disk_free_bytes",
    "Room left on the disk of a folder, for whom the site runs as.",
    unit="bytes",
    folder=_FOLDERS,
)
DISK_TOTAL = gauge("mmsite_disk_total_bytes", "Size of the disk of a folder.", unit="bytes", folder=_FOLDERS)
MEMORY_FREE = gauge("mmsite_memory_available_bytes", "Memory that could be given out.", unit="bytes")
MEMORY_TOTAL = gauge("mmsite_memory_total_bytes", "Memory of the machine.", unit="bytes")
LOAD = gauge("mmsite_load1", "Processes that ran or wanted to, mean of the last minute.")
CPUS = gauge("mmsite_cpus", "Processors that the site may use.")
DATABASE = gauge("mmsite_database_bytes", "Size of the database, its log included.", unit="bytes")
REDIS = gauge("mmsite_redis_memory_bytes", "Memory that Redis uses.", unit="bytes")
REDIS_MOST = gauge(
    "mmsite_redis_memory_max_bytes", "Memory that Redis may use; absent where it has no limit.", unit="bytes"
)


def folders() -> dict[str, Path]:
    """The folders that grow, by what they are called here."""
    return {"var": Path(settings.VAR_DIR), "media": Path(settings.MEDIA_ROOT)}


@duty("levels of disks and memory", 10.0)
def take_machine(now: float) -> None:
    disks = {name: shutil.disk_usage(existing(folder)) for name, folder in folders().items()}
    put(DISK_FREE, {(name,): float(disk.free) for name, disk in disks.items()})
    put(DISK_TOTAL, {(name,): float(disk.total) for name, disk in disks.items()})
    memory = memory_bytes()
    put_one(MEMORY_FREE, memory.get("MemAvailable"))
    put_one(MEMORY_TOTAL, memory.get("MemTotal"))
    put_one(LOAD, os.getloadavg()[0])
    put_one(CPUS, float(len(os.sched_getaffinity(0))))


@duty("levels of database and Redis", 30.0)
def take_stores(now: float) -> None:
    put_one(DATABASE, float(database_bytes()))
    about = shared_redis().info("memory")
    put_one(REDIS, float(about["used_memory"]))
    most = float(about.get("maxmemory", 0))
    put_one(REDIS_MOST, most or None)


def existing(folder: Path) -> Path:
    """The folder, or the nearest above it that is there: one that nothing was put into yet is not."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


def memory_bytes(path: Path = Path("/proc/meminfo")) -> dict[str, float]:
    """What Linux says of the machine's memory, by its names; nothing elsewhere."""
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except OSError:
        return {}
    found = {}
    for line in lines:
        name, _, amount = line.partition(":")
        if amount.endswith(" kB"):
            found[name] = float(amount.split()[0]) * 1024
    return found


def database_bytes() -> int:
    """Raises: DatabaseError: the database does not answer."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            return int(cursor.fetchone()[0])
    name = str(connection.settings_dict["NAME"])
    files = (Path(name + ending) for ending in ("", "-wal", "-shm"))
    return sum(file.stat().st_size for file in files if file.exists())
