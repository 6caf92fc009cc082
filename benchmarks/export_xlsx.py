"""An XLSX of 100,000 scored reviews: seconds and memory of a worker, beside openpyxl's write-only mode.

The site's export asks for every figure, writes its sheets and then all reviews, as a worker does when
somebody asks for the workbook. The peer is handed the same rows from the same database and writes the one
sheet of reviews and nothing else. Each runs in a process of its own, by turns, on one generated database;
the first workbook of each is timed. Memory is the peak of the process over what it held before: before its
first workbook, fresh from Django's start, and before a second one. Every workbook is read back and its
reviews counted.

    python -m benchmarks.export_xlsx [--reviews 100000] [--rounds 3]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

BAR_SECONDS, BAR_MB = 15.0, 60.0


def _start() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mmsite.settings")
    django.setup()


def build(count: int) -> None:
    """The database that every round reads."""
    from django.core.management import call_command

    from benchmarks import _report_world

    _start()
    call_command("migrate", verbosity=0)
    _report_world.build(count, items=2_000, people=1_000)


# -- one measurement, in a process of its own ---------------------------------------------------------------


def measure(what: str) -> dict[str, Any]:
    """Seconds and growth of memory (MB) of a workbook, growth of one more, and its size (MB)."""
    _start()
    path = Path(os.environ["MMSITE_VAR"]) / f"{what}.xlsx"
    work: Callable[[Path], int] = {"export": _export, "openpyxl": _openpyxl}[what]
    first = _timed(work, path)
    again = _timed(work, path)
    found = _reviews_in(path)
    if found != first["reviews"]:
        raise SystemExit(f"{what} was to write {first['reviews']} reviews and wrote {found}.")
    return {**first, "again_memory_mb": again["memory_mb"], "file_mb": path.stat().st_size / 2**20}


def _timed(work: Callable[[Path], int], path: Path) -> dict[str, Any]:
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak is counted from here
    before, started, spent = _status_mb("VmRSS"), time.perf_counter(), time.process_time()
    count = work(path)
    return {
        "reviews": count,
        "seconds": time.perf_counter() - started,
        "processor_seconds": time.process_time() - spent,
        "memory_mb": _status_mb("VmHWM") - before,
    }


def _export(path: Path) -> int:
    from analytics.services import exports

    return exports.write_now("xlsx", _everything(), path)


def _openpyxl(path: Path) -> int:
    from openpyxl import Workbook

    from analytics.services.documents.cells import fitting
    from analytics.services.documents.rows import NAMES, review_rows

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Reviews")
    sheet.append(NAMES)
    count = 0
    for count, row in enumerate(review_rows(_everything()), 1):  # noqa: B007
        sheet.append([fitting(v) if isinstance(v, str) else v for v in (row[0], _naive(row[1]), *row[2:])])
    book.save(path)
    return count


def _naive(when: Any) -> Any:
    from django.utils import timezone

    return timezone.localtime(when).replace(tzinfo=None)


def _everything() -> Any:
    from analytics.services.report import Filters

    return Filters.latest(3_650)


def _status_mb(name: str) -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith(name))) / 1024


def _reviews_in(path: Path) -> int:
    """Rows of the last sheet, without its heading."""
    with zipfile.ZipFile(path) as book:
        sheets = [name for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
        last = max(sheets, key=lambda name: int("".join(filter(str.isdigit, Path(name).stem))))
        with book.open(last) as sheet:
            return sum(piece.count(b"<row ") for piece in _overlapping(sheet)) - 1


def _overlapping(file: Any, size: int = 1 << 20) -> Any:
    """Pieces of a file that split no tag's beginning."""
    rest = b""
    while piece := file.read(size):
        piece = rest + piece
        cut = piece.rfind(b"<")
        yield piece[:cut]
        rest = piece[cut:]
    yield rest


# -- all of them --------------------------------------------------------------------------------------------


def _apart(var: str, *arguments: str) -> str:
    outside = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.export_xlsx", *arguments],
        env=outside | {"MMSITE_VAR": var, "OMP_NUM_THREADS": "1"},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout


def main() -> None:
    from benchmarks._report import machine, publish, verdict

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reviews", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--measure", choices=("export", "openpyxl"), help=argparse.SUPPRESS)
    parser.add_argument("--build", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        print(json.dumps(measure(asked.measure)))
        return
    if asked.build:
        build(asked.reviews)
        return
    about = machine()
    measured: dict[str, list[dict[str, Any]]] = {"export": [], "openpyxl": []}
    with tempfile.TemporaryDirectory(prefix="mmsite-export-") as var:
        print(_apart(var, "--build", "--reviews", str(asked.reviews)), end="")
        for _round in range(asked.rounds):
            for what, found in measured.items():
                one = json.loads(_apart(var, "--measure", what))
                told = (
                    f"{one['seconds']:.1f} s, {one['memory_mb']:.0f} MB, then {one['again_memory_mb']:.0f} MB"
                )
                print(f"{what}: {told}", flush=True)
                found.append(one)
    names = {"export": "mmsite, all sheets", "openpyxl": "openpyxl write-only, reviews only"}
    rows = [{"writer": names[what], **_median(found)} for what, found in measured.items()]
    publish("export_xlsx", rows, about, bar_seconds=BAR_SECONDS, bar_memory_mb=BAR_MB, rounds=asked.rounds)
    ours = rows[0]
    sys.exit(verdict({
        f"written in under {BAR_SECONDS:g} s": ours["seconds"] < BAR_SECONDS,
        f"with less than {BAR_MB:g} MB": ours["memory MB"] < BAR_MB,
    }))  # fmt: skip


def _median(found: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "reviews": found[0]["reviews"],
        "seconds": statistics.median(one["seconds"] for one in found),
        "processor seconds": statistics.median(one["processor_seconds"] for one in found),
        "memory MB": max(one["memory_mb"] for one in found),
        "again MB": max(one["again_memory_mb"] for one in found),
        "file MB": found[0]["file_mb"],
    }


if __name__ == "__main__":
    main()
