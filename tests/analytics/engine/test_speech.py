"""The voice's features measure what they name, and the model finds the second that speaks."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.engine.sentiment.learning.heads import HeadRecipe, group_folds, train_head
from analytics.engine.sentiment.speech import WIDTH, SpeechModel, hear
from analytics.engine.sentiment.speech_features import FEATURES, clip_features
from analytics.engine.sentiment.speech_frames import read_frames
from analytics.engine.sentiment.speech_trunk import STRIDES, _padded, _taps
from recommender.contracts import Clip
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


def test_a_depthwise_convolution_equals_loops() -> None:
    rng = np.random.default_rng(0)
    x, kernel = rng.normal(size=(9, 7, 2)).astype(np.float32), rng.normal(size=(3, 3, 2)).astype(np.float32)
    for stride in (1, 2):
        padded, high, wide = _padded(x, stride)
        slow = [
            [
                (padded[r * stride : r * stride + 3, c * stride : c * stride + 3] * kernel).sum((0, 1))
                for c in range(wide)
            ]
            for r in range(high)
        ]
        assert np.allclose(_taps(x, kernel, stride), slow, atol=1e-5)


def test_the_trunk_has_a_step_for_every_sixteen_frames() -> None:
    steps = planted_trunk().read(np.zeros((200, 64), np.float32))
    assert steps.shape == (13, 4, 512)
    assert len(STRIDES) == 13


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


def test_leaving_out_all_steps_but_some_keeps_frames_and_steps_together() -> None:
    heard = hear(planted_trunk(), tone(2.0))
    left = heard.without(2, 5)
    assert len(heard.steps) - len(left.steps) == 3
    assert len(heard.frames.pitch) - len(left.frames.pitch) == 48


def test_a_head_learns_a_planted_rule_and_is_calibrated() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(1, 900, 6))
    labels = np.digitize(rows[0, :, 0] + 0.3 * rng.normal(size=900), [-0.5, 0.5])
    recipe = HeadRecipe(hidden=8, members=1, epochs=30, rate=0.02, input_dropout=0.0, dropout=0.0)
    _, held = train_head(rows, labels, np.eye(3), np.arange(900), recipe, {})
    assert (held.argmax(1) == labels).mean() > 0.75


def test_folds_never_part_a_group() -> None:
    groups = np.random.default_rng(0).integers(0, 30, 200)
    parts = list(group_folds(groups, 4))
    assert np.array_equal(sum(part.astype(int) for part in parts), np.ones(200, int))
    assert all(not set(groups[part]) & set(groups[~part]) for part in parts)
