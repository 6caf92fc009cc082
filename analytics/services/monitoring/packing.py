"""Numbers by series as bytes: ids and values in columns, which compress well and are read in microseconds."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

_LEVEL = 6


def pack(amounts: Mapping[int, float]) -> bytes:
    """``amounts`` by series id, ordered by id: their number, uint32 ids as differences, float64 values."""
    ids = np.array(sorted(amounts), dtype=np.int64)
    values = np.array([amounts[int(one)] for one in ids], dtype="<f8")
    steps = np.diff(ids, prepend=0).astype("<u4")
    return zlib.compress(struct.pack("<I", len(ids)) + steps.tobytes() + values.tobytes(), _LEVEL)


def unpack(payload: bytes) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Ids in ascending order and their values.

    Raises:
        ValueError: the bytes are not what ``pack`` made.
    """
    raw, count = _opened(payload, 12)
    steps = np.frombuffer(raw, "<u4", count, 4)
    return np.cumsum(steps.astype(np.int64)), np.frombuffer(raw, "<f8", count, 4 + 4 * count)


def pack_minutes(
    ids: npt.NDArray[np.int64], minutes: npt.NDArray[np.int64], values: npt.NDArray[np.float64]
) -> bytes:
    """Entries of an hour, ordered by series: their number, ids as differences, minutes, float64 values.

    Of the values all first bytes come first, then all second ones: those compress better, being alike.
    """
    steps = np.diff(ids, prepend=0).astype("<u4")
    shuffled = values.astype("<f8").view("u1").reshape(-1, 8).T
    columns = steps.tobytes() + minutes.astype("u1").tobytes() + shuffled.tobytes()
    return zlib.compress(struct.pack("<I", len(ids)) + columns, _LEVEL)


def unpack_minutes(
    payload: bytes,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Ids, minutes and values as they were given to ``pack_minutes``.

    Raises:
        ValueError: the bytes are not what it made.
    """
    raw, count = _opened(payload, 13)
    steps = np.frombuffer(raw, "<u4", count, 4)
    minutes = np.frombuffer(raw, "u1", count, 4 + 4 * count)
    shuffled = np.frombuffer(raw, "u1", 8 * count, 4 + 5 * count).reshape(8, -1)
    values = np.ascontiguousarray(shuffled.T).view("<f8").reshape(-1)
    return np.cumsum(steps.astype(np.int64)), minutes.astype(np.int64), values


def _opened(payload: bytes, size: int) -> tuple[bytes, int]:
    """The bytes and how many numbers of ``size`` bytes are in them."""
    try:
        raw = zlib.decompress(payload)
        (count,) = struct.unpack_from("<I", raw)
    except (zlib.error, struct.error) as error:
        raise ValueError(f"Not packed numbers: {error}") from error
    if len(raw) != 4 + size * count:
        raise ValueError(f"{len(raw)} bytes cannot hold {count} packed numbers.")
    return raw, count
