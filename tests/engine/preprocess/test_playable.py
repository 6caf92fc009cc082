"""Sounds and films made into ones that browsers play."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recommender.engine.preprocess import key_frames, load_clip, playable, probe_media
from recommender.engine.preprocess.playable import is_playable, make_playable
from recommender.errors import MediaError
from tests.engine.preprocess.test_sound_and_film import sine, write_film, write_wav


@pytest.mark.parametrize(
    ("name", "plays"),
    [
        ("nasa_13013.mp4", True),
        ("av1_video.mkv", True),
        ("h265_video.mp4", False),
        ("h264_10bits.mp4", False),
    ],
)
def test_it_tells_which_films_browsers_play(shared_data: Path, name: str, plays: bool) -> None:
    assert is_playable(shared_data / "video" / name, "video") is plays


def test_a_film_keeps_its_pictures_its_sound_and_its_length(tmp_path: Path) -> None:
    film = write_film(tmp_path / "a.mp4", [(220, 20, 20), (20, 20, 220)], sound=True)
    assert not is_playable(film, "video")
    make_playable(film, tmp_path / "b.mp4", "video")
    assert is_playable(tmp_path / "b.mp4", "video")
    assert probe_media(tmp_path / "b.mp4").seconds == pytest.approx(2.0, abs=0.2)
    first, last = (np.asarray(frame).mean(axis=(0, 1)) for frame in key_frames(tmp_path / "b.mp4", 2))
    assert first == pytest.approx([220, 20, 20], abs=12)
    assert last == pytest.approx([20, 20, 220], abs=12)
    assert load_clip(tmp_path / "b.mp4").seconds == pytest.approx(1.9, abs=0.2)


def test_a_film_taken_upright_stays_upright(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film = write_film(tmp_path / "a.mp4", [(220, 20, 20)], sound=False)
    monkeypatch.setattr(playable, "_turn", lambda path: 270)
    make_playable(film, tmp_path / "b.mp4", "video")
    made = probe_media(tmp_path / "b.mp4")
    assert (made.width, made.height) == (48, 64)


def test_a_sound_keeps_its_tone(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", sine(440, 1.0))
    make_playable(path, tmp_path / "b.m4a", "audio")
    assert is_playable(tmp_path / "b.m4a", "audio")
    spectrum = np.abs(np.fft.rfft(load_clip(tmp_path / "b.m4a").samples[:16_000]))
    assert int(spectrum.argmax()) == pytest.approx(440, abs=2)


def test_what_holds_neither_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"\0\0\0\x18ftypisom" + bytes(200))
    with pytest.raises(MediaError):
        make_playable(tmp_path / "a.mp4", tmp_path / "b.mp4", "video")
