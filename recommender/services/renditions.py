"""What is made from a medium's file and kept beside it: thumbnails, key frames, sound for encoders.

Names are those of ``Media.derived``: ``160.webp``, ``480.webp``, ``1080.webp`` (of a film: of its poster),
``frame-0.webp`` and on for a film's key frames, ``sound.flac``, the first minute at 16 kHz mono, and
``play.mp4`` or ``play.m4a`` where browsers would not play the original.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

from recommender.engine.preprocess.audio import flac_bytes, load_clip
from recommender.engine.preprocess.image import open_image, thumbnails
from recommender.engine.preprocess.playable import MAX_FILM_SECONDS, is_playable, make_playable
from recommender.engine.preprocess.probe import MediaFacts, probe_media
from recommender.engine.preprocess.video import key_frames, most_telling
from recommender.errors import MediaError
from recommender.models import Media
from recommender.said import gettext_noop as _
from recommender.said import say
from recommender.services.imports.storage import KIND_WORDS
from recommender.services.stored import local_file, put

KEY_FRAMES = 4
_FRAME_SIZE = 480
SOUND = "sound.flac"


def frame_name(number: int) -> str:
    """Suffix of the name of a film's key frame."""
    return f"frame-{number}.webp"


def make_renditions(medium: Media) -> dict[str, Any]:
    """Write what is made from the stored file of ``medium``; the facts to keep on its row.

    Raises:
        MediaError: the file cannot be read as what it is said to be.
    """
    with local_file(medium.file) as path:
        facts = probe_media(path)
        kind = _kind(medium, facts)
        made: dict[str, Any] = {
            "kind": kind,
            "mime": facts.mime,
            "bytes": facts.bytes,
            "width": facts.width,
            "height": facts.height,
            "duration": facts.seconds,
            "has_sound": False,
        }
        if kind == Media.Kind.IMAGE:
            _put_thumbnails(medium, open_image(path, fit=max(Media.SIZES)))
        if kind == Media.Kind.VIDEO:
            _put_film(medium, path)
        if kind == Media.Kind.AUDIO or facts.has_sound:
            made["has_sound"] = _put_sound(medium, path, needed=kind == Media.Kind.AUDIO)
        if kind != Media.Kind.IMAGE:
            made |= _put_playable(medium, path, kind, facts)
    return made


def _kind(medium: Media, facts: MediaFacts) -> str:
    """By content; but a film given as a sound (a recording in a film's container) is taken as one."""
    if Media.Kind.IMAGE in {medium.kind, facts.kind} and medium.kind != facts.kind:
        told = _("This is {found}, not {wanted}.")
        raise MediaError(
            say(told, found=say(KIND_WORDS[facts.kind]), wanted=say(KIND_WORDS[medium.kind])),
            _("Put it where such files belong."),
        )
    return Media.Kind.AUDIO if medium.kind == Media.Kind.AUDIO else facts.kind


def _put_thumbnails(medium: Media, picture: Image.Image) -> None:
    for size, content in thumbnails(picture).items():
        put(medium.derived(f"{size}.webp"), content)


def _put_film(medium: Media, path: Path) -> None:
    frames = key_frames(path, KEY_FRAMES)
    _put_thumbnails(medium, most_telling(frames))
    for number, frame in enumerate(frames):
        put(medium.derived(frame_name(number)), thumbnails(frame)[_FRAME_SIZE])


def _put_playable(medium: Media, path: Path, kind: Any, facts: MediaFacts) -> dict[str, Any]:
    """Where browsers do not play the file as it is, one that they do takes its place on the row."""
    too_long = kind == Media.Kind.VIDEO and (facts.seconds or 0.0) > MAX_FILM_SECONDS
    if too_long or is_playable(path, kind):
        return {}
    name = medium.derived("play.mp4" if kind == Media.Kind.VIDEO else "play.m4a")
    with tempfile.TemporaryDirectory(prefix="mmsite-") as folder:
        target = Path(folder) / "play"
        make_playable(path, target, kind)
        put(name, target.read_bytes())
        return {"file": name, "bytes": target.stat().st_size, "mime": f"{kind}/mp4"}


def _put_sound(medium: Media, path: Path, *, needed: bool) -> bool:
    """Keep the sound for encoders; a film is fine without one that can be decoded, a sound is not."""
    try:
        clip = load_clip(path)
    except MediaError:
        if needed:
            raise
        return False
    put(medium.derived(SOUND), flac_bytes(clip))
    return True
