"""The deeper network: it reads what torch learned, packed or not, and learning listens to a teacher."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.engine.sentiment.learning import text_network
from analytics.engine.sentiment.learning.text_network import CHINESE_PLAN, common
from analytics.engine.sentiment.learning.text_teacher import lessons, pieces, save_readings
from analytics.engine.sentiment.text_features import tidy
from analytics.engine.sentiment.text_network import Tokens
from analytics.engine.sentiment.text_network_deep import DeepNetwork
from analytics.engine.sentiment.text_network_files import pack, unpack

SIZES = np.array([0, 4, 0, 0, 1, 13, 2, 7, 300, 0])


@pytest.fixture
def batch() -> Tokens:
    rng = np.random.default_rng(1)
    return Tokens(rng.integers(0, 16, SIZES.sum()), rng.integers(0, 8, SIZES.sum()), SIZES)


@pytest.fixture
def network() -> DeepNetwork:
    rng = np.random.default_rng(0)
    return DeepNetwork(
        rng.integers(-9, 9, (16, 5)).astype(np.int8),
        rng.integers(-9, 9, (8, 5)).astype(np.int8),
        np.array([0.1, 0.05], np.float32),
        rng.normal(size=(18, 5)).astype(np.float32),
        rng.normal(size=(3, 2, 18, 6)).astype(np.float32),
        rng.normal(size=(7, 6)).astype(np.float32),
        rng.normal(size=36).astype(np.float32),
        0.25,
    )


def test_it_reads_a_batch_as_torch_reads_it_padded(batch: Tokens) -> None:
    torch = pytest.importorskip("torch")
    from analytics.engine.sentiment.learning.text_network_deep import DeepNet

    torch.manual_seed(0)
    net = DeepNet(16, 8, 5, 6, 0.2).eval()
    frozen = net.frozen(Tokens(np.arange(16), np.arange(8), np.array([16])))
    # Torch gets the vectors as they are kept, in eight bits.
    net.units.weight.data = torch.from_numpy(frozen.units * frozen.steps[0])
    net.pairs.weight.data[:-1] = torch.from_numpy(frozen.pairs * frozen.steps[1])
    mask = np.arange(SIZES.max()) < SIZES[:, None]
    padded = {name: np.zeros(mask.shape, np.int64) for name in ("units", "pairs")}
    for name, places in padded.items():
        places[mask] = getattr(batch, name)
    with torch.no_grad():
        expected = net(*map(torch.from_numpy, (*padded.values(), mask.astype(np.float32)))).numpy()
    np.testing.assert_allclose(frozen.read(batch), expected, rtol=1e-4, atol=1e-5)


def test_a_text_is_read_as_it_is_read_alone(network: DeepNetwork, batch: Tokens) -> None:
    ends = np.cumsum(SIZES)
    alone = [
        network.read(Tokens(batch.units[end - size : end], batch.pairs[end - size : end], np.array([size])))[
            0
        ]
        for end, size in zip(ends, SIZES, strict=True)
    ]
    np.testing.assert_allclose(network.read(batch), alone, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["units", "pairs", "steps", "first", "others", "lean", "weights"])
def test_weights_that_do_not_fit_together_are_refused(network: DeepNetwork, name: str) -> None:
    with pytest.raises(ValueError, match="is wanted"):
        replace(network, **{name: getattr(network, name)[:-1]})


def test_it_is_read_back_as_it_was_packed(network: DeepNetwork, batch: Tokens) -> None:
    np.testing.assert_array_equal(unpack(pack({"one": network}))["one"].read(batch), network.read(batch))


@pytest.mark.parametrize(("taught", "enough"), [(False, 5), (True, 10)])
def test_a_pair_has_a_row_of_its_own_once_it_is_met_often_enough(taught: bool, enough: int) -> None:
    plan = replace(CHINESE_PLAN, taught=taught)
    seldom, often = (set(common(plan, plan.tokens(["好坏"] * times)).pairs) for times in (enough - 1, enough))
    assert seldom == {plan.pairs}
    assert plan.pairs not in often


@pytest.mark.parametrize(("taught", "share"), [(False, CHINESE_PLAN.blanked), (True, 0)])
def test_characters_are_left_out_at_random_only_where_no_teacher_is_heard(taught: bool, share: float) -> None:
    pytest.importorskip("torch")
    assert text_network._built(replace(CHINESE_PLAN, taught=taught, units=8, pairs=8)).blanked == share


def test_it_learns_an_order_of_words_from_a_planted_world() -> None:
    pytest.importorskip("torch")
    from analytics.engine.sentiment.learning.text_network import Plan, train_network

    rng = np.random.default_rng(0)
    positive = rng.random(1500) < 0.5
    texts = [
        "".join([*rng.choice(list("klmnop"), 3), *("ab" if right else "ba"), *rng.choice(list("klmnop"), 2)])
        for right in positive
    ]
    plan = Plan(words=False, units=256, pairs=1, dim=16, rounds=8, blanked=0.0, deep=16)
    network = train_network(plan, texts[:1200], positive[:1200], 0, lambda _: None)
    read = network.read(plan.tokens(texts[1200:]))
    assert ((read > 0) == positive[1200:]).mean() > 0.9


def test_a_teacher_counts_beside_the_label_of_the_texts_it_read(tmp_path: Path) -> None:
    save_readings(["差", "好"], np.array([4.0, 4.0]), tmp_path, 0)
    _, wanted = lessons(["差", "好", "新"], np.array([False, True, True]), tmp_path, 0)
    contradicted, confirmed, unread = wanted
    assert 0.5 < contradicted < confirmed
    assert confirmed > 0.9
    assert unread == lessons(["新"], np.array([True]), tmp_path / "none", 0)[1][0]


def test_a_teacher_of_another_seed_does_not_count_since_it_knows_what_is_held_out(tmp_path: Path) -> None:
    save_readings(["差", "好"], np.array([4.0, 4.0]), tmp_path, 1)
    _, wanted = lessons(["差", "好"], np.array([False, True]), tmp_path, 0)
    assert np.array_equal(wanted, lessons(["差", "好"], np.array([False, True]), tmp_path / "none", 0)[1])


def test_pieces_of_a_text_teach_what_the_teacher_said_of_them(tmp_path: Path) -> None:
    text = "屏幕很清楚，电池却不行。客服倒是有耐心！"
    read, unread = pieces(text)[0], pieces(text)[1]
    save_readings([read], np.array([-4.0]), tmp_path, 0)
    texts, wanted = lessons([text], np.array([True]), tmp_path, 0)
    assert texts == [text, read] != [text, unread]
    assert wanted[1] < 0.05 < 0.95 < wanted[0]


def test_of_a_long_text_long_pieces_are_drawn_too() -> None:
    clauses = [f"第{number}句说了这样那样的事" for number in range(60)]
    short, long = (max(map(len, pieces("，".join(clauses[:count])))) for count in (10, 60))
    assert short <= 80 < long < 240


@given(st.text(alphabet="好坏很a b，。! \n", max_size=60) | st.text(alphabet="好坏a，。 ", min_size=150))
def test_pieces_stand_in_their_text_and_are_the_same_every_time(text: str) -> None:
    found = pieces(text)
    assert found == pieces(text)
    assert all(piece in tidy(text) and piece != tidy(text) for piece in found)


def test_readings_are_read_back_as_they_were_kept(tmp_path: Path) -> None:
    texts = [f"第{number}件" for number in range(300)]
    odds = np.random.default_rng(0).normal(0, 3, 300)
    save_readings(texts, odds, tmp_path, 0)
    _, wanted = lessons(texts, np.ones(300, bool), tmp_path, 0)
    said = (wanted - 0.2 * 0.97) / 0.8
    np.testing.assert_allclose(np.log(said / (1 - said)), np.clip(odds, -7.9, 7.9), atol=0.04)
