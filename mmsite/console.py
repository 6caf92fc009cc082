"""What the terminal shows: prefixed lines, and one progress line that rewrites itself where it can."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from typing import TextIO

_PLAIN_EVERY = 2.0  # seconds between progress lines where they cannot be rewritten
_COLOURS = (36, 32, 35, 33, 34, 31)


class Console:
    """Writes whole lines from several threads.

    Args:
        stream: where to write; on a terminal the progress line is kept last and rewritten in place.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._rewrites = self._stream.isatty()
        self._lock = threading.Lock()
        self._bar = ""
        self._bar_time = 0.0
        self._names: list[str] = []

    def say(self, text: str, name: str = "") -> None:
        """Write one line; ``name`` tells which process it comes from."""
        with self._lock:
            self._clear()
            self._stream.write(f"{self._prefix(name)}{text}\n")
            self._draw()
            self._stream.flush()

    def progress(self, text: str) -> None:
        """Replace the progress line by ``text``; an empty one ends it."""
        with self._lock:
            self._clear()
            same_stage = text.split(":")[0] == self._bar.split(":")[0]
            self._bar = text
            now = time.monotonic()
            if not self._rewrites and text and not (same_stage and now - self._bar_time < _PLAIN_EVERY):
                self._stream.write(f"{text}\n")
                self._bar_time = now
            self._draw()
            self._stream.flush()

    def _prefix(self, name: str) -> str:
        if not name:
            return ""
        if name not in self._names:
            self._names.append(name)
        label = f"{name:<8}| "
        colour = _COLOURS[self._names.index(name) % len(_COLOURS)]
        return f"\x1b[{colour}m{label}\x1b[0m" if self._rewrites else label

    def _clear(self) -> None:
        if self._rewrites and self._bar:
            self._stream.write("\r\x1b[2K")

    def _draw(self) -> None:
        if self._rewrites and self._bar:
            self._stream.write(self._bar[: shutil.get_terminal_size().columns - 1])
