"""The stages of training, apart from what they need, so that a command can name them without torch."""

from __future__ import annotations

STAGES = ("image-text", "head", "audio", "calibration")
