"""A large table is scored by several processes, into the same file that one would write."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from analytics.services.scoring import files, forget_scorer
from tests.analytics.engine.tiny_bert import make_tiny_bert
from tests.services.shop import QUICK_ENCODER, photo

pytestmark = pytest.mark.django_db
TEXTS = ("A lovely bag", "The zip broke at once", "一般般", "质量很好，物流太慢", "", "fine")


@pytest.fixture(autouse=True)
def _small(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings.ENCODER = QUICK_ENCODER
    monkeypatch.setattr(files, "FEW", 5)
    monkeypatch.setattr(files, "_HANDED_OVER", 4)
    forget_scorer()
    yield
    forget_scorer()


def scored(folder: Path, processes: int) -> tuple[list[list[str]], str]:
    """The rows that so many processes wrote, and what was said."""
    said, target = StringIO(), folder / f"out{processes}.csv"
    call_command(
        "score_file", str(folder / "in.csv"), str(target),
        processes=processes, stdout=StringIO(), stderr=said,
    )  # fmt: skip
    with target.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:], said.getvalue()


def _number(cell: str) -> float | str:
    try:
        return float(cell)
    except ValueError:
        return cell


def test_two_processes_write_what_one_writes_with_pictures_between(tmp_path: Path) -> None:
    (tmp_path / "bag.jpg").write_bytes(photo("red"))
    rows = [f"{TEXTS[number % len(TEXTS)]}," for number in range(50)]
    rows[20] += "bag.jpg"
    rows[31] += "gone.jpg"
    (tmp_path / "in.csv").write_text("\n".join(["text,image", *rows]) + "\n", encoding="utf-8")
    alone, beside = scored(tmp_path, 1), scored(tmp_path, 2)
    assert len(alone[0]) == 50
    for row, same in zip(beside[0], alone[0], strict=True):
        assert [_number(cell) for cell in row] == [pytest.approx(_number(cell), abs=2e-4) for cell in same]
    assert beside[1] == alone[1]
    assert "Row 33: gone.jpg: There is no such file." in beside[1]


def test_a_text_model_of_somebody_elses_is_loaded_once(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a crew was started")

    (tmp_path / "in.csv").write_text("text\n" + "fine\n" * 20, encoding="utf-8")
    monkeypatch.setattr(files, "Crew", refuse)
    settings.SENTIMENT_TEXT_MODEL, settings.ENCODER_DEVICE = str(make_tiny_bert(tmp_path / "tiny")), "cpu"
    forget_scorer()
    assert files.score_file(tmp_path / "in.csv", tmp_path / "out.csv", processes=2) == 20


def test_nothing_is_left_half_written_when_a_process_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in.csv").write_text("text\n" + "fine\n" * 20, encoding="utf-8")
    monkeypatch.setattr(files, "cells_of", _end)
    with pytest.raises(CommandError, match="has ended"):
        scored(tmp_path, 2)
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def _end(sentiment: Any) -> tuple[str, ...]:
    import multiprocessing
    import os

    from analytics.engine.sentiment.cells import cells_of

    if multiprocessing.parent_process() is not None:
        os._exit(3)
    return cells_of(sentiment)
