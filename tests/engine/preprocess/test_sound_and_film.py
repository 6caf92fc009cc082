"""Sound and film, by PyAV: real odd files, files made here, and damaged ones."""

from __future__ import annotations

import wave
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from recommender.contracts import Clip
from recommender.engine.preprocess import key_frames, load_clip, log_mel, poster, probe_media
from recommender.errors import MediaError


def write_wav(path: Path, samples: np.ndarray, rate: int = 16_000) -> Path:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes((samples * 32767).astype("<i2").tobytes())
    return path


def sine(hertz: float, seconds: float, rate: int = 16_000) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)


def write_film(path: Path, colours: list[tuple[int, int, int]], *, sound: bool) -> Path:
    """Ten frames a second, ten frames of each colour, and a 440 Hz tone when there is to be sound."""
    with av.open(str(path), "w") as out:
        picture = out.add_stream("mpeg4", rate=10)
        picture.width, picture.height, picture.pix_fmt = 64, 48, "yuv420p"
        audio = out.add_stream("aac", rate=16_000, layout="mono") if sound else None
        for colour in colours:
            for _ in range(10):
                image = Image.new("RGB", (64, 48), colour)
                out.mux(picture.encode(av.VideoFrame.from_image(image)))
        out.mux(picture.encode(None))
        if audio is not None:
            tone = sine(440, len(colours)).astype(np.float32).reshape(1, -1)
            for start in range(0, tone.shape[1] - 1024, 1024):
                frame = av.AudioFrame.from_ndarray(tone[:, start : start + 1024], "fltp", "mono")
                frame.sample_rate, frame.pts = 16_000, start
                out.mux(audio.encode(frame))
            out.mux(audio.encode(None))
    return path


def naive_log_mel(samples: np.ndarray) -> np.ndarray:
    """The definition, written out: a transform by its sum, triangles one by one."""
    window = [0.5 - 0.5 * np.cos(2 * np.pi * n / 400) for n in range(400)]
    kernel = np.exp(-2j * np.pi * np.outer(np.arange(400), np.arange(257)) / 512)

    def mel(hertz):
        return 1127 * np.log(1 + hertz / 700)

    edges = [mel(125) + i * (mel(7500) - mel(125)) / 65 for i in range(66)]
    rows = []
    for start in range(0, len(samples) - 399, 160):
        spectrum = np.abs((samples[start : start + 400] * window) @ kernel)
        row = []
        for band in range(64):
            total = 0.0
            for k in range(1, 257):
                at = mel(k * 8000 / 256)
                up = (at - edges[band]) / (edges[band + 1] - edges[band])
                down = (edges[band + 2] - at) / (edges[band + 2] - edges[band + 1])
                total += max(0.0, min(up, down)) * spectrum[k]
            row.append(np.log(total + 0.001))
        rows.append(row)
    return np.array(rows)


def test_log_mel_agrees_with_the_definition():
    samples = np.random.default_rng(5).uniform(-1, 1, 1000)
    fast = log_mel(Clip(samples.astype(np.float32)))
    assert fast.shape == (4, 64)
    np.testing.assert_allclose(fast, naive_log_mel(samples), atol=1e-3)


def test_a_higher_tone_lights_a_higher_band():
    peaks = [log_mel(Clip(sine(hz, 0.5).astype(np.float32))).mean(0).argmax() for hz in (200, 1000, 4000)]
    assert peaks == sorted(set(peaks))


def test_a_clip_shorter_than_a_window_gives_one_frame():
    assert log_mel(Clip(np.zeros(10, np.float32))).shape == (1, 64)


def test_log_mel_refuses_another_rate():
    with pytest.raises(MediaError, match="8000"):
        log_mel(Clip(np.zeros(100, np.float32), rate=8000))


def test_sound_is_resampled_to_16_khz_and_keeps_its_pitch(tmp_path):
    path = write_wav(tmp_path / "tone.wav", sine(440, 1.0, 44_100), rate=44_100)
    clip = load_clip(path)
    assert clip.rate == 16_000
    assert clip.seconds == pytest.approx(1.0, abs=0.02)
    assert np.abs(np.fft.rfft(clip.samples)).argmax() / clip.seconds == pytest.approx(440, abs=3)


def test_no_more_than_the_asked_seconds_are_decoded(tmp_path):
    path = write_wav(tmp_path / "long.wav", sine(440, 5.0))
    assert load_clip(path, max_seconds=2).seconds == 2


def test_silence_is_a_clip_of_zeros(tmp_path):
    clip = load_clip(write_wav(tmp_path / "silent.wav", np.zeros(16_000)))
    assert clip.seconds == 1
    assert not clip.samples.any()
    np.testing.assert_allclose(log_mel(clip), np.log(0.001), rtol=1e-5)


