"""What a file says of itself does not decide how long a worker reads it."""

from __future__ import annotations

import io
import itertools
import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from recommender.engine.preprocess import container, effort, key_frames, load_clip, playable, probe_media
from recommender.engine.preprocess.effort import TooMuch
from recommender.engine.preprocess.playable import make_playable
from recommender.errors import MediaError
from tests.engine.preprocess.test_sound_and_film import sine, write_film, write_wav

GREY = (90, 90, 90)


def lying_film(path: Path, seconds: int, told: float) -> Path:
    """A Matroska film of ``seconds`` whose head says ``told``."""
    write_film(path, [GREY] * seconds, sound=False)
    whole = bytearray(path.read_bytes())
    place = whole.index(b"\x44\x89\x88") + 3  # the element Duration, 8 bytes long
    whole[place : place + 8] = struct.pack(">d", told * 1000)
    path.write_bytes(whole)
    return path


def slow_clock(monkeypatch: pytest.MonkeyPatch, step: float, *, quick_for: int = 0) -> None:
    """A clock that goes on by ``step`` seconds whenever it is read, but for the first times."""
    times = itertools.chain([0.0] * quick_for, itertools.count(0.0, step))
    monkeypatch.setattr(effort, "monotonic", lambda: next(times))


def test_a_film_that_goes_on_beyond_what_it_says_is_not_made_over(tmp_path: Path) -> None:
    film = lying_film(tmp_path / "lie.mkv", 205, told=1.0)
    assert probe_media(film).seconds == 1.0
    with pytest.raises(TooMuch, match=r"lie\.mkv goes on after 200 seconds") as told:
        make_playable(film, tmp_path / "b.mp4", "video")
    assert told.value.permanent
    assert told.value.remedy


def test_a_film_somewhat_longer_than_it_says_is_made_over(tmp_path: Path) -> None:
    make_playable(lying_film(tmp_path / "lie.mkv", 3, told=1.0), tmp_path / "b.mp4", "video")
    assert probe_media(tmp_path / "b.mp4").seconds == pytest.approx(3.0, abs=0.2)


def test_a_recording_that_begins_late_is_as_long_as_it_lasts(tmp_path: Path) -> None:
    path = tmp_path / "live.mkv"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(20):
            frame = av.VideoFrame(64, 48, "yuv420p")
            frame.pts = 50_000 + number
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    make_playable(path, tmp_path / "b.mp4", "video")
    assert (tmp_path / "b.mp4").stat().st_size > 0


def test_a_film_of_too_many_frames_is_not_made_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(playable, "_MOST_FRAMES", 10)
    film = write_film(tmp_path / "many.mkv", [GREY] * 2, sound=False)
    with pytest.raises(TooMuch, match="10 frames"):
        make_playable(film, tmp_path / "b.mp4", "video")


@pytest.mark.parametrize(
    "read",
    [load_clip, key_frames, lambda path: make_playable(path, path.with_name("b.mp4"), "video")],
    ids=["sound", "pictures", "playable"],
)
def test_a_film_that_takes_too_long_to_read_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: Any
) -> None:
    film = write_film(tmp_path / "slow.mkv", [GREY] * 2, sound=True)
    slow_clock(monkeypatch, 400.0)
    with pytest.raises(TooMuch, match=r"slow\.mkv takes more than"):
        read(film)


def test_a_search_that_takes_too_long_keeps_the_pictures_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = write_film(tmp_path / "slow.mkv", [GREY, (200, 0, 0), (0, 200, 0), (0, 0, 200)], sound=False)
    assert len(key_frames(film, 4)) == 4
    slow_clock(monkeypatch, 1.0, quick_for=8)
    monkeypatch.setattr(effort, "MOST_SECONDS", 10.0)
    assert 1 <= len(key_frames(film, 4)) < 4


def test_the_length_of_a_film_that_says_none_is_not_looked_for_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = lying_film(tmp_path / "live.mkv", 3, told=0.0)
    assert probe_media(film).seconds == pytest.approx(3.0, abs=0.2)
    slow_clock(monkeypatch, 40.0)
    with pytest.raises(TooMuch, match=r"live\.mkv takes more than"):
        probe_media(film)


def jpeg(size: tuple[int, int]) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, GREY).save(out, "JPEG")
    return out.getvalue()


def test_a_frame_that_grows_beyond_the_limit_is_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "grows.mkv"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mjpeg", rate=1)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
        for number, size in enumerate([(64, 48), (64, 48), (128, 96), (128, 96)]):
            packet = av.Packet(jpeg(size))
            packet.stream, packet.time_base = stream, Fraction(1)
            packet.pts = packet.dts = number
            packet.is_keyframe = True
            out.mux(packet)
    assert {image.size for image in key_frames(path, 4)} == {(64, 48), (128, 96)}
    monkeypatch.setattr(container, "MAX_PIXELS", 64 * 48)
    assert {image.size for image in key_frames(path, 4)} == {(64, 48)}


def test_a_sound_of_one_sample_a_second_is_refused_before_it_is_hours_of_memory(tmp_path: Path) -> None:
    path = tmp_path / "stretched.flac"
    with av.open(str(path), "w", format="flac") as out:
        stream = out.add_stream("flac", rate=1, layout="mono", format="s16")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.int16), format="s16", layout="mono")
        frame.sample_rate = 1
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    with pytest.raises(MediaError, match="1 sample a second"):
        load_clip(path)
    with pytest.raises(MediaError, match="1 sample a second"):
        make_playable(path, tmp_path / "b.m4a", "audio")


def test_a_sound_has_no_longest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(playable, "MAX_FILM_SECONDS", -20.0)
    make_playable(write_wav(tmp_path / "a.wav", sine(440, 1.0)), tmp_path / "b.m4a", "audio")
    assert load_clip(tmp_path / "b.m4a").seconds == pytest.approx(1.0, abs=0.2)
