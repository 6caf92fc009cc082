"""The items that a search is confined to, in the form in which a database takes many of them at once."""

from __future__ import annotations

import json
from functools import cached_property

import numpy as np


class Filter:
    """Ids of the only items that count."""

    def __init__(self, ids: np.ndarray) -> None:
        self.ids: list[int] = ids.tolist()

    @cached_property
    def as_json(self) -> str:
        """A JSON array, which SQLite reads as a table."""
        return json.dumps(self.ids, separators=(",", ":"))
