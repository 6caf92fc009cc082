"""What the scorer in service measured on held-out data, as its own files say it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from analytics.engine.sentiment.fusion import FirstChannel
from analytics.engine.sentiment.fusion_loading import load_fusion
from analytics.engine.sentiment.scorer_loading import PARTS, files_of, place_of
from analytics.engine.sentiment.text_plug import FUSION_NOTE
from analytics.services.scoring import plugs
from analytics.services.scoring.model import folder_of, serving_version


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value of a part (text, aspects, image, speech or fusion)."""

    part: str
    name: str
    value: float


def figures() -> list[Figure]:
    """Every figure that the parts of the scorer in service carry, in the order of the parts.

    Those that were measured with the site's own text model are left out where another one reads.
    """
    folder = folder_of(serving_version())
    found = []
    for part in PARTS:
        if plugs.text_plug() and part in ("text", "fusion"):
            continue
        for path in files_of(place_of(part, folder)):
            if path.suffix == ".json":
                said = json.loads(path.read_text(encoding="utf-8")).get("figures")
                found += [Figure(part, name, value) for name, value in sorted((said or {}).items())]
    return found


def fusion_note() -> str:
    """What is fused, on which evidence, or why it is switched off; in plain English."""
    if plugs.text_plug():
        return FUSION_NOTE
    # The scorer itself holds parts that a web process must not load.
    place = place_of("fusion", folder_of(serving_version()))
    return (load_fusion(place) if place else FirstChannel()).note
