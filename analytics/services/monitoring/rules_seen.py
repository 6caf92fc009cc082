"""What the alert rules record of themselves; light, so that every process may declare it."""

from __future__ import annotations

from recommender.telemetry import counter

#: Says that the watch lived: without it, "nothing was recorded" may mean that nobody looked.
LOOKS = counter("mmsite_alert_looks_total", "Times that the watch looked at the alert rules.")
