"""What everything stands on: web, database, Redis, disk, and the process that watches."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import numpy as np
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as _

from analytics.services.monitoring import watch
from analytics.services.monitoring.grid import Grid, quantile, read_grid
from analytics.services.monitoring.lights import Level, Light, green, part
from analytics.services.monitoring.unmoved import unmoved_since
from analytics.services.monitoring.words import share, size, span
from recommender.said import ngettext_noop, say
from recommender.services.redis_link import shared_redis
from recommender.telemetry import Histogram, metric_named

# -- web --------------------------------------------------------------------------------------------------

WEB_SECONDS = 300
#: Answers below which a share says nothing.
ENOUGH_ANSWERS = 20
FAILED_YELLOW, FAILED_RED = 0.01, 0.05
SLOW_YELLOW, SLOW_RED = 1.0, 3.0
_ANSWERS = "django_http_responses_total_by_status_view_method_total"
_LATENCY = "django_http_requests_latency_seconds_by_view_method"
#: They say by 503 that others are not ready, which has lights of its own.
_PROBES = ("readyz", "healthz")


@part("web", gettext_lazy("Web"))
def web(now: float) -> Light:
    """Failed and slow answers of the last minutes, with the page that is worst."""
    if metric_named(_ANSWERS) is None:
        return green(_("Answers are not counted here."))
    grid = read_grid((_ANSWERS, _LATENCY), now - WEB_SECONDS, now)
    every, failed = _answers(grid)
    total, bad = sum(every.values()), sum(failed.values())
    if total < ENOUGH_ANSWERS:
        return green(
            ngettext_noop(
                "Only {n} answer in the last 5 min, too few to judge.",
                "Only {n} answers in the last 5 min, too few to judge.",
            ),
            n=int(total),
        )
    failing = bad / total
    if failing >= FAILED_YELLOW:
        worst = max(failed, key=lambda view: failed[view])
        return Light(
            Level.RED if failing >= FAILED_RED else Level.YELLOW,
            say(
                ngettext_noop(
                    "{share} of {n} answer failed in the last 5 min, most on the page {view}.",
                    "{share} of {n} answers failed in the last 5 min, most on the page {view}.",
                ),
                share=share(failing),
                n=int(total),
                view=worst,
            ),
            say(_("Look at what the web server printed about that page; its tracebacks name the cause.")),
        )
    p95 = _p95(grid)
    if p95 >= SLOW_YELLOW:
        return Light(
            Level.RED if p95 >= SLOW_RED else Level.YELLOW,
            say(_("One answer in twenty takes {p95} or longer."), p95=f"{p95:.2g} s"),
            say(_("See which page is slow and what else the machine does; WEB_WORKERS adds processes.")),
        )
    return green(
        ngettext_noop(
            "{n} answer in the last 5 min, {share} failed, 95 in 100 within {p95}.",
            "{n} answers in the last 5 min, {share} failed, 95 in 100 within {p95}.",
        ),
        n=int(total),
        share=share(failing),
        p95=f"{1000 * p95:.0f} ms",
    )


def _answers(grid: Grid) -> tuple[dict[str, float], dict[str, float]]:
    """All and failed answers by view."""
    every: dict[str, float] = {}
    failed: dict[str, float] = {}
    for (status, view), line in grid.counts(_ANSWERS, ("status", "view")).items():
        count = float(np.nansum(line))
        if view in _PROBES or not count:
            continue
        every[view] = every.get(view, 0.0) + count
        if status.startswith("5"):
            failed[view] = failed.get(view, 0.0) + count
    return every, failed


def _p95(grid: Grid) -> float:
    kind = metric_named(_LATENCY)
    sums = grid.histograms(_LATENCY).get(())
    if sums is None or not isinstance(kind, Histogram):
        return 0.0
    return float(np.nan_to_num(quantile(sums.sum(axis=0)[None, :], kind.buckets, 0.95)[0]))


# -- database and Redis -----------------------------------------------------------------------------------

DATABASE_SLOW = 0.5
MEMORY_YELLOW, MEMORY_RED = 0.85, 0.97
#: So long after Redis last dropped a value to make room, the light says so.
EVICTED_SECONDS = 600


@part("database", gettext_lazy("Database"))
def database(now: float) -> Light:
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    took = time.perf_counter() - began
    if missing := _unapplied():
        return Light(
            Level.RED,
            say(
                ngettext_noop(
                    "{n} migration has not been applied: {name}.",
                    "{n} migrations have not been applied, the first is {name}.",
                ),
                n=len(missing),
                name=missing[0],
            ),
            say(_("Run manage.py migrate, or start the site anew: serve does it.")),
        )
    if took >= DATABASE_SLOW:
        return Light(
            Level.YELLOW,
            say(_("The simplest question took the database {seconds} s."), seconds=f"{took:.2g}"),
            say(_("See what else uses its machine or its disk, and which questions run for long.")),
        )
    return green(
        _("It answers in {took} and takes {size}."),
        took=f"{1000 * took:.1f} ms",
        size=size(_database_bytes()),
    )


@lru_cache(maxsize=1)
def _last_migrations() -> frozenset[tuple[str, str]]:
    """The last migration of each application in this version of the site."""
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).graph.leaf_nodes())


def _unapplied() -> list[str]:
    applied = MigrationRecorder(connection).applied_migrations()
    return sorted(".".join(one) for one in _last_migrations() if one not in applied)


def _database_bytes() -> int:
    if connection.vendor == "sqlite":
        name = str(connection.settings_dict["NAME"])
        files = (Path(name + suffix) for suffix in ("", "-wal"))
        return sum(file.stat().st_size for file in files if file.exists())
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


@part("redis", gettext_lazy("Redis"))
def redis(now: float) -> Light:
    told = shared_redis().info()
    used, most, evicted = int(told["used_memory"]), int(told.get("maxmemory", 0)), int(told["evicted_keys"])
    full = used / most if most else 0.0
    if full >= MEMORY_YELLOW:
        return Light(
            Level.RED if full >= MEMORY_RED else Level.YELLOW,
            say(_("{used} of {most} of its memory are in use."), used=size(used), most=size(most)),
            say(_("Raise REDIS_MEMORY_MB, or see which queue is long; a full Redis takes no more tasks.")),
        )
    since = unmoved_since("evicted", str(evicted), 0, now)
    if evicted and now - since < EVICTED_SECONDS:
        return Light(
            Level.YELLOW,
            say(_("It had to drop cached values to make room, {n} since it started."), n=evicted),
            say(_("Raise REDIS_MEMORY_MB; pages are slower while their cache is dropped.")),
        )
    return green(_("It answers, and {used} are in use."), used=size(used))


# -- disk -------------------------------------------------------------------------------------------------

FREE_YELLOW, FREE_RED = 0.10, 0.05
FREE_BYTES_RED = 1_000_000_000


@part("disk", gettext_lazy("Disk"))
def disk(now: float) -> Light:
    """The fullest of the disks that the site writes to."""
    folders = {"MMSITE_VAR": settings.VAR_DIR, "MEDIA_ROOT": settings.MEDIA_ROOT}
    told = [(name, shutil.disk_usage(_existing(Path(folder)))) for name, folder in folders.items()]
    name, usage = min(told, key=lambda one: one[1].free / one[1].total)
    free = usage.free / usage.total
    values = {"folder": name, "free": size(usage.free), "share": share(free)}
    if free >= FREE_YELLOW and usage.free >= FREE_BYTES_RED:
        return green(_("{free} are free ({share})."), free=values["free"], share=values["share"])
    return Light(
        Level.RED if free < FREE_RED or usage.free < FREE_BYTES_RED else Level.YELLOW,
        say(_("Only {free} ({share}) are free on the disk of {folder}."), **values),
        say(_("Press “Remove what nobody needs”, or make room on that disk by hand.")),
        actions=("prune",),
    )


def _existing(folder: Path) -> Path:
    """It, or what it will be made in."""
    above: Iterable[Path] = (folder, *folder.parents)
    return next(one for one in above if one.exists())


# -- the watch process ------------------------------------------------------------------------------------


@part("watch", gettext_lazy("Watch process"))
def watching(now: float) -> Light:
    """Without it there is no history and nobody is told of anything."""
    heard = watch.heard_at()
    remedy = say(_("Start it with manage.py watch; manage.py serve starts it with everything else."))
    if heard is None:
        return Light(Level.RED, say(_("The process that keeps history has never been heard from.")), remedy)
    silent = now - heard
    if silent > watch.SILENT_SECONDS:
        return Light(
            Level.RED,
            say(_("The process that keeps history was last heard from {span} ago."), span=span(silent)),
            remedy,
        )
    return green(_("It was heard from {span} ago."), span=span(silent))
