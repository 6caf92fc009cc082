"""How much work one sound or film may make. What its head says of length and size is not to be trusted."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from recommender.errors import MediaError
from recommender.said import gettext_noop as _
from recommender.said import ngettext_noop, say

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet

#: Wall clock that reading a part of a file may take; what is honest takes a few.
MOST_SECONDS = 60.0
#: A rate below it would turn a few samples into hours of sound, all of them in memory.
LEAST_RATE = 1_000
_RATE = ngettext_noop("{name} has {n} sample a second.", "{name} has {n} samples a second.")


class TooMuch(MediaError):
    """Reading the file would take longer than it is worth."""


class Effort:
    """Counts what is read of a file and ends it with ``TooMuch``.

    Args:
        seconds: wall clock, from now on; ``MOST_SECONDS`` unless given.
        length: from the first to the last moment of the film or sound.
        frames: pictures and pieces of sound decoded.
    """

    def __init__(
        self,
        path: str | Path,
        seconds: float | None = None,
        *,
        length: float = math.inf,
        frames: float = math.inf,
    ) -> None:
        self._name = Path(path).name
        self._seconds = MOST_SECONDS if seconds is None else seconds
        self._length, self._frames = length, frames
        self._end = monotonic() + self._seconds
        self._decoded = 0
        self._begin: float | None = None

    def packets(self, container: InputContainer, streams: Any = None) -> Iterator[Packet]:
        """All that are left of ``streams`` (one, a list, or all of them); a packet may decode to nothing."""
        for packet in container.demux() if streams is None else container.demux(streams):
            if monotonic() > self._end:
                told = _("{name} takes more than {seconds} seconds to read.")
                raise TooMuch(
                    say(told, name=self._name, seconds=f"{self._seconds:g}"),
                    _("Scale it down, or cut it into shorter ones."),
                )
            yield packet

    def frames(self, container: InputContainer, stream: Any) -> Iterator[Any]:
        """All that are left of one stream."""
        for packet in self.packets(container, stream):
            for frame in packet.decode():
                self.note(frame)
                yield frame

    def note(self, frame: Any) -> None:
        """One more picture, or piece of sound, before anything is made of it."""
        self._decoded += 1
        if self._begin is None:
            self._begin = frame.time
        # A recording of something live may begin at any moment.
        passed = (frame.time or 0.0) - (self._begin or 0.0)
        if self._decoded > self._frames or passed > self._length:
            told = say(
                _("{name} goes on after {seconds} seconds or {frames} frames, and its head does not say so."),
                name=self._name,
                seconds=f"{self._length:g}",
                frames=f"{self._frames:,.0f}",
            )
            remedy = _("Save it anew, so that its length is right, or cut it into shorter ones.")
            raise TooMuch(told, remedy)
        rate = getattr(frame, "sample_rate", LEAST_RATE)
        if rate < LEAST_RATE:
            told = say(_RATE, n=rate, name=self._name)
            raise MediaError(told, _("Save it at 8 kHz or more."))
