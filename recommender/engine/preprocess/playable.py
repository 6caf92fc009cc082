"""Sounds and films that browsers do not play, made into ones that they do."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from recommender.contracts import MediaKind
from recommender.engine.preprocess.container import open_container, picture_stream, sniff_file
from recommender.engine.preprocess.effort import Effort

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer

#: Longer films stay as they are: making them over would keep a worker for minutes.
MAX_FILM_SECONDS = 180.0
#: What making one over may take, together with the rest less than after what a claim on the medium runs out.
_MOST_SECONDS = 300.0
#: How much longer a film may be than it says, and its frames: 240 pictures and 200 pieces of sound a second.
_TOLERANCE_SECONDS, _MOST_FRAMES = 20.0, 88_000
_LONG_SIDE = 1280
_SOUND_RATE = 48_000

#: Container format (one of FFmpeg's short names) to the codecs that browsers play from it.
_FILMS = {
    "mp4": {"h264", "av1", "vp9", "aac", "mp3", "opus", "flac"},
    "webm": {"vp8", "vp9", "av1", "opus", "vorbis"},
    "ogg": {"theora", "vorbis", "opus"},
}
_SOUNDS = _FILMS | {
    "mp3": {"mp3"},
    "flac": {"flac"},
    "aac": {"aac"},
    "ogg": {"vorbis", "opus", "flac"},
    "wav": {"pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le"},
}
_EIGHT_BITS = {"yuv420p", "yuvj420p", "nv12"}


def is_playable(path: str | Path, kind: MediaKind) -> bool:
    """Whether browsers play the sound or film at ``path`` as it is; MediaError when it cannot be opened."""
    with open_container(path) as container:
        if sniff_file(path).mime == "video/quicktime":
            return False
        known = _FILMS if kind == "video" else _SOUNDS
        codecs = next((known[name] for name in _formats(container) if name in known), set())
        picture = picture_stream(container)
        if picture is not None:
            context = picture.codec_context
            if context.codec.canonical_name not in codecs:
                return False
            if context.codec.canonical_name == "h264" and context.pix_fmt not in _EIGHT_BITS:
                return False
        sounds = container.streams.audio[:1]
        return all(stream.codec_context.codec.canonical_name in codecs for stream in sounds)


def _formats(container: InputContainer) -> list[str]:
    """FFmpeg calls WebM and Matroska one format; only what WebM allows is played from either."""
    names = container.format.name.split(",")
    return ["webm"] if "matroska" in names else names


def make_playable(path: str | Path, target: str | Path, kind: MediaKind) -> None:
    """Write the sound at ``path`` as AAC, or the film as H.264 with AAC, into the MP4 file ``target``.

    A film's long side is at most 1280 pixels afterwards. What cannot be decoded is left out.

    Raises:
        MediaError: it cannot be decoded at all, or it is more than its head says and would keep a worker.
    """
    import av

    effort = _effort(path, kind)

    with (
        open_container(path) as container,
        av.open(str(target), "w", format="mp4", options={"movflags": "faststart"}) as out,
    ):
        writers: dict[int, Any] = {}
        picture = picture_stream(container) if kind == "video" else None
        if picture is not None:
            picture.thread_type = "AUTO"
            writers[picture.index] = _FilmWriter(out, picture, _turn(path))
        for stream in container.streams.audio[:1]:
            writers[stream.index] = _SoundWriter(out)
        chosen = [stream for stream in container.streams if stream.index in writers]
        for packet in effort.packets(container, chosen):
            try:
                frames = packet.decode()
            except av.error.InvalidDataError:
                continue  # a damaged piece; players skip it too
            for frame in frames:
                effort.note(frame)
                writers[packet.stream.index].write(frame)
        for writer in writers.values():
            writer.close()


def _effort(path: str | Path, kind: MediaKind) -> Effort:
    """Sounds have no longest: they are made over many times faster than they play."""
    if kind != "video":
        return Effort(path, _MOST_SECONDS)
    return Effort(path, _MOST_SECONDS, length=MAX_FILM_SECONDS + _TOLERANCE_SECONDS, frames=_MOST_FRAMES)


def _turn(path: str | Path) -> int:
    """Degrees, counter-clockwise, by which the pictures of the film must be turned to stand upright."""
    with open_container(path) as container:
        for frame in Effort(path).frames(container, picture_stream(container)):
            return round(getattr(frame, "rotation", 0) or 0) % 360
    return 0


class _FilmWriter:
    """Frames to H.264, upright, 8 bits."""

    def __init__(self, out: OutputContainer, source: Any, turn: int) -> None:
        self._out, self._quarters = out, turn // 90
        context = source.codec_context
        sides = (context.width, context.height)
        scale = min(1.0, _LONG_SIDE / max(sides))
        # H.264 with 4:2:0 colour has even sides.
        self._width, self._height = (
            max(2, round(side * scale) // 2 * 2) for side in (sides[::-1] if self._quarters % 2 else sides)
        )
        rate = source.average_rate or Fraction(25)
        self._stream: Any = out.add_stream("libx264", rate=rate, options={"preset": "veryfast", "crf": "24"})
        self._stream.width, self._stream.height = self._width, self._height
        self._stream.pix_fmt = "yuv420p"
        self._stream.time_base = self._stream.codec_context.time_base = Fraction(1, 90_000)
        self._last = -1

    def write(self, frame: Any) -> None:
        moment = round((frame.time or 0.0) * 90_000)
        if moment <= self._last:
            return
        self._last = moment
        if self._quarters:
            frame = type(frame).from_ndarray(
                np.rot90(frame.to_ndarray(format="rgb24"), self._quarters).copy()
            )
        made = frame.reformat(width=self._width, height=self._height, format="yuv420p")
        made.pts, made.time_base = moment, Fraction(1, 90_000)
        made.pict_type = 0
        self._out.mux(self._stream.encode(made))

    def close(self) -> None:
        self._out.mux(self._stream.encode(None))


class _SoundWriter:
    """Samples to stereo AAC at 48 kHz."""

    def __init__(self, out: OutputContainer) -> None:
        import av

        self._out = out
        self._stream: Any = out.add_stream("aac", rate=_SOUND_RATE, layout="stereo")
        self._resampler = av.AudioResampler(format="fltp", layout="stereo", rate=_SOUND_RATE)

    def write(self, frame: Any) -> None:
        for part in self._resampler.resample(frame):
            self._out.mux(self._stream.encode(part))

    def close(self) -> None:
        for part in self._resampler.resample(None):
            self._out.mux(self._stream.encode(part))
        self._out.mux(self._stream.encode(None))
