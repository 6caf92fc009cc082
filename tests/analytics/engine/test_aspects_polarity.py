"""The network for things named: what it is given, what it learns, and that numpy does what torch trains."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.engine.sentiment.aspects import SHIPPED, sentence_of
from analytics.engine.sentiment.aspects_polarity import (
    FACTS,
    AspectPolarity,
    Named,
    packed,
    words_of,
)
from analytics.engine.sentiment.learning.aspects_lessons import Lessons
from recommender.errors import RecommenderError
from tests.analytics.engine.aspects_planted import planted_terms

WORDS = ["food", "staff", "great", "awful", "but", "the", "was", ","]
NOTHING = Lessons((), np.zeros((0, 3), np.float32))
NUMBERS = {word: place + 2 for place, word in enumerate(WORDS)}


@pytest.fixture
def untaught() -> AspectPolarity:
    table = np.random.default_rng(0).integers(-127, 128, (len(WORDS) + 2, 12)).astype(np.int8)
    table[0] = 0
    told = np.frombuffer("\n".join(WORDS).encode(), np.uint8)
    return AspectPolarity(
        {"vocabulary": told, "table": table, "members": np.array(0), "temperature": np.array(1.0)}
    )


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
    model = learning.fitted(untaught, planted_terms(400, 1), NOTHING, {}, 0, lambda line: None)
    test = planted_terms(200, 2)
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
    model = learning.fitted(untaught, planted_terms(20, 1), NOTHING, start, 0, lambda line: None)
    # So slow a course leaves a member where it began.
    kept = model.arrays["member0.gru.weight_hh_l0"]
    np.testing.assert_allclose(kept, start["gru.weight_hh_l0"].numpy(), atol=1e-3)
    assert not any(name.startswith(("head", "films")) for name in start)


def test_it_learns_what_the_teacher_said_of_words_that_nobody_labelled(
    untaught: AspectPolarity, monkeypatch
) -> None:
    pytest.importorskip("torch")
    from analytics.engine.sentiment.learning import aspects as learning
    from analytics.engine.sentiment.learning.aspects_network import Course

    monkeypatch.setattr(learning, "MEMBERS", 2)
    monkeypatch.setattr(learning, "COURSE", Course(epochs=12, rate=1e-2, batch=32))
    asked, test = planted_terms(400, 1), planted_terms(200, 2)
    told = Lessons(asked.named, np.eye(3, dtype=np.float32)[asked.labels])
    few = planted_terms(4, 3)
    model = learning.fitted(untaught, few, told, {}, 0, lambda line: None)
    read = model.scores(test.named).argmax(1)
    assert (read == test.labels).mean() > 0.95
    assert not np.array_equal(model.arrays["table"], untaught.arrays["table"])
    assert not model.arrays["table"][0].any()


def test_it_reads_what_torch_trained(untaught: AspectPolarity) -> None:
    torch = pytest.importorskip("torch")
    from analytics.engine.sentiment.learning.aspects_network import Network, read

    torch.manual_seed(0)
    table = torch.from_numpy(untaught.arrays["table"].astype(np.float32) / 127)
    networks = [Network(lambda rows: table[rows], table.shape[1]) for _member in range(2)]
    for parameter in (one for network in networks for one in network.parameters()):
        parameter.data = parameter.data.half().float()
    named = [
        *planted_terms(20, 3).named,
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
    np.testing.assert_allclose(model.scores(named), slow, atol=1e-4)


def test_the_sentence_around_a_name_ends_at_its_marks() -> None:
    text = "I came by train. The food, 3.5 stars, was great! The staff was not."
    assert sentence_of(text, (21, 25)) == Named(" The ", "food", ", 3.5 stars, was great")


@pytest.mark.parametrize(
    "name",
    ["table", "member0.gru.weight_ih_l0", "member1.gru.bias_hh_l0_reverse", "member2.head.weight"],
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
