"""Interactions and features from the files that the evaluation command is given."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

from recommender.errors import FormatError

_NEEDED = ("user", "item", "shape")
_LAYOUT = "It must hold the arrays user, item (numbers from 0, equally many) and shape (people, items)."


def read_interactions(path: Path) -> csr_matrix:
    """A matrix (people, items) float32 of ones from an ``.npz`` of the arrays user, item and shape."""
    arrays = _load(path)
    missing = [name for name in _NEEDED if name not in arrays]
    if missing:
        raise FormatError(f"{path} lacks {', '.join(missing)}.", _LAYOUT)
    user, item, shape = (np.asarray(arrays[name]) for name in _NEEDED)
    whole = all(np.issubdtype(array.dtype, np.integer) for array in (user, item, shape))
    if not whole or user.ndim != 1 or user.shape != item.shape or shape.shape != (2,) or (shape < 0).any():
        raise FormatError(f"{path} holds arrays of the wrong kind or length.", _LAYOUT)
    people, items = (int(size) for size in shape)
    if len(user) and (user.min() < 0 or item.min() < 0 or user.max() >= people or item.max() >= items):
        raise FormatError(f"{path} has numbers outside its shape ({people}, {items}).", "Correct the shape.")
    matrix = csr_matrix((np.ones(len(user), np.float32), (user, item)), shape=(people, items))
    matrix.data[:] = 1.0  # what was given twice is there once
    return matrix


def read_features(path: Path, items: int) -> np.ndarray:
    """Unit rows (items, dim) float32 from a ``.npy`` file; rows of zeros stay zero."""
    try:
        features = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise FormatError(f"{path} cannot be read: {error}.", "Save it with numpy.save.") from error
    if not isinstance(features, np.ndarray) or features.ndim != 2 or features.dtype.kind not in "fiu":
        raise FormatError(f"{path} is not a matrix of numbers.", "It must have one row of features an item.")
    if len(features) != items:
        raise FormatError(
            f"{path} has {len(features)} rows for {items} items.", "It must have one row an item, in order."
        )
    features = features.astype(np.float32)
    if not np.isfinite(features).all():
        raise FormatError(f"{path} holds numbers that are not finite.", "Use zeros for an item without it.")
    return np.asarray(features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12))


def _load(path: Path) -> dict[str, np.ndarray]:
    try:
        loaded = np.load(path, allow_pickle=False)
        if not isinstance(loaded, np.lib.npyio.NpzFile):
            raise FormatError(f"{path} is a single array, not an .npz file.", _LAYOUT)
        with loaded:
            return {name: loaded[name] for name in loaded.files if name in _NEEDED}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise FormatError(f"{path} cannot be read: {error}.", _LAYOUT) from error
