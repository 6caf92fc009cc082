"""The teacher of the Chinese network: a packed encoder is opened, learns, and its readings are kept."""

from __future__ import annotations

import csv
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

pytest.importorskip("transformers", reason="transformers, an optional package, is not installed")

from analytics.engine.sentiment.learning import text_teacher, text_teacher_tuned
from analytics.engine.sentiment.learning.text_teacher_packed import open_packed
from analytics.engine.sentiment.learning.text_teacher_tuned import Course, Teacher, train_teacher
from recommender.errors import RecommenderError
from tests.analytics.engine.packed_encoder import CHINESE, packed, tensors, vocabulary

TOLD = vocabulary(CHINESE, ["很好"])
WORDS = list(TOLD)
COURSE = Course(rounds=6, batch=16, rate=3e-3)


@pytest.fixture(scope="module")
def given() -> dict[str, np.ndarray]:
    return tensors(np.random.default_rng(0), len(TOLD))


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, given: dict[str, np.ndarray]) -> Path:
    return packed(tmp_path_factory.mktemp("base") / "small.bin", given, TOLD)


def planted(count: int, seed: int) -> tuple[list[str], np.ndarray]:
    """Texts that praise or blame, and those that deny it: "不" before a word turns it."""
    rng = np.random.default_rng(seed)
    good, denied = rng.random(count) < 0.5, rng.random(count) < 0.3
    filled = ["".join(rng.choice(list("的了是在有我他这"), 3)) for _ in range(2 * count)]
    said = [("不" if no else "") + ("好" if yes else "差") for yes, no in zip(good, denied, strict=True)]
    texts = [f"{a}。{word}，{b}" for a, word, b in zip(filled[:count], said, filled[count:], strict=True)]
    return texts, good ^ denied


def test_matrices_of_four_bits_are_opened_as_they_were_packed(
    base: Path, given: dict[str, np.ndarray]
) -> None:
    state = {name: value.numpy() for name, value in open_packed(base).model.state_dict().items()}
    assert np.array_equal(state["embeddings.word_embeddings.weight"], given["emb.word"])
    assert np.array_equal(state["encoder.layer.1.intermediate.dense.weight"], given["l1.fi.w"])
    assert np.array_equal(state["embeddings.position_embeddings.weight"], given["emb.pos"])


def test_a_text_is_told_in_the_likeliest_pieces_between_two_signs(base: Path) -> None:
    (numbers,) = open_packed(base).tokenize(["这很好！  龙"])
    assert [WORDS[number] for number in numbers] == ["<s>", "▁", "这", "很好", "。", "▁", "<unk>", "</s>"]


def test_a_file_that_is_no_encoder_is_refused_by_name(tmp_path: Path) -> None:
    other = tmp_path / "other.bin"
    other.write_bytes(b"something else")
    with pytest.raises(RecommenderError, match="is no packed encoder"):
        open_packed(other)


@pytest.mark.parametrize("share", [0.001, 0.01, 0.1, 0.9])
def test_a_file_that_is_cut_off_is_refused_by_name(base: Path, tmp_path: Path, share: float) -> None:
    cut = tmp_path / "cut.bin"
    content = base.read_bytes()
    cut.write_bytes(content[: max(5, int(share * len(content)))])
    with pytest.raises(RecommenderError, match=r"cut\.bin cannot be read: it is cut off"):
        open_packed(cut)


def test_an_encoder_that_does_not_know_the_signs_is_refused_before_it_learns(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_teacher_tuned, "tidy", lambda text: "龙 凤 " * 5)
    data = written(tmp_path / "data")
    with pytest.raises(RecommenderError, match="does not know the signs"):
        train_teacher(data, tmp_path / "text", base=base, seed=0, say=lambda _: None)


def test_what_was_not_seen_is_told_from_what_was(base: Path) -> None:
    texts, positive = planted(64, 4)
    half = replace(COURSE, rounds=0.5)
    seen = Teacher(open_packed(base), texts).tune(texts, positive, half, 0, lambda _: None)
    assert np.isnan(seen).sum() == len(texts) / 2


def test_it_learns_praise_blame_and_what_denies_it(base: Path) -> None:
    texts, positive = planted(900, 1)
    teacher = Teacher(open_packed(base), texts)
    seen = teacher.tune(texts[:600], positive[:600], COURSE, 0, lambda _: None)
    assert ((seen > 0) == positive[:600]).mean() > 0.9
    assert ((teacher.read(texts[600:]) > 0) == positive[600:]).mean() > 0.95


def test_a_text_is_read_as_it_is_read_alone(base: Path) -> None:
    texts, _ = planted(3, 2)
    texts.append("的" * 150)
    teacher = Teacher(open_packed(base), texts)
    teacher.head.weight.data.normal_()
    alone = [teacher.read([text])[0] for text in texts]
    assert teacher.read(texts) == pytest.approx(alone, abs=0.2)


def test_what_is_too_long_is_read_from_its_beginning(base: Path) -> None:
    texts = ["好" + "的" * 180, "好" + "的" * 170]
    teacher = Teacher(open_packed(base), texts)
    teacher.head.weight.data.normal_()
    first, second = teacher.read(texts)
    assert first == pytest.approx(second)


def test_every_text_and_its_pieces_are_kept_with_what_was_said(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_teacher_tuned, "COURSE", COURSE)
    data = written(tmp_path / "data")
    right = train_teacher(data, tmp_path / "text", base=base, seed=0, say=lambda _: None)
    assert np.mean(list(right.values())) > 0.9
    texts, positive = planted(400, 3)
    wanted = text_teacher.lessons(texts, positive, tmp_path / "text", 0)[1]
    told = (wanted[: len(texts)] > 0.5) == positive
    assert told.mean() > 0.95
    assert len(wanted) > len(texts)


def test_the_command_writes_where_stage_text_looks(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_teacher_tuned, "COURSE", replace(COURSE, rounds=1))
    data, told = written(tmp_path / "data"), StringIO()
    output = tmp_path / "models"
    call_command("train_sentiment", "teacher", base=base, data=data, output=output, stdout=told)
    assert text_teacher.has_readings(output / "text")
    assert "teacher: waimai_10k" in told.getvalue()


def test_an_output_that_cannot_be_written_is_refused_before_anything_is_learned(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file")
    with pytest.raises(CommandError, match=r"models/text cannot be written to .* --output"):
        call_command("train_sentiment", "teacher", base=Path(__file__), output=tmp_path / "models")


def written(data: Path) -> Path:
    """The three Chinese sets, planted."""
    (data / "sentiment").mkdir(parents=True)
    for seed, name in enumerate(("ChnSentiCorp_htl_all", "waimai_10k", "online_shopping_10_cats"), 3):
        with (data / "sentiment" / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            rows: Any = csv.writer(file)
            rows.writerow(["label", "review"])
            rows.writerows((int(good), text) for text, good in zip(*planted(400, seed), strict=True))
    return data


def test_without_an_encoder_the_command_says_what_to_give() -> None:
    with pytest.raises(CommandError, match="Give its file: --base"):
        call_command("train_sentiment", "teacher")
