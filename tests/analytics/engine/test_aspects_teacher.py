"""The teacher of things named: it learns which word is said of which thing, and its answers are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

pytest.importorskip("transformers", reason="transformers, an optional package, is not installed")

from analytics.engine.sentiment.aspects_polarity import Named
from analytics.engine.sentiment.learning import aspects_teacher
from analytics.engine.sentiment.learning.aspects_corpus import Terms, both
from analytics.engine.sentiment.learning.aspects_lessons import (
    answered,
    lessons,
    whole,
)
from analytics.engine.sentiment.learning.aspects_rated import rated
from analytics.engine.sentiment.learning.aspects_teacher import (
    UNSEEN,
    Course,
    TermTeacher,
    train_aspects_teacher,
)
from analytics.engine.sentiment.learning.text_teacher_packed import open_packed
from recommender.errors import RecommenderError
from tests.analytics.engine.aspects_planted import planted_terms, rated_archive, written
from tests.analytics.engine.packed_encoder import packed, tensors, vocabulary

TOLD = vocabulary(
    list("abcdefghijklmnopqrstuvwxyz0123456789:"),
    ["▁the", "▁food", "▁staff", "▁was", "▁but", "▁great", "▁awful"],
)
COURSE = Course(rounds=15, batch=16, rate=3e-3)


def numbered(said: Terms) -> Terms:
    """Sentences of which none is like another: each begins with a number of its own."""
    rng = np.random.default_rng(len(said.named))
    named = [Named(f"{rng.integers(1e6)} {one.left}", one.name, one.right) for one in said.named]
    return Terms(tuple(named), said.labels)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    given = tensors(np.random.default_rng(0), len(TOLD))
    return packed(tmp_path_factory.mktemp("base") / "small.bin", given, TOLD)


@pytest.fixture
def unfrozen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The small encoder has but two layers, and knows nothing."""
    monkeypatch.setattr(aspects_teacher, "_FROZEN", 0)


def test_it_learns_which_word_is_said_of_which_thing(base: Path, unfrozen: None) -> None:
    train, test = (numbered(planted_terms(count, seed)) for count, seed in ((300, 1), (100, 2)))
    teacher = TermTeacher(open_packed(base), [*train.named, *test.named])
    teacher.tune(train.named, train.labels, COURSE, 0, lambda line: None)
    assert (teacher.read(test.named).argmax(1) == test.labels).mean() > 0.95


def test_a_thing_is_read_alike_beside_other_words_of_its_sentence(base: Path) -> None:
    text = "the food was great but the staff was awful"
    places = [(4, 8), (13, 18), (27, 32), (37, 42)]
    named = [Named(text[:start], text[start:stop], text[stop:]) for start, stop in places]
    named += [Named("the ", "food", " was great"), Named("the food was awful", "", "")]
    teacher = TermTeacher(open_packed(base), named)
    teacher.head.weight.data.normal_(std=0.05)
    alone = np.concatenate([teacher.read([one]) for one in named])
    np.testing.assert_allclose(teacher.read(named), alone, atol=1e-5)
    assert not np.allclose(alone[0], alone[2], atol=1e-3)


def test_a_name_behind_the_longest_that_is_read_is_read_all_the_same(base: Path) -> None:
    named = [Named("the food " * 150, "staff", " was great")]
    read = TermTeacher(open_packed(base), named).read(named)
    np.testing.assert_allclose(read, 1 / 3, atol=1e-6)


def test_it_is_as_it_was_when_its_state_is_given_back(base: Path, unfrozen: None) -> None:
    train = planted_terms(40, 1)
    teacher = TermTeacher(open_packed(base), train.named)
    teacher.head.weight.data.normal_(std=0.05)
    before, state = teacher.read(train.named), teacher.state()
    teacher.tune(train.named, train.labels, replace(COURSE, rounds=1), 0, lambda line: None)
    assert not np.allclose(teacher.read(train.named), before, atol=1e-3)
    teacher.begin(state)
    np.testing.assert_allclose(teacher.read(train.named), before, atol=1e-6)


def test_the_command_writes_where_stage_aspects_looks(
    base: Path, tmp_path: Path, unfrozen: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aspects_teacher, "COURSE", replace(COURSE, rounds=2))
    monkeypatch.setattr(aspects_teacher, "UNSEEN", ((0,), (0, 1)))
    data, told, output = written(tmp_path / "data"), StringIO(), tmp_path / "models"
    call_command("train_sentiment", "aspects-teacher", base=base, data=data, output=output, stdout=told)
    assert answered(output / "aspects") == {(0,), (0, 1)}
    assert "aspects-teacher: laptops, without 0 and 1" in told.getvalue()


def test_rated_sentences_are_read_beside_the_films_and_asked_about(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[dict[str, np.ndarray]] = []

    def tune(self: TermTeacher, named: Sequence[Named], labels: np.ndarray, *_: object) -> None:
        seen.append({whole(one): label for one, label in zip(named, labels, strict=True)})

    monkeypatch.setattr(TermTeacher, "tune", tune)
    monkeypatch.setattr(aspects_teacher, "UNSEEN", ((0,),))
    data, output = written(tmp_path / "data"), tmp_path / "models"
    archive = rated_archive(tmp_path / "sources.tar.gz", {"1_1": ("the lens is great", [3, 0, 1, 2])})
    call_command(
        "train_sentiment",
        "aspects-teacher",
        base=base,
        rated=archive,
        data=data,
        output=output,
        stdout=StringIO(),
    )
    begin, labelled = seen
    np.testing.assert_allclose(begin["the lens is great"], [0, 0.25, 0.75])
    assert any("food" in text for text in begin)
    assert "the lens is great" not in labelled
    told = lessons(data, output / "aspects", (0,), rated(archive))
    assert {"lens", "great"} <= {one.name for one in told.named if whole(one) == "the lens is great"}


def test_no_teacher_is_tuned_on_what_is_held_out_for_it(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[set[str]] = []

    def tune(self: TermTeacher, named: Sequence[Named], *_: object) -> None:
        seen.append({whole(one) for one in named})

    monkeypatch.setattr(TermTeacher, "tune", tune)
    data = written(tmp_path / "data")
    train_aspects_teacher(data, tmp_path / "out", base=base, seed=0, say=lambda line: None)
    films, *folds = seen
    assert len(folds) == len(UNSEEN)
    for held, trained in zip(UNSEEN, folds, strict=True):
        away = {whole(one) for fifth in held for one in both(data, (fifth,))[1].named}
        assert trained
        assert not away & (trained | films)


def test_without_an_encoder_nothing_is_tuned(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Give its file: --base"):
        call_command("train_sentiment", "aspects-teacher")
    with pytest.raises(CommandError, match="There is no file"):
        call_command("train_sentiment", base=tmp_path / "x", output=tmp_path)
    with pytest.raises(RecommenderError, match="is no packed encoder"):
        train_aspects_teacher(tmp_path, tmp_path, base=tmp_path / "x", seed=0, say=lambda line: None)
