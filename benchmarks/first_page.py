"""From a clean clone to a useful first page: ``make demo`` as a newcomer runs it, then once more.

The clone is made from the commit that is checked out. "Useful" means that the feed shows at least 12 items
whose pictures load; "complete" that the demo says it is loaded. Package downloads depend on the network, so
the packages should be in the caches of uv and npm already (any earlier ``make setup`` puts them there).
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks._report import ROOT, machine, publish, verdict

USEFUL_ITEMS = 12
PATIENCE = 1200.0
BAR = 300.0


@dataclass
class Demo:
    """One ``make demo`` under way; times are seconds since it began."""

    folder: Path
    port: int
    began: float = field(default_factory=time.monotonic)
    seen: dict[str, float] = field(default_factory=dict)

    def __enter__(self) -> Demo:
        hidden = {"VIRTUAL_ENV", "MMSITE_VAR", "REDIS_URL", "DATABASE_URL"}
        env = {name: value for name, value in os.environ.items() if name not in hidden}
        env["PATH"] = os.pathsep.join(
            part for part in env["PATH"].split(os.pathsep) if Path(part) != Path(sys.executable).parent
        )
        self.process = subprocess.Popen(
            ["make", "demo"],
            cwd=self.folder,
            env={**env, "PORT": str(self.port), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(60)
        self.reader.join(5)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            print(f"{self.elapsed:7.1f} | {line.rstrip()}", flush=True)
            for stage, words in STAGES.items():
                if words in line:
                    self.seen.setdefault(stage, self.elapsed)

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self.began

    def wait_for(self, stage: str) -> float:
        """Seconds until ``stage`` was reached."""
        while stage not in self.seen:
            if self.process.poll() is not None or self.elapsed > PATIENCE:
                raise SystemExit(f"The demo did not get as far as: {stage}.")
            if stage == "useful page" and self._is_useful():
                self.seen[stage] = self.elapsed
            time.sleep(0.25)
        return self.seen[stage]

    def _is_useful(self) -> bool:
        try:
            page = self._get("/").decode()
            items = set(re.findall(r'href="(/items?/[^"?#]+)', page))
            pictures = re.findall(r'<img[^>]+src="(/media/[^"]+)"', page)
            return (
                len(items) >= USEFUL_ITEMS and len(pictures) >= USEFUL_ITEMS and all(map(self._get, pictures))
            )
        except (urllib.error.URLError, OSError):
            return False

    def _get(self, address: str) -> bytes:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{address}", timeout=10) as answer:
            return answer.read()


#: Stage to the words of the line that ends it.
STAGES = {
    "site answers": "The site answers",
    "all ready": "mmsite is ready",
    "complete": "demo world is complete",
}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main() -> None:
    about = machine()
    rows = []
    with tempfile.TemporaryDirectory(prefix="mmsite-first-page-") as folder:
        clone = Path(folder) / "mmsite"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        for start in ("clean clone", "second start"):
            with Demo(clone, _free_port()) as demo:
                row = {"start": start, **{f"{stage} (s)": round(demo.wait_for(stage), 1) for stage in ORDER}}
            rows.append(row)
    publish("first_page", rows, about, bar_seconds=BAR, useful_items=USEFUL_ITEMS)
    met = rows[0]["useful page (s)"] < BAR
    sys.exit(verdict({f"a useful page from a clean clone in under {BAR:.0f} s": met}))


ORDER = ("site answers", "useful page", "all ready", "complete")

if __name__ == "__main__":
    main()
