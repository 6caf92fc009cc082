"""``manage.py evaluate_recommender``: figures as JSON or a table, and clear words about bad files."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from tests.engine.evaluation.test_graph import looks, planted


def save(path: Path, matrix: Any) -> Path:
    user, item = matrix.nonzero()
    np.savez(path, user=user, item=item, shape=np.array(matrix.shape))
    return path


@pytest.fixture
def split(tmp_path: Path) -> list[str]:
    train, test = planted()
    return [str(save(tmp_path / "train.npz", train)), str(save(tmp_path / "test.npz", test))]


@pytest.fixture
def features(tmp_path: Path) -> str:
    np.save(tmp_path / "looks.npy", looks())
    return f"image={tmp_path / 'looks.npy'}"


def said(*arguments: str) -> str:
    out = StringIO()
    call_command("evaluate_recommender", *arguments, stdout=out)
    return out.getvalue()


def test_it_prints_one_json_object(split: list[str]) -> None:
    found = json.loads(said(*split, "--json"))
    assert set(found) == {"recall@10", "recall@20", "ndcg@10", "ndcg@20", "fit_seconds"}
    assert found["recall@20"] > 0.9


def test_features_are_mixed_in(split: list[str], features: str) -> None:
    alone, both = (
        json.loads(said(*split, "--json")),
        json.loads(said(*split, "--features", features, "--json")),
    )
    assert both["ndcg@10"] != alone["ndcg@10"]
    assert both["recall@20"] > 0.9


def test_without_json_it_prints_a_table(split: list[str]) -> None:
    lines = said(*split).splitlines()
    assert lines[0].split() == ["at", "10", "at", "20"]
    assert [line.split()[0] for line in lines[1:]] == ["recall", "ndcg", "fitted"]


def test_a_missing_file_is_named(split: list[str]) -> None:
    with pytest.raises(CommandError, match=r"nowhere\.npz"):
        said(split[0], "nowhere.npz")


def test_splits_of_different_shapes_are_refused(split: list[str], tmp_path: Path) -> None:
    other = save(tmp_path / "other.npz", planted()[1][:50])
    with pytest.raises(CommandError, match=r"other\.npz has the shape.*same people and items"):
        said(split[0], str(other))


def test_features_with_too_few_rows_are_refused(split: list[str], tmp_path: Path) -> None:
    np.save(tmp_path / "few.npy", looks()[:9])
    with pytest.raises(CommandError, match=r"few\.npy has 9 rows for 80 items"):
        said(*split, "--features", f"text={tmp_path / 'few.npy'}")


@pytest.mark.parametrize("wrong", ["looks.npy", "=looks.npy", "image=", "crowd=looks.npy", "a b=looks.npy"])
def test_features_without_a_name_are_refused(split: list[str], wrong: str) -> None:
    with pytest.raises(CommandError, match=r"NAME=FILE\.npy"):
        said(*split, "--features", wrong)
