"""What products sound like, their films, and what reviewers attach."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recommender.contracts import Clip
from recommender.engine.demo.attachments import SIDE, review_photo, review_voice
from recommender.engine.demo.film import SECONDS, product_film
from recommender.engine.demo.kinds import KINDS
from recommender.engine.demo.products import make_products
from recommender.engine.demo.sounds import RATE, product_sound
from recommender.engine.demo.world import Opinion, Product
from recommender.engine.preprocess.audio import load_clip
from recommender.engine.preprocess.playable import is_playable
from recommender.engine.preprocess.video import key_frames
from recommender.errors import RecommenderError

SOUNDING = sorted(key for key, kind in KINDS.items() if kind.sound)
PRODUCTS = make_products(5, 60)


def product(kind: str) -> Product:
    return next(one for one in PRODUCTS if one.kind == kind)


def opinion(**fields: object) -> Opinion:
    plain = Opinion("review-1", 2, 0, "Well made, I like it.", "en", 5, -60, {}, False, False, "fine", "")
    return replace(plain, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", SOUNDING)
def test_every_sound_can_be_heard_and_has_quiet_ends(kind: str) -> None:
    clip = product_sound(product(kind))
    assert clip.rate == RATE
    assert np.abs(clip.samples).max() == pytest.approx(0.8, abs=0.05)
    assert np.abs(clip.samples[[0, -1]]).max() < 0.01
    assert np.sqrt(np.mean(clip.samples**2)) > 0.01


@pytest.mark.parametrize("kind", SOUNDING)
def test_a_product_always_sounds_the_same_and_unlike_the_next(kind: str) -> None:
    one = product(kind)
    assert np.array_equal(product_sound(one).samples, product_sound(one).samples)
    assert not np.array_equal(product_sound(one).samples, product_sound(replace(one, seed=1)).samples)


def test_what_makes_no_sound_is_named() -> None:
    with pytest.raises(RecommenderError, match="rug makes no sound"):
        product_sound(product("rug"))


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "mug.mp4"
    path.write_bytes(product_film(product("mug"), Clip(np.full(RATE, 0.5, np.float32))))
    return path


def test_browsers_play_a_film_as_it_is(film: Path) -> None:
    assert is_playable(film, "video")


def test_a_film_moves(film: Path) -> None:
    first, *_, last = key_frames(film, 4)
    assert np.abs(np.asarray(first, float) - np.asarray(last, float)).mean() > 1.0


def test_a_film_has_the_sound_it_was_given_and_lasts_four_seconds(film: Path) -> None:
    clip = load_clip(film)
    assert clip.seconds == pytest.approx(SECONDS, abs=0.1)
    assert np.abs(clip.samples[: RATE // 2]).mean() > 0.2
    assert np.abs(clip.samples[2 * RATE :]).mean() < 0.05


def test_a_damaged_photo_differs_from_a_fine_one() -> None:
    fine = review_photo(product("vase"), opinion())
    damaged = review_photo(product("vase"), opinion(photo="damaged"))
    assert fine.size == damaged.size == (SIDE, SIDE)
    assert np.abs(np.asarray(fine, float) - np.asarray(damaged, float)).mean() > 1.0


def test_an_angry_voice_is_faster_than_a_flat_one() -> None:
    angry, flat = (review_voice(opinion(voice=mood)) for mood in ("angry", "flat"))
    assert angry.seconds < 0.85 * flat.seconds
