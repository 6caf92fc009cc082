"""The hyperbolic tangent, by sums and products alone, so that a compiler takes several at once."""

from __future__ import annotations

import numpy as np

from analytics.engine.sentiment.compiled import compiled

_MOST = np.float32(9.0)  # beyond which it is 1 in single precision


@compiled
def tanh(value: np.float32) -> np.float32:
    """Within 3e-7, in single precision.

    Of an eighth of ``value`` by Lambert's continued fraction (seven terms), then thrice
    tanh(2 x) = 2 tanh(x) / (1 + tanh(x)^2).
    """
    x = min(max(value, -_MOST), _MOST) * np.float32(0.125)
    s = x * x
    above = x * (((s + np.float32(378)) * s + np.float32(17325)) * s + np.float32(135135))
    below = ((np.float32(28) * s + np.float32(3150)) * s + np.float32(62370)) * s + np.float32(135135)
    t = above / below
    t = (t + t) / (np.float32(1) + t * t)
    t = (t + t) / (np.float32(1) + t * t)
    return (t + t) / (np.float32(1) + t * t)
