"""What a file holds, without decoding more of it than needed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from recommender.contracts import MediaKind
from recommender.engine.preprocess.container import (
    container_seconds,
    open_container,
    picture_stream,
    sniff_file,
)
from recommender.engine.preprocess.effort import Effort
from recommender.engine.preprocess.image import FORMATS, MAX_PIXELS
from recommender.errors import MediaError
from recommender.said import gettext_noop as _
from recommender.said import say


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """Facts of a media file.

    Attributes:
        kind: by content: a film without moving pictures is a sound.
        mime: by content.
        width, height: pixels as displayed (turned upright); None for a sound.
        seconds: duration; None for a picture.
        has_sound: whether there is a sound track.
        codec: name of the picture's codec, else of the sound's.
        bytes: size of the file.
    """

    kind: MediaKind
    mime: str
    width: int | None
    height: int | None
    seconds: float | None
    has_sound: bool
    codec: str
    bytes: int


def probe_media(path: str | Path) -> MediaFacts:
    """Facts of the picture, sound or film at ``path``; MediaError when it is none or cannot be opened."""
    found = sniff_file(path)
    size = Path(path).stat().st_size
    if found.kind == "image":
        return _probe_image(path, found.mime, size)
    with open_container(path) as container:
        picture, has_sound = picture_stream(container), bool(container.streams.audio)
        if picture is None and not has_sound:
            told = say(_("{name} holds neither sound nor picture."), name=Path(path).name)
            raise MediaError(told, _("Upload another file."))
        seconds = round(container_seconds(container, Effort(path)), 3)
        if picture is None:
            codec = container.streams.audio[0].codec_context.codec.canonical_name
            mime = found.mime.replace("video/", "audio/") if found.kind == "video" else found.mime
            return MediaFacts("audio", mime, None, None, seconds, True, codec, size)
        context = picture.codec_context
        mime = found.mime.replace("audio/", "video/")
        codec = context.codec.canonical_name
        return MediaFacts("video", mime, context.width, context.height, seconds, has_sound, codec, size)


def _probe_image(path: str | Path, mime: str, size: int) -> MediaFacts:
    name = Path(path).name
    try:
        with Image.open(path, formats=FORMATS) as image:
            width, height = image.size
            turned = image.getexif().get(0x0112, 1) in (5, 6, 7, 8)
            codec = (image.format or "").lower()
    except Image.DecompressionBombError as error:
        told = _("{name} has more than {limit} million pixels.")
        raise MediaError(say(told, name=name, limit=f"{MAX_PIXELS / 1e6:g}"), _("Scale it down.")) from error
    except UnidentifiedImageError as error:  # its own words name the whole path on this machine
        told = say(_("{name} is not a picture that can be read."), name=name)
        raise MediaError(told, _("Save the picture again.")) from error
    except (OSError, SyntaxError, ValueError) as error:
        told = say(_("{name} is damaged ({error})."), name=name, error=str(error))
        raise MediaError(told, _("Save the picture again.")) from error
    if turned:
        width, height = height, width
    return MediaFacts("image", mime, width, height, None, False, codec, size)
