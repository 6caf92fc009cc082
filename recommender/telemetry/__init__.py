"""What the site counts and times, right under any number of processes.

A process adds up what it sees and sends the sums to Redis once a second, where those of all processes meet.
Recording costs about a microsecond; a process that is killed loses its last second; with Redis the sums begin
anew, which Prometheus knows how to read.

    SEARCHES = counter("mmsite_searches_total", "Searches answered.", kind=("words", "picture"))
    SEARCHES.add(1, "words")
"""

from recommender.telemetry.ageing import forget_gone
from recommender.telemetry.buffer import flush
from recommender.telemetry.reading import (
    Series,
    Totals,
    Window,
    drop_gauge,
    drop_windows,
    is_over,
    read_gauge,
    read_totals,
    read_windows,
)
from recommender.telemetry.registry import (
    LATENCY_BUCKETS,
    OTHER,
    Counter,
    Gauge,
    Histogram,
    Metric,
    counter,
    gauge,
    histogram,
    metric_named,
    metrics,
)
from recommender.telemetry.transport import WINDOW_SECONDS

__all__ = [
    "LATENCY_BUCKETS",
    "OTHER",
    "WINDOW_SECONDS",
    "Counter",
    "Gauge",
    "Histogram",
    "Metric",
    "Series",
    "Totals",
    "Window",
    "counter",
    "drop_gauge",
    "drop_windows",
    "flush",
    "forget_gone",
    "gauge",
    "histogram",
    "is_over",
    "metric_named",
    "metrics",
    "read_gauge",
    "read_totals",
    "read_windows",
]
