"""Rows a second of a catalogue import without media, beside the bare ``bulk_create`` of the same items.

Both write the same 100,000 items (title, description, two attributes, category, price) into an empty table
of a database of their own. The peer is given finished values: it makes the model instances and writes them
in one transaction a thousand rows, with nothing read, checked, compared or reported. The import reads a CSV
from end to end first, as it always does. Each runs in a process of its own, by turns; memory is the growth of
the process's peak over what it held before the work began.

    python -m benchmarks.import_rows [--rows 100000] [--rounds 3]
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

COLOURS = ("red", "navy", "olive", "ivory", "black", "coral", "teal", "grey")
KINDS = ("dress", "coat", "lamp", "chair", "mug", "boot", "scarf", "kettle")
CHUNK = 1_000
BAR = 0.30  # of what bare bulk_create writes a second


def rows(count: int) -> Iterator[dict[str, str]]:
    """``count`` generated items, the same for every run."""
    rng = random.Random(11)
    for number in range(count):
        colour, kind = rng.choice(COLOURS), rng.choice(KINDS)
        yield {
            "id": f"sku-{number:07d}",
            "title": f"{colour.title()} {kind} number {number}",
            "description": f"A {colour} {kind} for everyday use, made to last. " * rng.randint(1, 4),
            "category": f"Shop > {kind.title()}",
            "price": f"{rng.randint(1, 400)}.{rng.randint(0, 99):02d}",
            "colour": colour,
            "size": rng.choice("SML"),
        }


# -- one measurement, in a process of its own -------------------------------------------------------------


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(what: str, count: int) -> dict[str, Any]:
    """Seconds, rows a second and growth of the peak (MB) of ``bare`` or ``import`` or ``again``."""
    import django
    from django.core.management import call_command

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mmsite.settings")
    django.setup()
    call_command("migrate", verbosity=0)
    var = Path(os.environ["MMSITE_VAR"])
    work = _bare(count) if what == "bare" else _importing(_write_csv(var / "rows.csv", count))
    before, started = _peak_mb(), time.perf_counter()
    work()
    seconds = time.perf_counter() - started
    first = {"seconds": seconds, "rows_per_second": count / seconds, "memory_mb": _peak_mb() - before}
    if what == "import":
        started = time.perf_counter()
        _importing(var / "rows.csv")()
        again = time.perf_counter() - started
        first |= {"again_rows_per_second": count / again}
    _check(count)
    return first


def _write_csv(path: Path, count: int) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(next(rows(1))))
        writer.writeheader()
        writer.writerows(rows(count))
    return path


def _bare(count: int) -> Any:
    from decimal import Decimal

    from django.db import transaction

    from recommender.models import Category, Item

    categories = {
        kind: Category.objects.create(name=kind, path=f"Shop > {kind.title()}").pk for kind in KINDS
    }
    values = [
        {
            "external_id": row["id"],
            "title": row["title"],
            "description": row["description"],
            "category_id": categories[row["category"].split(" > ")[1].lower()],
            "price": Decimal(row["price"]),
            "attributes": {"colour": row["colour"], "size": row["size"]},
            "language": "en",
        }
        for row in rows(count)
    ]

    def work() -> None:
        for start in range(0, count, CHUNK):
            with transaction.atomic():
                Item.objects.bulk_create([Item(**one) for one in values[start : start + CHUNK]])

    return work


def _importing(path: Path) -> Any:
    from recommender.services import imports

    def work() -> None:
        (batch,) = imports.from_path(path)
        imports.start(batch, queue=False)
        imports.run_import(batch.pk)
        batch.refresh_from_db()
        if batch.rejected or batch.error:
            raise SystemExit(f"the import went wrong: {batch.error} {batch.rejected}")

    return work


def _check(count: int) -> None:
    from recommender.models import Item

    if Item.objects.count() != count:
        raise SystemExit(f"{Item.objects.count()} items instead of {count}")


# -- by turns ----------------------------------------------------------------------------------------------


def _in_process(what: str, count: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="mmsite-bench-") as var:
        env = {**os.environ, "MMSITE_VAR": var, "OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-m", "benchmarks.import_rows", "--measure", what, "--rows", str(count)]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr or done.stdout)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--measure", choices=["bare", "import"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure, options.rows)))
        return
    from benchmarks._report import machine, publish, verdict

    about = machine()
    runs = [
        (what, _in_process(what, options.rows)) for _ in range(options.rounds) for what in ("bare", "import")
    ]
    table = []
    for what, label in (("bare", "bare bulk_create"), ("import", "import of a CSV")):
        mine = [facts for name, facts in runs if name == what]
        table.append({
            "what": label,
            "rows": options.rows,
            "rows a second (median)": round(statistics.median(one["rows_per_second"] for one in mine)),
            "peak memory added, MB": round(max(one["memory_mb"] for one in mine), 1),
        })  # fmt: skip
    ratio = table[1]["rows a second (median)"] / table[0]["rows a second (median)"]
    again = round(statistics.median(f["again_rows_per_second"] for n, f in runs if n == "import"))
    print(f"\nimport / bulk_create: {ratio:.2f} (bar {BAR:.2f}); the same file again: {again} rows a second")
    publish("import_rows", table, about, ratio=ratio, again_rows_per_second=again, runs=runs)
    sys.exit(verdict({f"import / bulk_create at least {BAR:.2f}": ratio >= BAR}))


if __name__ == "__main__":
    main()
