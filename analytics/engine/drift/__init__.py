"""Whether two samples come from one distribution: by a classifier, by kernel means, by shares of values."""

from analytics.engine.drift.classifier import Told, tell_apart
from analytics.engine.drift.kernel import Discrepancy, kernel_test
from analytics.engine.drift.novelty import nearness, novelty
from analytics.engine.drift.shares import Shift, mean_shift, share_shift

__all__ = [
    "Discrepancy",
    "Shift",
    "Told",
    "kernel_test",
    "mean_shift",
    "nearness",
    "novelty",
    "share_shift",
    "tell_apart",
]
