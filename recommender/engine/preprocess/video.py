"""The pictures of a film: a few spread over its length, and the one that stands for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from recommender.engine.preprocess.container import REMEDY, container_seconds, open_container, picture_stream
from recommender.engine.preprocess.effort import Effort, TooMuch
from recommender.engine.preprocess.image import MAX_PIXELS
from recommender.errors import MediaError
from recommender.said import gettext_noop as _
from recommender.said import say

if TYPE_CHECKING:
    from av import VideoFrame
    from av.container import InputContainer
    from av.video.stream import VideoStream

_LONG_SIDE = 1280
_PATIENCE = 300  # frames decoded after a seek before what has been reached is taken


def key_frames(path: str | Path, count: int = 4) -> list[Image.Image]:
    """``count`` pictures at evenly spaced moments, upright RGB, long side at most 1280 pixels.

    A film shorter than ``count`` frames gives fewer. Damage after the first picture ends the list there, and
    so does a search of more than ``effort.MOST_SECONDS``.

    Raises:
        MediaError: no moving picture in it, or none that can be decoded.
    """
    name, effort = Path(path).name, Effort(path)
    with open_container(path) as container:
        stream = picture_stream(container)
        if stream is None:
            raise MediaError(say(_("{name} holds no moving picture."), name=name), REMEDY)
        if stream.codec_context.width * stream.codec_context.height > MAX_PIXELS:
            told = say(_("{name} has too many pixels a frame."), name=name)
            raise MediaError(told, _("Scale the film down."))
        length = container_seconds(container, effort)
        moments = [(i + 0.5) * length / count for i in range(count)]
    frames: list[Image.Image] = []
    try:
        for frame in _frames_at(path, moments, effort):
            frames.append(frame)
    except TooMuch:
        if not frames:
            raise
    if not frames:
        raise MediaError(say(_("{name} holds no picture that can be decoded."), name=name), REMEDY)
    return frames


def _frames_at(path: str | Path, moments: list[float], effort: Effort) -> Iterator[Image.Image]:
    import av

    with open_container(path) as container:
        stream = picture_stream(container)
        if stream is None:
            return
        stream.thread_type = "AUTO"
        last: int | None = None
        for moment in moments:
            try:
                frame = _frame_near(container, stream, moment, effort)
            except av.error.FFmpegError:
                if last is None and moment == moments[-1]:
                    raise
                continue
            if frame is not None and (frame.pts is None or frame.pts != last):
                last = frame.pts
                yield _picture(frame)


def _frame_near(
    container: InputContainer, stream: VideoStream, moment: float, effort: Effort
) -> VideoFrame | None:
    """The first frame at or after ``moment`` seconds, else the last one before it."""
    import av

    try:
        container.seek(int(moment * av.time_base), backward=True)
    except av.error.FFmpegError:
        container.seek(0)
    found = None
    for number, frame in enumerate(effort.frames(container, stream)):
        found = frame
        if frame.time is None or frame.time >= moment or number >= _PATIENCE:
            break
    return found


def _picture(frame: VideoFrame) -> Image.Image:
    scale = min(1.0, _LONG_SIDE / max(frame.width, frame.height))
    width, height = (max(2, round(side * scale)) for side in (frame.width, frame.height))
    image = frame.reformat(width=width, height=height, format="rgb24").to_image()
    turn = round(getattr(frame, "rotation", 0) or 0) % 360
    return image.rotate(turn, expand=True) if turn else image


def poster(path: str | Path) -> Image.Image:
    """The picture that stands for a film: of four moments, the one with the most contrast.

    Leaders and fades are flat, so they lose. Raises MediaError as ``key_frames`` does.
    """
    return most_telling(key_frames(path, 4))


def most_telling(frames: list[Image.Image]) -> Image.Image:
    """Of several pictures, the one with the most contrast."""
    return max(frames, key=_contrast)


def _contrast(image: Image.Image) -> float:
    return float(np.asarray(image.convert("L").resize((64, 64))).std())
