"""The voice's features measure what they name, and the model finds the second that speaks."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from analytics.engine.sentiment import speech
from analytics.engine.sentiment.learning.heads import HeadRecipe, LinearRecipe, group_folds, train_head
from analytics.engine.sentiment.learning.speech import spoken, viewed
from analytics.engine.sentiment.speech import WIDTH, Heard, SpeechModel, hear
from analytics.engine.sentiment.speech_features import FEATURES, clip_features
from analytics.engine.sentiment.speech_frames import WINDOW, read_frames
from analytics.engine.sentiment.speech_trunk import Trunk
from recommender.contracts import Clip
from recommender.errors import RecommenderError
from tests.analytics.engine.sentiment_planted import planted_head, planted_trunk, tone


@pytest.mark.parametrize("hertz", [90.0, 150.0, 240.0, 400.0])
def test_pitch_is_that_of_the_voice(hertz: float) -> None:
    frames = read_frames(tone(1.0, hertz))
    semitones = np.median(frames.pitch[frames.voiced])
    assert 55 * 2 ** (semitones / 12) == pytest.approx(hertz, rel=0.02)


def test_noise_is_not_voiced() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 16_000).astype(np.float32)
    assert read_frames(Clip(noise)).voiced.mean() < 0.1


def test_twice_as_loud_is_six_decibels_louder() -> None:
    soft, loud = read_frames(tone(loudness=0.1)), read_frames(tone(loudness=0.2))
    assert np.median(loud.loudness - soft.loudness) == pytest.approx(6.02, abs=0.1)


@pytest.mark.parametrize("samples", [0, 1, 399, 641, 5_000, 160_000])
def test_features_of_any_length_are_finite(samples: int) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, samples).astype(np.float32)
    for clip in (Clip(noise), Clip(np.zeros(samples, np.float32))):
        row = clip_features(clip)
        assert row.shape == (FEATURES,)
        assert np.isfinite(row).all()


def test_the_moment_that_carries_the_mood_weighs_most() -> None:
    """A head that hears loudness alone: the shout in the middle must be found."""
    clip = tone(6.0, loudness=0.02)
    clip.samples[48_000:64_000] *= 20
    head = planted_head(WIDTH, hidden=1)
    head.w1[:] = 0
    loudness = 186
    head.w1[:, loudness] = 1.0
    head.b1[:] = 60.0
    head.w2[:] = np.array([1.0, 0.0, -1.0]) * 0.1
    head.mean[loudness] = -30.0
    head.scale[loudness] = 10.0
    moments = SpeechModel(head, planted_trunk()).moments(clip, 2)
    assert moments[0].start <= 3.6 <= moments[0].end
    assert moments[0].weight < 0
    assert moments[0].clip == 2


def test_a_recording_too_short_to_cut_is_one_moment() -> None:
    model = SpeechModel(planted_head(WIDTH), planted_trunk())
    [moment] = model.moments(tone(0.6), 0)
    assert (moment.start, moment.end) == (0.0, 0.6)


def test_a_recording_is_heard_once_for_its_reading_and_its_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[Clip] = []

    def told(trunk: Trunk, clip: Clip) -> Heard:
        heard.append(clip)
        return hear(trunk, clip)

    monkeypatch.setattr(speech, "hear", told)
    model = SpeechModel(planted_head(WIDTH), planted_trunk())
    clips = [tone(0.5, 100.0 + 20 * number) for number in range(4)]
    model.read(clips)
    seconds = [model.moments(clip, 0) for clip in reversed(clips)]
    assert len(heard) == 6  # the last two are still known
    monkeypatch.setattr(speech, "hear", hear)
    fresh = SpeechModel(planted_head(WIDTH), planted_trunk())
    assert seconds == [fresh.moments(clip, 0) for clip in reversed(clips)]


def test_a_part_keeps_frames_and_steps_together() -> None:
    heard = hear(planted_trunk(), tone(2.0))
    part = heard.part(20, 50)
    assert np.array_equal(part.steps, heard.steps[20:50])
    assert np.array_equal(part.frames.pitch, heard.frames.pitch[40:100])


def test_silence_around_speech_is_cut_and_speech_is_not() -> None:
    quiet = np.zeros(16_000, np.float32)
    clip = Clip(np.concatenate([quiet, tone(1.0).samples, quiet]))
    start, end = spoken(clip)
    assert start == pytest.approx(16_000, abs=WINDOW)
    assert end == pytest.approx(32_000, abs=WINDOW)
    assert np.array_equal(viewed(clip, 1, 0).samples, clip.samples[start:end])


def test_a_changed_view_is_another_each_time_and_keeps_all_speech() -> None:
    quiet = np.zeros(16_000, np.float32)
    clip = Clip(np.concatenate([quiet, tone(1.0).samples, quiet]))
    assert viewed(clip, 0, 5) is clip
    views = [viewed(clip, 2, seed) for seed in range(8)]
    assert len({len(view.samples) for view in views}) == 8
    for view in views:
        assert np.isfinite(view.samples).all()
        assert np.abs(view.samples).max() > 0.02
        loud = np.flatnonzero(np.abs(view.samples) > 0.4 * np.abs(view.samples).max())
        assert 16_000 / 1.13 - 1_000 <= loud[-1] - loud[0] <= 16_000 / 0.88
    assert np.array_equal(viewed(clip, 2, 3).samples, views[3].samples)


@pytest.mark.parametrize("samples", [1, 300, 16_000])
def test_silence_and_snippets_can_be_viewed_too(samples: int) -> None:
    clip = Clip(np.zeros(samples, np.float32))
    for view in range(3):
        assert len(viewed(clip, view, 1).samples) <= max(samples / 0.88, 1)


def test_a_head_learns_a_planted_rule_and_is_calibrated() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(1, 900, 6))
    labels = np.digitize(rows[0, :, 0] + 0.3 * rng.normal(size=900), [-0.5, 0.5])
    recipe = HeadRecipe(hidden=8, members=1, epochs=30, rate=0.02, input_dropout=0.0, dropout=0.0)
    _, held = train_head(rows, labels, np.eye(3), np.arange(900), recipe, {})
    assert (held.argmax(1) == labels).mean() > 0.75


def test_a_linear_head_is_penalised_by_the_mean_loss_over_its_standardised_rows() -> None:
    rng = np.random.default_rng(0)
    rows, merge = rng.normal(size=(1, 300, 5)), np.eye(4)[:, :3] + np.eye(4)[:, 3:] / 3
    classes = (rows[0] @ rng.normal(size=(5, 4)) + rng.gumbel(size=(300, 4))).argmax(axis=1)
    head, _ = train_head(rows, classes, merge, np.arange(300), LinearRecipe(penalty=0.05), {})
    standard = (rows[0] - rows[0].mean(0)) / rows[0].std(0)
    peer = LogisticRegression(C=1 / (0.05 * 300), tol=1e-8).fit(np.clip(standard, -4, 4), classes)
    assert np.allclose(head.raw(rows[0]), peer.predict_proba(standard) @ merge, atol=2e-3)


def test_a_linear_head_is_not_learned_without_rows_of_every_class() -> None:
    rows, classes = np.ones((9, 2)), np.repeat([0, 1, 3], 3)
    with pytest.raises(RecommenderError, match="Of 4 classes, 3 have rows"):
        LinearRecipe().members_of(rows, classes, 4)


def test_folds_never_part_a_group() -> None:
    groups = np.random.default_rng(0).integers(0, 30, 200)
    parts = list(group_folds(groups, 4))
    assert np.array_equal(sum(part.astype(int) for part in parts), np.ones(200, int))
    assert all(not set(groups[part]) & set(groups[~part]) for part in parts)
