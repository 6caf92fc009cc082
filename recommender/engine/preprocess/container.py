"""Sound and film files opened so that a hostile one can reach nothing but itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from recommender.engine.preprocess.effort import Effort
from recommender.engine.preprocess.image import MAX_PIXELS
from recommender.engine.preprocess.sniff import SNIFF_BYTES, MediaType, sniff_media
from recommender.errors import MediaError
from recommender.said import gettext_noop as _
from recommender.said import say

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

# Playlists, concatenations and pipes are demuxers too, and they open what a file tells them to.
_DEMUXERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,flv,ogg,wav,w64,flac,mp3,aac"
REMEDY = _("Save it as MP4 (H.264), WebM, MP3, WAV, FLAC or Ogg and upload it again.")


def sniff_file(path: str | Path) -> MediaType:
    """Type of the file at ``path`` by its content; MediaError for what the site does not take."""
    try:
        with open(path, "rb") as file:
            head = file.read(SNIFF_BYTES)
    except OSError as error:
        told = say(_("{name} cannot be read ({error})."), name=Path(path).name, error=error.strerror)
        raise MediaError(told, _("Upload it again.")) from error
    found = sniff_media(head)
    if found is None:
        unknown = _("{name} is neither a picture nor a sound nor a film that can be read.")
        reason = unknown if head else _("{name} is empty.")
        raise MediaError(say(reason, name=Path(path).name), REMEDY)
    return found


@contextmanager
def open_container(path: str | Path) -> Iterator[InputContainer]:
    """The opened sound or film; whatever FFmpeg raises inside comes out as MediaError."""
    import av

    name = Path(path).name
    if sniff_file(path).kind == "image":
        raise MediaError(say(_("{name} is a picture, not a sound or a film."), name=name), REMEDY)
    options = {"format_whitelist": _DEMUXERS, "protocol_whitelist": "file"}
    try:
        with (
            open(path, "rb") as file,
            av.open(file, "r", options=options, metadata_errors="ignore") as container,
        ):
            yield container
    except (av.error.FFmpegError, ValueError, IndexError, OSError, RuntimeError) as error:
        # The text of an FFmpeg error names the file with its folder, which is nobody's business.
        reason = getattr(error, "strerror", None) or error
        told = say(_("{name} is damaged or cut off ({error})."), name=name, error=str(reason))
        raise MediaError(told, REMEDY) from error


def picture_stream(container: InputContainer) -> VideoStream | None:
    """The first moving picture; the cover of a sound file is not one.

    A frame of more pixels than ``MAX_PIXELS`` is damage to its decoder, wherever in the film it comes.
    """
    from av.stream import Disposition

    still = Disposition.attached_pic | Disposition.still_image
    films = (stream for stream in container.streams.video if not stream.disposition & still)
    found = next((stream for stream in films if stream.codec_context is not None), None)
    if found is not None:
        found.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
    return found


def container_seconds(container: InputContainer, effort: Effort) -> float:
    """Duration in seconds; where the header gives none (browser recordings), packets are read to the end."""
    import av

    if container.duration:
        return container.duration / av.time_base
    known = [s.duration * s.time_base for s in container.streams if s.duration and s.time_base]
    if known:
        return float(max(known))
    end = 0.0
    try:
        for packet in effort.packets(container):
            if packet.pts is not None and packet.time_base is not None:
                end = max(end, float((packet.pts + (packet.duration or 0)) * packet.time_base))
    except av.error.FFmpegError:
        pass  # a file cut off is as long as what is left of it
    return end
