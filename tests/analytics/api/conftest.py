"""Programs that ask about a scored shop."""

from tests.analytics.api.world import scored
from tests.api.conftest import as_, liked, program, shop

__all__ = ["as_", "liked", "program", "scored", "shop"]
