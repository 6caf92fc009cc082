"""How a benchmark says what it measured: a table on the terminal, JSON in ``var/benchmarks``, an exit code.

The exit code is 0 where all was measured and every bar met, ``MISSED`` where a bar was missed (or the
benchmark broke, which Python ends with the same code), else ``LEFT_OUT`` where a data set was not there.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
MISSED, LEFT_OUT = 1, 3  # 2 is what argparse ends with


def data_parser(description: str | None) -> argparse.ArgumentParser:
    """A parser that knows ``--data``, the folder of the data sets; else it is that of MMSITE_DATA."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    default = Path(os.environ.get("MMSITE_DATA", ROOT.parent / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=default)
    return parser


def is_there(what: str, *needed: Path) -> bool:
    """Whether these files and folders of data sets are there; if not, a line says so of ``what``."""
    absent = next((path for path in needed if not path.exists()), None)
    if absent:
        print(f"Left out: {what}, as {absent} is not there (--data or MMSITE_DATA names the data sets).")
    return absent is None


def require(what: str, *needed: Path) -> None:
    """End here, with that line, unless these files and folders of data sets are there."""
    if not is_there(what, *needed):
        sys.exit(LEFT_OUT)


def verdict(bars: Mapping[str, bool], *, whole: bool = True) -> int:
    """The exit code; a line tells of the bars.

    Args:
        bars: what was aimed for, and whether it was met.
        whole: nothing was left out.
    """
    missed = [name for name, met in bars.items() if not met]
    if bars:
        print(f"Bars: {len(missed)} of {len(bars)} MISSED: {'; '.join(missed)}" if missed else "Bars: met")
    if missed:
        return MISSED
    return 0 if whole else LEFT_OUT


def machine() -> dict[str, Any]:
    """Processor, cores, memory (GiB), system, Python and the commit that was measured."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "load_average_at_start": round(os.getloadavg()[0], 2),
        "system": platform.platform(),
        "python": platform.python_version(),
        "commit": commit.stdout.strip() or "unknown",
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "unknown")


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows as aligned columns; the first row's keys are the heading."""
    heading = list(rows[0])
    cells = [heading, *[[_cell(row.get(name, "")) for name in heading] for row in rows]]
    widths = [max(len(line[column]) for line in cells) for column in range(len(heading))]
    lines = ["  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)) for line in cells]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def _cell(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def publish(name: str, rows: Sequence[Mapping[str, Any]], about: Mapping[str, Any], **facts: Any) -> Path:
    """Print ``rows`` and write them to ``var/benchmarks/<name>.json``.

    Args:
        rows: one mapping per measurement, all with the same keys.
        about: what ``machine()`` said before the measurement began.
        facts: anything else a reader needs: sizes, seeds, bars.
    """
    print(f"\n{table(rows)}\n")
    folder = Path(os.environ.get("MMSITE_VAR", ROOT / "var")) / "benchmarks"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    measured = {"measured_at": datetime.now(UTC).isoformat(timespec="seconds"), "machine": dict(about)}
    path.write_text(json.dumps({**measured, **facts, "rows": list(rows)}, indent=2) + "\n", encoding="utf-8")
    print(f"Written to {path}")
    return path
