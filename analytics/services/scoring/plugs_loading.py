"""A part that takes long to load, or cannot be: loaded once by each process, and not tried again at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from recommender.errors import RecommenderError

#: A part that could not be loaded is tried again after so long: it may have to be downloaded, or put there.
RETRY_SECONDS = 60.0

Plug = TypeVar("Plug")
Part = TypeVar("Part")


class Loaded(Generic[Plug, Part]):
    """Whatever ``load`` makes of a plug, kept until another plug is asked for.

    Args:
        load: raises ``RecommenderError`` where it cannot.
        refused: is told of each error that ``load`` raised.
    """

    def __init__(self, load: Callable[[Plug], Part], refused: Callable[[RecommenderError], None]) -> None:
        self._load, self._tell = load, refused
        self._lock = threading.Lock()
        self._part: tuple[Plug, Part] | None = None
        #: (when, which, the error)
        self._refused: tuple[float, Plug, RecommenderError] | None = None

    def get(self, plug: Plug) -> Part:
        """The part that ``plug`` names.

        Raises:
            RecommenderError: it cannot be loaded, or could not a moment ago.
        """
        with self._lock:
            if self._part is not None and self._part[0] == plug:
                return self._part[1]
            last = self._refused
            if last and last[1] == plug and time.monotonic() - last[0] < RETRY_SECONDS:
                raise last[2]
            try:
                part = self._load(plug)
            except RecommenderError as error:
                self._refused = (time.monotonic(), plug, error)
                self._tell(error)
                raise
            self._part, self._refused = (plug, part), None
            return part

    def forget(self) -> None:
        """Load anew at the next call."""
        self._part = self._refused = None
