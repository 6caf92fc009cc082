"""The site's metrics as Prometheus reads them: sums of all processes, and what is looked up at the moment."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.core import Metric as Family
from redis.exceptions import RedisError

from analytics.services.monitoring import levels_queues
from recommender.telemetry import Histogram, Totals, flush, metric_named, read_totals


def exposition() -> bytes:
    """The text that ``/metrics`` answers; without Redis, only that Redis does not answer."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Site())
    return generate_latest(registry)


class _Site:
    """A collector in the library's sense."""

    def describe(self) -> list[Family]:
        return []

    def collect(self) -> Iterator[Family]:
        flush()
        up = GaugeMetricFamily("mmsite_redis_up", "1 if Redis answers, where all metrics meet.")
        try:
            totals, queues = read_totals(), levels_queues.lengths()
        except (RedisError, OSError):
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        # The watch process says it every ten seconds; it costs nothing to say it as of now.
        totals.gauges[levels_queues.LENGTH.name] = {(name,): float(length) for name, length in queues.items()}
        yield from _families(totals)


def _families(totals: Totals) -> Iterator[Family]:
    for kind, levels in ((CounterMetricFamily, totals.counts), (GaugeMetricFamily, totals.gauges)):
        for name, series in sorted(levels.items()):
            if metric := metric_named(name):
                family = kind(name, metric.help, labels=metric.label_names)
                for labels, value in sorted(series.items()):
                    family.add_metric(labels, value)
                yield family
    for name, sums in sorted(totals.histograms.items()):
        metric = metric_named(name)
        if isinstance(metric, Histogram):
            yield _histogram(metric, sums)


def _histogram(metric: Histogram, series: dict[tuple[str, ...], list[float]]) -> Family:
    family = HistogramMetricFamily(metric.name, metric.help, labels=metric.label_names)
    bounds = [repr(bound) for bound in metric.buckets] + ["+Inf"]
    for labels, sums in sorted(series.items()):
        total, buckets = 0.0, []
        for bound, count in zip(bounds, sums[:-1], strict=True):
            total += count
            buckets.append((bound, total))
        family.add_metric(labels, buckets, sums[-1])
    return family
