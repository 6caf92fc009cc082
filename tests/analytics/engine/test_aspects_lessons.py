"""What a teacher said of words: which are asked about, how answers are kept, what is learned from them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from analytics.engine.sentiment.aspects_polarity import AspectPolarity, Named
from analytics.engine.sentiment.learning.aspects_corpus import (
    DOMAINS,
    Held,
    Terms,
    both,
    terms,
    training_texts,
)
from analytics.engine.sentiment.learning.aspects_lessons import (
    FILE,
    TRAINING,
    Lessons,
    answered,
    asked,
    lessons,
    save_lessons,
    whole,
)
from analytics.engine.sentiment.scorer_loading import files_of
from recommender.errors import RecommenderError
from tests.analytics.engine.aspects_planted import written


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """One slow round of everything."""
    pytest.importorskip("torch")
    from analytics.engine.sentiment.learning import aspects
    from analytics.engine.sentiment.learning.aspects_network import Course

    for name in ("COURSE", "FILMS"):
        monkeypatch.setattr(aspects, name, Course(epochs=1, rate=1e-3, batch=64))


def unsure(named: Sequence[Named]) -> Lessons:
    return Lessons(tuple(named), np.full((len(named), 3), 1 / 3))


def answer(data: Path, folder: Path, *sets: Held) -> None:
    """Answers of teachers that never saw one of ``sets``, and do not know."""
    for held in sets:
        save_lessons(folder, held, unsure(asked(data, held)), beside=sets)


def test_no_word_is_asked_of_a_sentence_that_is_held_out(tmp_path: Path) -> None:
    data = written(tmp_path)
    for held in ((0,), (3,), (0, 1)):
        away = {whole(one) for fifth in held for one in both(data, (fifth,))[1].named}
        found = {whole(one) for one in asked(data, held)}
        assert away
        assert not away & found
        assert {text for domain in DOMAINS for text in training_texts(data, domain, held)} <= found
    assert {one.name for one in asked(data, (0,))} == {"food", "staff", "great", "awful"}


def test_answers_are_kept_for_each_set_held_out_and_given_back(tmp_path: Path) -> None:
    data, rng = written(tmp_path / "data"), np.random.default_rng(0)
    kept = {held: rng.dirichlet(np.ones(3), len(asked(data, held))) for held in ((0,), (2,), (0, 2))}
    for held, read in kept.items():
        save_lessons(tmp_path, held, Lessons(asked(data, held), read), beside=[(0,), (2,)])
    assert answered(tmp_path) == {(0,), (2,), (0, 2)}
    for held, read in kept.items():
        told = lessons(data, tmp_path, held)
        assert told.named == asked(data, held)
        np.testing.assert_allclose(told.wanted, read, atol=0.01)
        np.testing.assert_allclose(told.wanted.sum(1), 1, atol=1e-5)


def test_answers_that_are_missing_damaged_or_about_other_sentences_are_refused(tmp_path: Path) -> None:
    data = written(tmp_path / "data")
    named = asked(data, (0,))
    with pytest.raises(RecommenderError, match=r"No answers .* fifths 0 are .* aspects-teacher --base"):
        lessons(data, tmp_path, (0,))
    save_lessons(tmp_path, (0,), unsure(named))
    assert not files_of(tmp_path)
    with pytest.raises(RecommenderError, match="about other sentences"):
        lessons(written(tmp_path / "other", 50), tmp_path, (0,))
    save_lessons(tmp_path, (0,), Lessons(named, unsure(named[:1]).wanted))
    with pytest.raises(RecommenderError, match="about other sentences"):
        lessons(data, tmp_path, (0,))
    np.save(tmp_path / "plain.npy", np.ones(3))
    for content in (b"PK", (tmp_path / "plain.npy").read_bytes()):
        (tmp_path / TRAINING / FILE).write_bytes(content)
        with pytest.raises(RecommenderError, match=r"teacher\.npz cannot be read .* aspects-teacher --base"):
            lessons(data, tmp_path, (0,))


def test_answers_of_an_earlier_teacher_do_not_stay_beside_those_of_a_new_one(tmp_path: Path) -> None:
    data = written(tmp_path / "data")
    for held, beside in (((1,), [(0,)]), ((0,), [])):
        save_lessons(tmp_path, held, unsure(asked(data, held)), beside=beside)
    assert answered(tmp_path) == {(0,)}


def test_stage_aspects_learns_from_the_answers_that_stand_where_it_writes(
    tmp_path: Path, quick: None
) -> None:
    data, output, told = written(tmp_path / "data"), tmp_path / "models", StringIO()
    with pytest.raises(CommandError, match="about other sentences"):
        call_command("train_sentiment", "aspects", data=data, output=output, stdout=told)
    assert not files_of(output / "aspects")
    answer(data, output / "aspects", (0,), (0, 1))
    call_command("train_sentiment", "aspects", data=data, output=output, stdout=told)
    assert {path.name for path in files_of(output / "aspects")} == {
        "card.json",
        "lexicon.json",
        "network.npz",
    }
    AspectPolarity.load(output / "aspects")


def test_a_sentence_that_stands_in_two_fifths_is_learned_from_by_nobody_who_is_judged_by_it(
    tmp_path: Path,
) -> None:
    data = written(tmp_path, repeated={1: 0, 12: 0, 7: 0})
    (train, test), (wider, _) = terms(data, "laptops"), terms(data, "laptops", (0, 1))
    twice = next(whole(one) for one in test.named if whole(one).startswith("0 "))
    assert twice not in {whole(one) for one in (*train.named, *wider.named)}
    assert twice not in training_texts(data, "laptops")
    assert twice in {whole(one) for one in terms(data, "laptops", (3,))[0].named}


class Sure(AspectPolarity):
    """Calls every thing positive with the probability of .95."""

    def __init__(self) -> None:
        pass

    def read(self, named: Sequence[Named]) -> np.ndarray:
        return np.tile([0.025, 0.025, 0.95], (len(named), 1))


def test_the_temperature_is_the_one_with_the_least_log_loss(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from analytics.engine.sentiment.learning import aspects

    _, apart = both(written(tmp_path), (1,))
    assert aspects.temperature(Sure(), apart) == pytest.approx(slow_temperature(Sure(), apart), rel=0.05)


def test_the_temperature_is_found_on_a_fifth_that_neither_model_nor_teacher_saw(
    tmp_path: Path, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from analytics.engine.sentiment.learning import aspects

    data, learned, fitted = written(tmp_path / "data"), [], aspects.fitted
    answer(data, tmp_path, (0,), (0, 1))

    def recorded(words: AspectPolarity, train: Terms, told: Lessons, *rest: Any) -> AspectPolarity:
        model = fitted(words, train, told, *rest)
        learned.append((model, {whole(one) for one in (*train.named, *told.named)}))
        return model

    def temperature(model: AspectPolarity, apart: Terms) -> float:
        (known,) = [said for made, said in learned if made is model]
        assert apart.named == both(data, (1,))[1].named
        assert known
        assert not known & {whole(one) for fifth in (0, 1) for one in both(data, (fifth,))[1].named}
        return 1.7

    monkeypatch.setattr(aspects, "fitted", recorded)
    monkeypatch.setattr(aspects, "temperature", temperature)
    aspects.train_aspects(data, tmp_path, seed=0, say=lambda line: None)
    assert AspectPolarity.load(tmp_path).arrays["temperature"] == 1.7
    assert "temperature" not in json.loads((tmp_path / "card.json").read_text())["figures"]


def test_answers_that_lack_those_for_the_temperature_are_refused_before_anything_is_learned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch")
    from analytics.engine.sentiment.learning import aspects

    data = written(tmp_path / "data")
    answer(data, tmp_path, (0,))
    monkeypatch.setattr(aspects, "begun", lambda *_: pytest.fail("It began to learn."))
    with pytest.raises(RecommenderError, match="never saw the fifths 0 and 1"):
        aspects.train_aspects(data, tmp_path, seed=0, say=lambda line: None)


def slow_temperature(model: Sure, apart: Terms) -> float:
    """Of many, the one with the least log loss."""
    logs, rows = np.log(model.read(apart.named)), np.arange(len(apart.labels))

    def loss(value: float) -> float:
        scaled = np.exp(logs / value)
        return -float(np.log(scaled[rows, apart.labels] / scaled.sum(1)).mean())

    return float(min(np.geomspace(0.2, 12, 2000), key=loss))
