"""What was recorded in this test, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from recommender.services import impressions, index, train
from recommender.services.recommend import world
from recommender.telemetry import Histogram, Metric, flush, read_totals
from recommender.telemetry.buffer import BUFFER, SENDER

#: Label values to a number; of a histogram, how often it was observed.
Counted = Callable[[Metric], dict[tuple[str, ...], float]]
#: Label values to the sum of what was observed.
Summed = Callable[[Histogram], dict[tuple[str, ...], float]]


@pytest.fixture(autouse=True)
def _nothing_recorded_yet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(train, "CHECK_SECONDS", 0.0)
    monkeypatch.setattr(index, "REFRESH_SECONDS", 0.0)
    monkeypatch.setattr(world, "_ARRIVALS_SECONDS", 0.0)
    monkeypatch.setattr(impressions, "_pause_until", 0.0)
    BUFFER.forget()
    yield
    BUFFER.forget()
    SENDER._unsent = None


@pytest.fixture
def counted() -> Counted:
    def ask(metric: Metric) -> dict[tuple[str, ...], float]:
        assert flush()
        totals = read_totals()
        if isinstance(metric, Histogram):
            found = totals.histograms.get(metric.name, {})
            return {labels: sum(sums[:-1]) for labels, sums in found.items()}
        return totals.counts.get(metric.name, {})

    return ask


@pytest.fixture
def summed() -> Summed:
    def ask(metric: Histogram) -> dict[tuple[str, ...], float]:
        assert flush()
        return {labels: sums[-1] for labels, sums in read_totals().histograms.get(metric.name, {}).items()}

    return ask
