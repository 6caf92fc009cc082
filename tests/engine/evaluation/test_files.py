"""Files of interactions and features: good ones are read, bad ones named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recommender.engine.evaluation import read_features, read_interactions
from recommender.errors import FormatError


def save(path: Path, **arrays: Any) -> Path:
    np.savez(path, **{name: np.array(values) for name, values in arrays.items()})
    return path


def test_interactions_become_a_matrix_of_ones(tmp_path: Path) -> None:
    matrix = read_interactions(save(tmp_path / "a.npz", user=[0, 2, 2], item=[1, 3, 3], shape=[3, 4]))
    assert matrix.toarray().tolist() == [[0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1]]


@pytest.mark.parametrize(
    "arrays",
    [
        {"user": [0], "item": [0]},
        {"user": [0, 1], "item": [0], "shape": [3, 4]},
        {"user": [0.5], "item": [0], "shape": [3, 4]},
        {"user": [0], "item": [0], "shape": [3]},
        {"user": [5], "item": [0], "shape": [3, 4]},
        {"user": [-1], "item": [0], "shape": [3, 4]},
    ],
)
def test_wrong_arrays_are_refused_by_the_file_s_name(tmp_path: Path, arrays: dict[str, Any]) -> None:
    with pytest.raises(FormatError, match=r"bad\.npz"):
        read_interactions(save(tmp_path / "bad.npz", **arrays))


@pytest.mark.parametrize("content", [b"", b"not an archive", b"PK\x03\x04 cut off"])
def test_what_is_no_archive_is_refused_by_its_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.npz"
    path.write_bytes(content)
    with pytest.raises(FormatError, match=r"bad\.npz"):
        read_interactions(path)


def test_a_missing_file_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"none\.npz"):
        read_interactions(tmp_path / "none.npz")


def test_a_single_array_is_no_set_of_interactions(tmp_path: Path) -> None:
    np.save(tmp_path / "one.npy", np.zeros(3))
    with pytest.raises(FormatError, match=r"one\.npy"):
        read_interactions(tmp_path / "one.npy")


def test_features_are_unit_rows_and_zeros_stay(tmp_path: Path) -> None:
    np.save(tmp_path / "f.npy", np.array([[3.0, 4.0], [0.0, 0.0]]))
    np.testing.assert_allclose(read_features(tmp_path / "f.npy", 2), [[0.6, 0.8], [0.0, 0.0]], atol=1e-6)


@pytest.mark.parametrize(
    "array", [np.zeros((3, 2)), np.zeros(2), np.array([["a"], ["b"]]), np.full((2, 2), np.nan)]
)
def test_features_of_another_shape_are_refused_by_the_file_s_name(tmp_path: Path, array: np.ndarray) -> None:
    np.save(tmp_path / "f.npy", array)
    with pytest.raises(FormatError, match=r"f\.npy"):
        read_features(tmp_path / "f.npy", 2)


def test_features_that_cannot_be_read_are_refused_by_the_file_s_name(tmp_path: Path) -> None:
    (tmp_path / "f.npy").write_bytes(b"")
    with pytest.raises(FormatError, match=r"f\.npy"):
        read_features(tmp_path / "f.npy", 2)
