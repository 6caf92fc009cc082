"""Fusion learns whom to believe, masks what is absent, and stays silent where it was not measured to help."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analytics.engine.sentiment.attention import attend, normalised, others
from analytics.engine.sentiment.calibration import (
    Temperature,
    expected_calibration_error,
    fit_temperature,
    macro_f1,
    softmax,
)
from analytics.engine.sentiment.fusion import FirstChannel, Fusion, Signals
from analytics.engine.sentiment.fusion_loading import EarnedFusion, load_fusion, note_of
from analytics.engine.sentiment.learning.fusion import save_fusion
from analytics.engine.sentiment.learning.fusion_recipes import FITS
from analytics.engine.sentiment.scorer_loading import place_of
from recommender.errors import RecommenderError
from tests.analytics.engine.sentiment_planted import planted_recipes


def planted(rows: int, seed: int) -> tuple[Signals, np.ndarray]:
    """Words and photos that each know the label a little, independently."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, rows)
    logits = rng.normal(size=(rows, 3, 3))
    for channel, strength in enumerate((1.2, 1.2)):
        logits[np.arange(rows), channel, labels] += strength
    mask = np.tile(np.array([True, True, False]), (rows, 1))
    return Signals(softmax(logits), mask, rng.normal(size=(rows, 8)).astype(np.float32)), labels


@pytest.mark.parametrize("name", FITS)
def test_a_recipe_learns_to_be_better_than_its_best_channel(name: str) -> None:
    train, labels = planted(1200, 1)
    test, truth = planted(1200, 2)
    fused = macro_f1(FITS[name](train, labels, seed=0, epochs=30).fuse(test).argmax(1), truth)
    alone = max(macro_f1(test.probabilities[:, channel].argmax(1), truth) for channel in (0, 1))
    assert fused > alone + 0.03


@pytest.mark.parametrize("name", FITS)
def test_a_recipe_learns_to_distrust_a_channel_that_knows_nothing(name: str) -> None:
    train, labels = planted(1200, 3)
    rng = np.random.default_rng(4)
    train.probabilities[:, 1] = rng.dirichlet(np.ones(3) * 0.3, len(train))
    test, truth = planted(1200, 5)
    test.probabilities[:, 1] = rng.dirichlet(np.ones(3) * 0.3, len(test))
    fused = macro_f1(FITS[name](train, labels, seed=0, epochs=60).fuse(test).argmax(1), truth)
    believing = test.probabilities[:, :2].prod(axis=1)
    assert fused > macro_f1(believing.argmax(1), truth) + 0.05


def test_attention_equals_loops_over_queries_and_heads() -> None:
    rng = np.random.default_rng(0)
    query, key, value = rng.normal(size=(3, 3, 8)), rng.normal(size=(3, 4, 8)), rng.normal(size=(3, 4, 8))
    allowed = rng.random((3, 3, 4)) < 0.5
    fast = attend(query, key, value, allowed)
    for n in range(3):
        for q in range(3):
            seen = np.flatnonzero(allowed[n, q])
            for head in range(4):
                part = np.s_[2 * head : 2 * head + 2]
                if not len(seen):
                    assert not fast[n, q, part].any()
                    continue
                scores = [query[n, q, part] @ key[n, k, part] / np.sqrt(2) for k in seen]
                weights = np.exp(scores) / np.exp(scores).sum()
                slow = sum(w * value[n, k, part] for w, k in zip(weights, seen, strict=True))
                assert np.allclose(fast[n, q, part], slow)


def test_a_channel_asks_only_other_channels_that_are_there() -> None:
    allowed = others(np.array([[True, True, False, True]]))[0]
    assert allowed.tolist() == [
        [False, True, False, True], [True, False, False, False], [True, True, False, True],
    ]  # fmt: skip


def test_normalised_rows_have_no_mean_and_unit_spread() -> None:
    rows = normalised(np.random.default_rng(0).normal(3, 5, (4, 64)))
    assert np.allclose(rows.mean(1), 0)
    assert np.allclose(rows.std(1), 1, atol=1e-3)


