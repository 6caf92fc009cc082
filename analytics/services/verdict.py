"""What a comparison comes to, in a sentence."""

from __future__ import annotations

from django.utils.translation import gettext as _

from analytics.services.numbers import signed
from analytics.services.report import Comparison


def verdict(found: Comparison) -> str:
    """Whether the second side is better or worse than the first, by how much, and by more than noise."""
    if found.difference is None:
        return _("One side has nothing to compare: no review there commits itself.")
    change = signed(found.difference)
    if found.is_noise:
        return _("B differs from A by {change}: no more than chance alone would do.").format(change=change)
    if found.difference > 0:
        return _("B is better than A by {change}, and that is more than noise.").format(change=change)
    return _("B is worse than A by {change}, and that is more than noise.").format(change=change)
