"""The text model's network: it reads as one filter after the other would, and learning learns order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analytics.engine.sentiment.text_network import WIDTHS, Network, Tokens, tokens
from analytics.engine.sentiment.text_network_files import pack, unpack

EACH = 3


@pytest.fixture
def network() -> Network:
    rng = np.random.default_rng(0)
    wide = EACH * sum(WIDTHS)
    return Network(
        rng.integers(-9, 9, (16, 5)).astype(np.int8),
        rng.integers(-9, 9, (8, 5)).astype(np.int8),
        np.array([0.1, 0.05], np.float32),
        rng.normal(size=(5, wide)).astype(np.float32),
        rng.normal(size=EACH * len(WIDTHS)).astype(np.float32),
        rng.normal(size=EACH * len(WIDTHS)).astype(np.float32),
        0.25,
    )


def slowly(network: Network, units: np.ndarray, pairs: np.ndarray) -> float:
    """One filter at one place after the other."""
    vectors = network.units[units] * network.steps[0] + network.pairs[pairs] * network.steps[1]
    vectors = np.vstack([vectors, np.zeros((len(WIDTHS), vectors.shape[1]))])
    total = network.shift
    for filter_ in range(len(network.lean)):
        width, best = WIDTHS[filter_ // EACH], 0.0
        for place in range(len(units)):
            at, answer = 0, network.lean[filter_]
            for offset in range(width):
                answer += vectors[place + offset] @ network.filters[:, at + filter_ - offset * EACH]
                at += len(network.lean) - offset * EACH
            best = max(best, float(answer))
        total += best * network.weights[filter_]
    return float(total)


def test_it_reads_a_batch_as_one_filter_after_the_other_would(network: Network) -> None:
    rng = np.random.default_rng(1)
    sizes = np.array([4, 0, 1, 9, 2])
    batch = Tokens(rng.integers(0, 16, 16), rng.integers(0, 8, 16), sizes)
    ends = np.cumsum(sizes)
    expected = [
        slowly(network, batch.units[end - size : end], batch.pairs[end - size : end])
        for end, size in zip(ends, sizes, strict=True)
    ]
    np.testing.assert_allclose(network.read(batch), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["units", "pairs", "steps", "filters", "lean", "weights"])
def test_weights_that_do_not_fit_together_are_refused(network: Network, name: str) -> None:
    with pytest.raises(ValueError, match="is wanted"):
        replace(network, **{name: getattr(network, name)[:-1]})


def test_it_is_read_back_as_it_was_packed(network: Network) -> None:
    again = unpack(pack({"one": network}))["one"]
    batch = Tokens(np.arange(10), np.arange(10) % 8, np.array([10]))
    assert again.read(batch) == pytest.approx(network.read(batch))


def test_tokens_of_a_text_do_not_depend_on_its_neighbours() -> None:
    for words in (True, False):
        alone, together = tokens(["好 a b"], words, 64, 64), tokens(["x", "好 a b", "y"], words, 64, 64)
        part = slice(int(together.sizes[0]), int(together.sizes[:2].sum()))
        assert together.units[part].tolist() == alone.units.tolist()
        assert together.pairs[part].tolist() == alone.pairs.tolist()


def test_it_learns_an_order_of_words_from_a_planted_world() -> None:
    pytest.importorskip("torch")
    from analytics.engine.sentiment.learning.text_network import Plan, train_network

    rng = np.random.default_rng(0)
    positive = rng.random(1500) < 0.5
    texts = [
        " ".join([*rng.choice(list("klmnop"), 3), *("ab" if right else "ba"), *rng.choice(list("klmnop"), 2)])
        for right in positive
    ]
    plan = Plan(words=True, units=256, pairs=1, dim=16, rounds=8, blanked=0.0)
    network = train_network(plan, texts[:1200], positive[:1200], 0, lambda _: None)
    read = network.read(plan.tokens(texts[1200:]))
    assert ((read > 0) == positive[1200:]).mean() > 0.9


@pytest.mark.parametrize("count", [1, 300, 1000])
def test_however_few_texts_there_are_it_learns_from_them(count: int) -> None:
    pytest.importorskip("torch")
    from analytics.engine.sentiment.learning.text_network import Plan, train_network

    positive = np.arange(count) % 2 == 0
    plan = Plan(words=True, units=64, pairs=1, dim=8, rounds=3, blanked=0.0)
    texts = ["a b" if right else "b c" for right in positive]
    network = train_network(plan, texts, positive, 0, lambda _: None)
    read = network.read(plan.tokens(["a b"]))
    assert np.isfinite(read).all()
    assert read[0] > 0
