"""The checks behind the lights, in the order in which the page shows them; importing declares them."""

from __future__ import annotations

from analytics.services.monitoring import checks_site  # isort: skip
from analytics.services.monitoring import checks_work  # isort: skip
from analytics.services.monitoring import checks_encoder  # isort: skip
from analytics.services.monitoring import checks_index  # isort: skip
from analytics.services.monitoring import checks_data  # isort: skip

__all__ = ["checks_data", "checks_encoder", "checks_index", "checks_site", "checks_work"]
