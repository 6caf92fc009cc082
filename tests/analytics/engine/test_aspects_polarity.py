"""The network for things named: what it is given, what it learns, and that numpy does what torch trains."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.engine.sentiment.aspects import SHIPPED, sentence_of
from analytics.engine.sentiment.aspects_grams import BITS, rows_of, scores
from analytics.engine.sentiment.aspects_polarity import (
    FACTS,
    AspectPolarity,
    Named,
    cut,
    packed,
    words_of,
)
from analytics.engine.sentiment.learning.aspects_corpus import Terms
from recommender.errors import RecommenderError

WORDS = ["food", "staff", "great", "awful", "but", "the", "was", ","]
NUMBERS = {word: place + 2 for place, word in enumerate(WORDS)}


@pytest.fixture
def untaught() -> AspectPolarity:
    table = np.random.default_rng(0).integers(-127, 128, (len(WORDS) + 2, 12)).astype(np.int8)
    table[0] = 0
    told = np.frombuffer("\n".join(WORDS).encode(), np.uint8)
    silent = {
        "grams": np.zeros((1 << BITS, 3), np.int8),
        "grams_step": np.ones(3),
        "grams_shift": np.zeros(3),
    }
    return AspectPolarity(
        {"vocabulary": told, "table": table, "members": np.array(0), "temperature": np.array(1.0), **silent}
    )


def planted(number: int, seed: int) -> Terms:
    """ "the A was X but the B was Y": the word that follows a thing says how it is felt about."""
    rng = np.random.default_rng(seed)
    named, labels = [], []
    for _ in range(number):
        things, moods = rng.permutation(["food", "staff"]), rng.integers(0, 2, 2)
        said = [f"{thing} was {('awful', 'great')[mood]}" for thing, mood in zip(things, moods, strict=True)]
        whole = f"the {said[0]} but the {said[1]}"
        at = int(rng.integers(2))
        start = whole.index(things[at])
        name = str(things[at])
        named.append(Named(whole[:start], name, whole[start + len(name) :]))
        labels.append(2 * int(moods[at]))
    return Terms(tuple(named), np.array(labels), np.arange(number))


def test_contractions_come_apart() -> None:
    assert words_of("It isn’t 3.5 stars, we're told") == [
        "it", "is", "n't", "3", ".", "5", "stars", ",", "we", "'re", "told",
    ]  # fmt: skip


def test_words_are_nearer_the_closer_they_stand_and_less_near_across_a_contrast() -> None:
    facts = packed([Named("great food but the ", "staff", " was awful")], NUMBERS).facts[0]
    assert facts[4].tolist() == [1, 1, 0, 1, 0]
    assert facts[0, 1] < facts[3, 1] < 1
    assert facts[0, 3] < facts[3, 3] == 1
    assert facts[0, 2] == 1
    assert facts[5, 2] == -1


def test_a_sentence_without_a_name_counts_as_a_whole() -> None:
    pack = packed([Named("great food", "", ""), Named("the ", "staff", "")], NUMBERS)
    assert pack.facts[0].tolist() == [np.eye(FACTS)[4].tolist()] * 2


def test_it_learns_which_word_is_said_of_which_thing(untaught: AspectPolarity, monkeypatch) -> None:
    pytest.importorskip("torch")
    from analytics.engine.sentiment.learning import aspects as learning
    from analytics.engine.sentiment.learning.aspects_network import Course

    monkeypatch.setattr(learning, "MEMBERS", 1)
    monkeypatch.setattr(learning, "COURSE", Course(epochs=12, rate=1e-2, batch=32))
    model = learning.fitted(untaught, planted(400, 1), {}, 0, lambda line: None)
    test = planted(200, 2)
    assert (model.read(test.named).argmax(1) == test.labels).mean() > 0.95


def test_members_begin_with_what_films_taught(untaught: AspectPolarity, monkeypatch) -> None:
    pytest.importorskip("torch")
    from analytics.engine.sentiment.learning import aspects as learning
    from analytics.engine.sentiment.learning.aspects_network import Course
    from analytics.engine.sentiment.learning.text_corpora import Labelled

    monkeypatch.setattr(learning, "MEMBERS", 1)
    monkeypatch.setattr(learning, "FILMS", Course(epochs=3, rate=1e-2, batch=16))
    monkeypatch.setattr(learning, "COURSE", Course(epochs=1, rate=1e-9, batch=64))
    films = Labelled(("the food was great", "the staff was awful") * 40, np.array([2, 0] * 40))
    start = learning.begun(untaught, films, 0, lambda line: None)
    model = learning.fitted(untaught, planted(20, 1), start, 0, lambda line: None)
    # So slow a course leaves a member where it began.
    kept = model.arrays["member0.gru.weight_hh_l0"]
    np.testing.assert_allclose(kept, start["gru.weight_hh_l0"].numpy(), atol=1e-3)
    assert not any(name.startswith(("head", "films")) for name in start)


def test_it_reads_what_torch_trained(untaught: AspectPolarity) -> None:
    torch = pytest.importorskip("torch")
    from analytics.engine.sentiment.learning.aspects_network import Network, read

    torch.manual_seed(0)
    table = torch.from_numpy(untaught.arrays["table"].astype(np.float32) / 127)
    networks = [Network(lambda rows: table[rows], table.shape[1]) for _member in range(2)]
    for parameter in (one for network in networks for one in network.parameters()):
        parameter.data = parameter.data.half().float()
    named = [
        *planted(20, 3).named,
        Named("", "food", ""),
        Named("great", "", ""),
        Named("?", "?", "unheard of"),
    ]
    read_by = [read(network, network.head, packed(named, untaught.vocabulary)) for network in networks]
    slow = np.mean([one - np.log(np.exp(one).sum(1, keepdims=True)) for one in read_by], 0)
    arrays = {
        f"member{number}.{name}": array
        for number, network in enumerate(networks)
        for name, array in network.arrays().items()
    }
    model = AspectPolarity({**untaught.arrays, **arrays, "members": np.array(2)})
    np.testing.assert_allclose(model.read_by_network(named), slow, atol=1e-4)


def test_a_word_beside_the_name_is_another_feature_than_one_far_off() -> None:
    near, far = (set(rows_of(["great"] * count, ["food"], [])) for count in (1, 20))
    assert near <= far
    shifted = set(rows_of(["great"] + ["the"] * 20, ["food"], []))
    assert len(near - shifted) == 3  # near, in a pair with the name, beside it; in the sentence it still is


def test_the_linear_scores_are_sums_over_the_rows_of_each_sentence() -> None:
    rng = np.random.default_rng(5)
    rows = [rng.choice(1 << BITS, size, replace=False).tolist() for size in (0, 1, 7, 30)]
    table, shift = rng.normal(size=(1 << BITS, 3)), rng.normal(size=3)
    slow = [sum((table[row] for row in one), np.zeros(3)) / max(1, len(one)) ** 0.5 + shift for one in rows]
    np.testing.assert_allclose(scores(rows, table, shift), slow)


def test_the_linear_model_learns_the_word_that_tells(untaught: AspectPolarity) -> None:
    pytest.importorskip("scipy")
    from analytics.engine.sentiment.learning.aspects_grams import fit_grams

    said = ["great", "awful", "so so"] * 30
    named = [Named(f"a {word} ", f"thing{place}", " here") for place, word in enumerate(said)]
    taught = fit_grams([rows_of(*cut(one)) for one in named], np.array([2, 0, 1] * 30))
    model = AspectPolarity({**untaught.arrays, **taught})
    asked = [Named("", "this", " is great"), Named("an awful, awful ", "one", "")]
    linear = scores([rows_of(*cut(one)) for one in asked], model.arrays["grams"] * taught["grams_step"], 0)
    assert linear.argmax(1).tolist() == [2, 0]


def test_the_sentence_around_a_name_ends_at_its_marks() -> None:
    text = "I came by train. The food, 3.5 stars, was great! The staff was not."
    assert sentence_of(text, (21, 25)) == Named(" The ", "food", ", 3.5 stars, was great")


@pytest.mark.parametrize(
    "name",
    ["table", "grams", "member0.gru.weight_ih_l0", "member1.gru.bias_hh_l0_reverse", "member2.head.weight"],
)
def test_a_network_whose_weights_do_not_fit_together_is_named(tmp_path, name: str) -> None:
    arrays = AspectPolarity.load(SHIPPED).arrays
    np.savez(tmp_path / "network.npz", **{**arrays, name: arrays[name][:-1]})
    with pytest.raises(RecommenderError, match="aspect model"):
        AspectPolarity.load(tmp_path)


def test_a_damaged_network_is_named(tmp_path) -> None:
    (tmp_path / "network.npz").write_bytes(b"PK")
    with pytest.raises(RecommenderError, match="aspect model"):
        AspectPolarity.load(tmp_path)
