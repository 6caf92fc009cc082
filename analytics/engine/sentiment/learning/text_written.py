"""What the text model's experts learned, put into its table of eight-bit weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from analytics.engine.sentiment.text import (
    CHINESE,
    CHINESE_GATE,
    COLUMNS,
    ENGLISH,
    ENGLISH_GATE,
    SHIPPED,
    SITE,
    Expert,
    TextModel,
)
from analytics.engine.sentiment.text_features import BITS
from analytics.engine.sentiment.text_network import AnyNetwork
from analytics.engine.sentiment.text_network_files import pack, unpack
from analytics.engine.sentiment.text_table import load, save


@dataclass(frozen=True, slots=True)
class Learned:
    """What one expert learned: (2 ** BITS, sides) weights and its calibration."""

    weights: np.ndarray
    calibration: Mapping[str, Any]


def write(output: Path, learned: Mapping[str, Learned], networks: bytes, seed: int) -> None:
    columns = np.zeros((1 << BITS, COLUMNS), np.float32)
    for expert in (*CHINESE, CHINESE_GATE, *ENGLISH, ENGLISH_GATE):
        columns[:, expert.columns] = learned[expert.name].weights
    steps, scales = _stepped(columns)
    calibration = {name: one.calibration for name, one in learned.items()}
    calibration[SITE.name] = {"scale": [1.0, 1.0], "shift": [0.0, 0.0]}
    save(output, steps, scales, networks, {"columns": _names(), "calibration": calibration, "seed": seed})


def _stepped(columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eight-bit steps of each column of weights, and what a step is worth."""
    scales = np.zeros(columns.shape[1], np.float32)
    # A few outliers must not make the steps coarse: they are cut to what all but a few entries stay below.
    for column, weights in enumerate(columns.T):
        entries = np.abs(weights[weights != 0])
        scales[column] = np.quantile(entries, 0.9998) / 127 if len(entries) else 0
    steps = np.clip(np.rint(columns / np.where(scales > 0, scales, 1)), -127, 127).astype(np.int8)
    return steps, scales


def _names() -> list[str]:
    experts = sorted((*CHINESE, CHINESE_GATE, *ENGLISH, ENGLISH_GATE, SITE), key=lambda expert: expert.first)
    return [f"{expert.name} {side + 1}" for expert in experts for side in range(expert.sides)]


def anew(learned: Mapping[Expert, Learned], networks: Mapping[str, AnyNetwork] | None = None) -> TextModel:
    """The shipped model with these experts and networks in place of its own."""
    table = load(SHIPPED)
    calibration = dict(table.facts["calibration"])
    for expert, one in learned.items():
        table.steps[:, expert.columns], table.scales[expert.columns] = _stepped(one.weights)
        calibration[expert.name] = one.calibration
    packed = pack({**unpack(table.networks), **networks}) if networks else table.networks
    return TextModel(replace(table, networks=packed, facts={**table.facts, "calibration": calibration}))
