"""Gated late fusion: each channel's log-probabilities, weighed by how much it is to be believed here.

Source of the gates: Arevalo et al. 2017, "Gated multimodal units", reduced to the level of decisions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analytics.engine.sentiment.calibration import log_rows, softmax
from analytics.engine.sentiment.fusion import Signals, alone


@dataclass(frozen=True)
class GatedFusion:
    """The sum over present channels of gate x (map @ log-probabilities + shift), as probabilities.

    Attributes:
        maps: (channels, 3, 3); shifts: (channels, 3).
        gates: (channels, 3 + channels + 1): weights of a channel's own log-probabilities, of which channels
            are present, and of 1; a gate is twice the logistic function of their sum, so 1 at rest.
        note: see ``Fusion``.
    """

    maps: np.ndarray
    shifts: np.ndarray
    gates: np.ndarray
    note: str = ""
    name: str = "gated"

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray], note: str = "") -> GatedFusion:
        return cls(arrays["maps"], arrays["shifts"], arrays["gates"], note)

    def fuse(self, signals: Signals) -> np.ndarray:
        """See ``Fusion``."""
        rows, several = alone(signals)
        if several.any():
            rows[several] = self._joined(signals.probabilities[several], signals.mask[several])
        return rows

    def _joined(self, probabilities: np.ndarray, mask: np.ndarray) -> np.ndarray:
        logs = log_rows(probabilities)  # (n, channels, 3)
        present = np.broadcast_to(mask[:, None, :], (*mask.shape, mask.shape[1])).astype(float)
        inputs = np.concatenate([logs, present, np.ones((*mask.shape, 1))], axis=2)
        strength = 2.0 / (1.0 + np.exp(-np.einsum("ncf,cf->nc", inputs, self.gates)))
        voices = np.einsum("cij,ncj->nci", self.maps, logs) + self.shifts
        return softmax(np.einsum("nc,nci->ni", np.where(mask, strength, 0.0), voices))