def test_a_channel_that_was_not_measured_to_help_does_not_join_the_words() -> None:
    given, _ = planted(20, 1)
    deaf = EarnedFusion(planted_recipes()["gated"], np.array([True, False, False]), Temperature())
    assert np.allclose(deaf.fuse(given), given.probabilities[:, 0])


def test_a_channel_that_does_not_join_still_speaks_where_it_is_alone() -> None:
    given, _ = planted(20, 1)
    mask = np.tile(np.array([False, True, False]), (20, 1))
    deaf = EarnedFusion(planted_recipes()["gated"], np.array([True, False, False]), Temperature())
    alone = deaf.fuse(Signals(given.probabilities, mask, given.photos))
    assert np.allclose(alone, given.probabilities[:, 1])


@pytest.mark.parametrize("name", ["gated", "attention"])
def test_a_saved_recipe_fuses_as_before(name: str, tmp_path: Path) -> None:
    recipe: Fusion = planted_recipes()[name]
    given, labels = planted(50, 6)
    given = Signals(given.probabilities, given.mask, np.zeros((50, 128), np.float32))
    evidence = {"image": {"text": 0.5, "fused": 0.55, "rows": 50, "what": "posts"}}
    save_fusion(tmp_path, recipe, given, labels, {"heard": ["image"], "evidence": evidence})
    loaded = load_fusion(tmp_path)
    before = fit_temperature(recipe.fuse(given), labels).apply(recipe.fuse(given))
    assert np.allclose(loaded.fuse(given), before, atol=1e-5)
    assert "0.550" in loaded.note


def test_fusion_that_is_switched_off_says_so(tmp_path: Path) -> None:
    evidence = {"image": {"text": 0.5, "fused": 0.501, "rows": 50, "what": "held-out posts"}}
    save_fusion(tmp_path, FirstChannel(), None, np.zeros(0), {"heard": [], "evidence": evidence})
    loaded = load_fusion(tmp_path)
    assert loaded.name == "first"
    assert "does not join" in loaded.note


def test_the_note_names_a_channel_that_was_never_measured() -> None:
    assert "voice was never measured" in note_of({"heard": [], "evidence": {}})


def test_damaged_weights_are_named_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "card.json").write_text("{", encoding="utf-8")
    with pytest.raises(RecommenderError, match="train_sentiment"):
        load_fusion(tmp_path)


def test_the_shipped_fusion_is_heard_only_where_it_gained_two_points() -> None:
    place = place_of("fusion", None)
    assert place is not None
    import json

    facts = json.loads((place / "card.json").read_text(encoding="utf-8"))
    for channel in facts["heard"]:
        assert facts["evidence"][channel]["fused"] >= facts["evidence"][channel]["text"] + 0.02


def test_a_temperature_calms_what_is_too_sure() -> None:
    rng = np.random.default_rng(0)
    truth = rng.dirichlet(np.ones(3), 4000)
    labels = np.array([rng.choice(3, p=row) for row in truth])
    loud = softmax(np.log(truth) * 3)
    calmed = fit_temperature(loud, labels).apply(loud)
    assert expected_calibration_error(loud, labels) > 0.1
    assert expected_calibration_error(calmed, labels) < 0.03


def test_calibration_error_equals_a_loop_over_bins() -> None:
    rng = np.random.default_rng(1)
    rows, labels = rng.dirichlet(np.ones(3), 500), rng.integers(0, 3, 500)
    slow = 0.0
    for low in range(15):
        inside = [n for n in range(500) if low / 15 <= rows[n].max() < (low + 1) / 15 + (low == 14)]
        if inside:
            sure = np.mean([rows[n].max() for n in inside])
            right = np.mean([rows[n].argmax() == labels[n] for n in inside])
            slow += len(inside) / 500 * abs(sure - right)
    assert expected_calibration_error(rows, labels) == pytest.approx(slow)


def test_macro_f1_counts_every_class_the_same() -> None:
    labels = np.array([0, 0, 0, 0, 1, 2])
    assert macro_f1(np.zeros(6, int), labels) == pytest.approx((2 * 4 / 10) / 3)
