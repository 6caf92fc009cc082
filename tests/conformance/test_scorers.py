"""Laws that every scorer and every fusion recipe obeys, whatever its weights."""

from __future__ import annotations

import tempfile
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from analytics.contracts import CHANNELS, LABELS, Sentiment, Spoken
from analytics.engine.sentiment import Scorer, load_scorer
from analytics.engine.sentiment.fusion import FirstChannel, Fusion, Signals
from analytics.engine.sentiment.text_plug import TextPlug
from recommender.contracts import Clip
from tests.analytics.engine.sentiment_planted import PlantedText, planted_recipes, tone
from tests.analytics.engine.sentiment_planted import planted_scorer as build_planted
from tests.analytics.engine.tiny_bert import make_tiny_bert

SCORERS = ("shipped", "planted", "plugged")
RECIPES = ("first", "gated", "attention", "shipped")


@lru_cache
def scorer_named(name: str) -> Scorer:
    if name == "plugged":
        return plugged_scorer()
    return load_scorer() if name == "shipped" else build_planted()


def plugged_scorer() -> Scorer:
    """The shipped one with a text model of somebody else's; its test is skipped without transformers."""
    with tempfile.TemporaryDirectory() as folder:
        place = make_tiny_bert(Path(folder), ["bad", "neutral", "good"])
        from analytics.engine.sentiment.text_transformer import TransformerText

        return load_scorer(text=TransformerText.load(TextPlug(str(place), device="cpu")))


@lru_cache
def recipe_named(name: str) -> Fusion:
    if name == "shipped":
        return load_scorer().fusion  # type: ignore[attr-defined]
    return {"first": FirstChannel(), **planted_recipes()}[name]


@pytest.fixture(params=SCORERS)
def scorer(request: pytest.FixtureRequest) -> Scorer:
    return scorer_named(request.param)


@pytest.fixture(params=RECIPES)
def recipe(request: pytest.FixtureRequest) -> Fusion:
    return recipe_named(request.param)


def photo(scorer: Scorer, seed: int = 0) -> np.ndarray:
    width = getattr(getattr(scorer, "image", None), "dim", 128)
    vector = np.random.default_rng(seed).normal(size=(1, width)).astype(np.float32)
    return vector / np.linalg.norm(vector)


def voice(seconds: float = 1.5) -> Clip:
    return tone(seconds)


