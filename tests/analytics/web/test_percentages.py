"""How shares and rates read."""

from __future__ import annotations

import pytest

from analytics.templatetags.feeling import share
from recommender.templatetags.site import per_second


@pytest.mark.parametrize(
    ("value", "told"), [(5 / 11, "45.5 %"), (0.9999, "100.0 %"), (0.123, "12.3 %"), (None, "")]
)
def test_a_share_is_rounded_not_cut(value: float | None, told: str) -> None:
    assert share(value) == told


def test_a_rate_is_rounded_not_cut() -> None:
    assert (per_second(5.96), per_second(1234.7)) == ("6.0", "1,235")