def test_a_recording_of_no_length_is_an_error_that_says_so(tmp_path):
    path = write_wav(tmp_path / "empty.wav", np.zeros(0))
    with pytest.raises(MediaError, match=r"empty\.wav"):
        load_clip(path)


def test_a_film_gives_its_sound_its_facts_and_its_moments(tmp_path):
    path = write_film(
        tmp_path / "film.mp4", [(200, 0, 0), (0, 200, 0), (0, 0, 200), (200, 200, 0)], sound=True
    )
    facts = probe_media(path)
    assert (facts.kind, facts.width, facts.height, facts.has_sound) == ("video", 64, 48, True)
    assert facts.seconds == pytest.approx(4.0, abs=0.2)
    assert load_clip(path).seconds == pytest.approx(4.0, abs=0.2)
    moments = [np.asarray(image).mean((0, 1)).round(-2).tolist() for image in key_frames(path, 4)]
    assert moments == [[200, 0, 0], [0, 200, 0], [0, 0, 200], [200, 200, 0]]


def test_a_film_without_sound_says_so(tmp_path):
    path = write_film(tmp_path / "mute.mp4", [(9, 9, 9)], sound=False)
    assert not probe_media(path).has_sound
    with pytest.raises(MediaError, match="holds no sound"):
        load_clip(path)


def test_the_poster_is_not_the_black_leader(tmp_path):
    path = tmp_path / "leader.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for i in range(40):
            image = Image.new("RGB", (64, 48))
            if i >= 30:
                image.paste((255, 255, 255), (0, 0, 32, 48))
            out.mux(stream.encode(av.VideoFrame.from_image(image)))
        out.mux(stream.encode(None))
    assert np.asarray(poster(path)).std() > 80


def test_a_sound_file_is_not_a_film(tmp_path):
    path = write_wav(tmp_path / "tone.wav", sine(440, 0.5))
    assert probe_media(path).kind == "audio"
    with pytest.raises(MediaError, match="no moving picture"):
        key_frames(path)


def test_a_film_cut_off_gives_a_clear_error(tmp_path):
    whole = write_film(tmp_path / "whole.mp4", [(200, 0, 0)] * 2, sound=True).read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole[: len(whole) // 2])  # the index of an MP4 is at its end
    for read in (probe_media, load_clip, key_frames):
        with pytest.raises(MediaError, match=r"cut\.mp4"):
            read(cut)


def test_an_error_does_not_tell_where_the_file_lies(tmp_path):
    path = tmp_path / "cut.wav"
    path.write_bytes(write_wav(tmp_path / "whole.wav", sine(440, 0.1)).read_bytes()[:30])
    with pytest.raises(MediaError) as caught:
        probe_media(path)
    assert "Invalid data" in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


def test_a_playlist_in_disguise_opens_nothing(tmp_path):
    target = write_wav(tmp_path / "secret.wav", sine(440, 1.0))
    playlist = tmp_path / "innocent.mp3"
    playlist.write_text(f"#EXTM3U\n#EXTINF:1,\n{target}\n")
    with pytest.raises(MediaError, match=r"innocent\.mp3"):
        load_clip(playlist)
    concat = tmp_path / "list.wav"
    concat.write_text(f"ffconcat version 1.0\nfile {target}\n")
    with pytest.raises(MediaError):
        load_clip(concat)


def test_noise_behind_a_good_header_is_an_error(tmp_path):
    path = tmp_path / "noise.mp3"
    path.write_bytes(b"ID3\x04\0\0\0\0\0\0" + np.random.default_rng(1).bytes(20_000))
    with pytest.raises(MediaError, match=r"noise\.mp3"):
        load_clip(path)


def test_a_sound_cut_off_gives_what_is_left_of_it(tmp_path):
    whole = write_wav(tmp_path / "whole.wav", sine(440, 2.0)).read_bytes()
    cut = tmp_path / "cut.wav"
    cut.write_bytes(whole[: len(whole) // 2])
    assert load_clip(cut).seconds == pytest.approx(1.0, abs=0.05)


def test_every_real_film_and_sound_is_read(shared_data):
    for path in sorted((shared_data / "video").iterdir()):
        facts = probe_media(path)
        if facts.has_sound:
            clip = load_clip(path, max_seconds=1)
            assert 0.5 < clip.seconds <= 1
            assert np.isfinite(log_mel(clip)).all()
        if facts.kind == "video":
            assert 1 <= len(key_frames(path, 2)) <= 2