HOSTILE = {
    "empty": Spoken(),
    "blank": Spoken(" \n\t "),
    "one emoji": Spoken("👍"),
    "a face": Spoken(":)"),
    "only dots": Spoken("....."),
    "mixed scripts": Spoken("质量 very good 但是 slow доставка"),
    "markup": Spoken("<script>alert('good')</script><b onclick=x>bad</b> & <i"),
    "unclosed tags": Spoken("<" * 3000 + "a" * 3000),
    "control characters": Spoken("bad\x00\x1b[31m thing\ud800"),
    "very long": Spoken("It broke. " * 10_000),
    "one long word": Spoken("a" * 100_000),
    "photo not finite": Spoken("fine", images=np.full((1, 128), np.nan, np.float32)),
    "photo of zeros": Spoken(images=np.zeros((2, 128), np.float32)),
    "no photo rows": Spoken("fine", images=np.zeros((0, 128), np.float32)),
    "photo of another encoder": Spoken("fine", images=np.ones((1, 7), np.float32)),
    "photo cube": Spoken("fine", images=np.ones((1, 2, 3), np.float32)),
    "silence": Spoken("fine", clips=(Clip(np.zeros(16_000, np.float32)),)),
    "no samples": Spoken(clips=(Clip(np.zeros(0, np.float32)),)),
    "broken samples": Spoken(clips=(Clip(np.full(16_000, np.inf, np.float32)),)),
    "another rate": Spoken(clips=(Clip(tone(2.0).samples, 8_000),)),
    "a click": Spoken(clips=(Clip(np.eye(1, 16_000, 8_000, dtype=np.float32)[0]),)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_content_makes_a_scorer_raise(scorer: Scorer, name: str) -> None:
    [found] = scorer.score([HOSTILE[name]])
    assert found.overall is not None or (found.abstained and found.reason)


@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_was_given_is_read_or_said_to_be_missing(scorer: Scorer, name: str) -> None:
    spoken = HOSTILE[name]
    [found] = scorer.score([spoken])
    given = {
        "text": bool(spoken.text.strip()),
        "image": spoken.images is not None and spoken.images.size > 0,
        "speech": bool(spoken.clips),
    }
    for channel, there in given.items():
        assert (channel in found.channels or channel in found.missing) == there


def test_nothing_is_scored_as_nothing_and_not_as_neutral(scorer: Scorer) -> None:
    [found] = scorer.score([Spoken()])
    assert found.overall is None
    assert found.abstained
    assert not found.channels


def test_no_review_gives_no_score(scorer: Scorer) -> None:
    assert scorer.score([]) == []


def test_probabilities_are_such(scorer: Scorer) -> None:
    for found in scorer.score(list(HOSTILE.values())):
        for reading in [*found.channels.values(), *([found.overall] if found.overall else [])]:
            assert sum(reading.probabilities) == pytest.approx(1)
            assert min(reading.probabilities) >= 0
            assert reading.label in LABELS


def test_a_review_reads_the_same_in_any_company(scorer: Scorer) -> None:
    batch = [
        Spoken("I love it"),
        Spoken(),
        Spoken("It broke at once", images=photo(scorer)),
        Spoken("很好", clips=(voice(),)),
    ]
    together = scorer.score(batch)
    for spoken, found in zip(batch, together, strict=True):
        alone = scorer.score([spoken])[0]
        assert _close(alone, found)


def _close(first: Sentiment, second: Sentiment) -> bool:
    if first.overall is None or second.overall is None:
        return first.overall is second.overall
    return np.allclose(first.overall.probabilities, second.overall.probabilities, atol=1e-6)


def test_one_channel_alone_is_the_overall_reading(scorer: Scorer) -> None:
    for spoken in (Spoken("I love it"), Spoken(images=photo(scorer)), Spoken(clips=(voice(),))):
        [found] = scorer.score([spoken])
        assert len(found.channels) == 1
        [reading] = found.channels.values()
        assert found.overall is not None
        assert np.allclose(found.overall.probabilities, reading.probabilities)


def test_a_broken_channel_changes_nothing_but_what_is_missing(scorer: Scorer) -> None:
    [whole] = scorer.score([Spoken("I love it")])
    [broken] = scorer.score([Spoken("I love it", clips=(Clip(np.zeros(16_000, np.float32)),))])
    assert whole.overall == broken.overall
    assert set(broken.missing) == {"speech"}


def test_an_unlikely_label_is_not_committed_to(scorer: Scorer) -> None:
    for found in scorer.score(list(HOSTILE.values())):
        if found.overall is not None:
            assert found.abstained == (found.overall.confidence < scorer.threshold)  # type: ignore[attr-defined]
            assert bool(found.reason) == found.abstained


def test_disagreement_lies_between_nought_and_one(scorer: Scorer) -> None:
    assert all(0 <= found.disagreement <= 1 for found in scorer.score(list(HOSTILE.values())))


def test_words_are_quoted_from_where_they_stand(scorer: Scorer) -> None:
    text = "<p>Lovely</p> colour, but it broke"
    [found] = scorer.score([Spoken(text)])
    assert found.words
    assert all(text[word.start : word.end] == word.text for word in found.words)


def test_moments_lie_within_the_recording(scorer: Scorer) -> None:
    [found] = scorer.score([Spoken(clips=(voice(4.0),))])
    assert found.moments
    assert all(0 <= moment.start < moment.end <= 4.01 and moment.clip == 0 for moment in found.moments)


def test_photos_of_an_unknown_encoder_are_read_by_their_prompts(scorer: Scorer) -> None:
    prompts = np.eye(3, 7, dtype=np.float32)
    [found] = scorer.score([Spoken(images=prompts[2:], prompts=prompts)])
    assert found.channels["image"].label == "positive"


def test_a_scorer_says_who_it_is_and_what_it_fuses(scorer: Scorer) -> None:
    assert 0 < len(scorer.key) <= 80
    assert scorer.fusion_note


# -- fusion -------------------------------------------------------------------------------------------------


def signals(rows: int = 40, seed: int = 0) -> Signals:
    rng = np.random.default_rng(seed)
    mask = rng.random((rows, len(CHANNELS))) < 0.6
    photos = rng.normal(size=(rows, 128)).astype(np.float32)
    return Signals(rng.dirichlet(np.ones(3), (rows, len(CHANNELS))), mask, photos)


def test_fusion_gives_probabilities(recipe: Fusion) -> None:
    rows = recipe.fuse(signals())
    assert rows.shape == (40, 3)
    assert np.allclose(rows.sum(axis=1), 1)
    assert (rows >= 0).all()


def test_what_stands_in_an_absent_channel_is_never_read(recipe: Fusion) -> None:
    given = signals()
    changed = given.probabilities.copy()
    changed[~given.mask] = np.array([0.98, 0.01, 0.01])
    photos = np.where(given.mask[:, 1:2], given.photos, 9.0).astype(np.float32)
    assert np.allclose(recipe.fuse(given), recipe.fuse(Signals(changed, given.mask, photos)))


def test_fusion_leaves_one_channel_alone_as_it_is(recipe: Fusion) -> None:
    given = signals()
    single = given.mask.sum(axis=1) == 1
    own = given.probabilities[given.mask & single[:, None]]
    assert np.allclose(recipe.fuse(given)[single], own)


def test_fusion_does_not_change_what_it_is_given(recipe: Fusion) -> None:
    given = signals()
    before = given.probabilities.copy()
    recipe.fuse(given)
    assert np.array_equal(before, given.probabilities)


def test_fusion_reads_a_review_the_same_in_any_company(recipe: Fusion) -> None:
    given = signals()
    whole = recipe.fuse(given)
    one = recipe.fuse(Signals(given.probabilities[7:8], given.mask[7:8], given.photos[7:8]))
    assert np.allclose(whole[7:8], one)


def test_a_planted_text_model_reads_what_it_was_planted_with() -> None:
    assert PlantedText().read(["good"]).argmax() == 2
