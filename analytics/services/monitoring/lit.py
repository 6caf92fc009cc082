"""The lights as a measure, so that they have a history and rules can watch them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from analytics.services.monitoring import checks, lights
from analytics.services.monitoring.measures import measure
from analytics.services.monitoring.watch import duty
from recommender.telemetry import gauge

#: Parts are in the code; the bound leaves room for those that a site adds.
LIGHT = gauge(
    "mmsite_light", "How a part of the site is: 0 well, 1 worth a look, 2 in need of somebody.", part=40
)
measure("lights.level", _("Lights"), "count", "mmsite_light", "level", by=("part",))

__all__ = ["LIGHT", "checks", "take_lights"]


@duty("lights", 10.0)
def take_lights(now: float) -> None:
    for name, light in lights.look(now, fresh=True).items():
        LIGHT.set(float(light.level), name)
