"""Compile beforehand what scoring needs, so that nobody waits for it, and remove what nothing needs any more.

python -m analytics.engine.sentiment.warm_up
"""

from __future__ import annotations

import shutil

from analytics.contracts import Spoken
from analytics.engine.sentiment.compiled import kept_folder
from analytics.engine.sentiment.scorer_loading import load_scorer

#: Both scripts, an aspect in each, a mark that is an emoji.
_REVIEWS = ("The battery is great, but the service was slow.", "味道不错，但是服务很差 😡")


def warm_up() -> None:
    """Score words of both scripts, which compiles every loop."""
    load_scorer().score([Spoken(text=text) for text in _REVIEWS])


def sweep() -> None:
    """Remove the machine code of earlier sources, or of an earlier compiler."""
    if kept := kept_folder():
        for folder in kept.parent.glob("compiled-*"):
            if folder != kept:
                shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    warm_up()
    sweep()
