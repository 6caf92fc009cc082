"""Runs all benchmarks, or those named, and says at the end which missed a bar, broke or left something out.

    python -m benchmarks._all [NAME ...]

Each goes on in a process of its own, whatever became of the one before. The exit code is 0 only if each of
them measured all it can and met its bars.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks._report import LEFT_OUT, ROOT

FOLDER = Path(__file__).resolve().parent


def every() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("[a-z]*.py"))


def run(name: str) -> int:
    """The exit code of one benchmark."""
    return subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], cwd=ROOT, check=False).returncode


def main(names: Sequence[str], run: Callable[[str], int] = run) -> int:
    """Run them in turn and tell how they ended; the exit code."""
    ended: dict[str, int] = {}
    for name in names or every():
        print(f"== {name}", flush=True)
        ended[name] = run(name)
    told = {
        "Missed a bar, or broke": [name for name, code in ended.items() if code not in (0, LEFT_OUT)],
        "Left out, in part or whole, for want of data": [n for n, code in ended.items() if code == LEFT_OUT],
    }
    print(f"\n{len(ended)} run.")
    for what, which in told.items():
        if which:
            print(f"{what}: {', '.join(which)}")
    return int(any(told.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
