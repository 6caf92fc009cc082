"""Fusion recipes from their folders: which one a folder holds, and whether it earned its place."""

from __future__ import annotations

from pathlib import Path

from analytics.engine.sentiment.fusion import FirstChannel, Fusion


def load_fusion(folder: Path) -> Fusion:
    """The recipe in ``folder``."""
    return FirstChannel()
