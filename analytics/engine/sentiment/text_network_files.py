"""The text model's networks as one compressed file."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from analytics.engine.sentiment.text_network import AnyNetwork, Network
from analytics.engine.sentiment.text_network_deep import DeepNetwork


def pack(networks: Mapping[str, AnyNetwork]) -> bytes:
    """All networks as one compressed file."""
    arrays = {
        f"{name}.{field.name}": np.asarray(getattr(network, field.name))
        for name, network in networks.items()
        for field in fields(_kind(network))
    }
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **arrays)
    return file.getvalue()


def unpack(packed: bytes) -> dict[str, AnyNetwork]:
    """The networks ``pack`` packed.

    Raises:
        ValueError, KeyError, OSError: it is something else.
    """
    with np.load(io.BytesIO(packed), allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    return {name: _network(arrays, name) for name in dict.fromkeys(one.split(".")[0] for one in arrays)}


def _kind(network: AnyNetwork) -> type[Network] | type[DeepNetwork]:
    return DeepNetwork if isinstance(network, DeepNetwork) else Network


def _network(arrays: Mapping[str, np.ndarray], name: str) -> AnyNetwork:
    kind = DeepNetwork if f"{name}.first" in arrays else Network
    given: dict[str, Any] = {field.name: arrays[f"{name}.{field.name}"] for field in fields(kind)}
    return kind(**{**given, "shift": float(given["shift"])})
