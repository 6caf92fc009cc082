"""Writes ``docs/benchmarks.md`` from what the benchmarks last measured on this machine.

Every benchmark leaves a JSON file under ``var/benchmarks``; the document holds those tables and nothing
else, so a figure in it can always be had again by the command that stands above it. With names, only their
tables are written anew, and the others stay as they were measured elsewhere.

    python -m benchmarks._document [NAME ...]
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks._report import ROOT

TARGET = ROOT / "docs" / "benchmarks.md"
HEAD = """# Benchmarks

Each table is what its command printed, on the machine named below it. `make bench` runs them all, `make bench
B=index_recall` one of them; `.venv/bin/python -m benchmarks._document` then writes this page anew, with a
name behind it only that table.

Some need data sets that are not part of mmsite, in the folder that `MMSITE_DATA` or `--data` names, and
`sentiment_aspects` an archive that `MMSITE_RATED` or `--rated` names
([recipe](recipes.md#train-the-sentiment-models-and-retrain-them-from-corrections)). A benchmark whose data
set is absent says in a line what it leaves out, and ends with the exit code 3; one that misses a bar says
which, and ends with 1. `make bench` goes through all of them, names at the end those that missed a bar, broke
or left something out, and fails if there are any.
"""


def main(names: Sequence[str]) -> None:
    folder = Path(os.environ.get("MMSITE_VAR", ROOT / "var")) / "benchmarks"
    results = {
        path.stem: json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("*.json"))
        if not names or path.stem in names
    }
    if unknown := set(names) - set(results):
        raise SystemExit(f"Nothing was measured of {', '.join(sorted(unknown))}: run it first.")
    written = renewed(TARGET.read_text(encoding="utf-8"), results) if names else document(results)
    TARGET.write_text(written, encoding="utf-8")
    print(f"{TARGET.relative_to(ROOT)}: {', '.join(results) or 'nothing was measured yet'}")


def document(results: Mapping[str, Mapping[str, Any]]) -> str:
    """The page for results by benchmark, in the order given."""
    return "\n".join([HEAD, *(section(name, result) for name, result in results.items())])


def renewed(page: str, results: Mapping[str, Mapping[str, Any]]) -> str:
    """The ``page`` with the sections of some results in place of theirs, or added, in the order of names."""
    _, *parts = page.split("\n## ")
    sections = {part.partition("\n")[0]: f"## {part}".rstrip("\n") + "\n" for part in parts}
    sections |= {heading(name): section(name, result) for name, result in results.items()}
    return "\n".join([HEAD, *(sections[name] for name in sorted(sections))])


def heading(name: str) -> str:
    """What stands above the table of a benchmark."""
    return name.replace("_", " ").capitalize()


def section(name: str, result: Mapping[str, Any]) -> str:
    """One benchmark: what it asks, its command, its table, its facts and the machine."""
    machine = result["machine"]
    facts = {
        key: value
        for key, value in result.items()
        if key not in {"rows", "machine", "measured_at"} and is_plain(value)
    }
    lines = [
        f"## {heading(name)}\n",
        f"{summary(name)}\n",
        f"`.venv/bin/python -m benchmarks.{name}`\n",
        markdown_table(result["rows"]),
        "",
        *([f"With {', '.join(f'{key} {cell(value)}' for key, value in facts.items())}.\n"] if facts else []),
        f"Measured {result['measured_at'][:10]} at commit {machine['commit']} on {machine['processor']}, "
        f"{machine['cores']} cores, {machine['memory_gib']} GiB, Python {machine['python']}, load average "
        f"{machine['load_average_at_start']} at the start.\n",
    ]
    return "\n".join(lines)


def summary(name: str) -> str:
    """First sentence of the benchmark's own description, read without importing it."""
    spec = importlib.util.find_spec(f"benchmarks.{name}")
    if spec is None or spec.origin is None:
        return ""
    source = Path(spec.origin).read_text(encoding="utf-8")
    return source.split('"""')[1].split("\n\n")[0].strip().replace("\n", " ")


def markdown_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows with equal keys as a table."""
    heading = list(rows[0])
    lines = [heading, ["---"] * len(heading), *([cell(row.get(key, "")) for key in heading] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def cell(value: Any) -> str:
    """A value as people read it: four significant digits, thousands apart."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: ""}[value]
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return str(value).replace("|", "\\|")


def is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float)


if __name__ == "__main__":
    main(sys.argv[1:])
