"""Writes the dashboard that Grafana imports: docs/monitoring/grafana-dashboard.json.

    .venv/bin/python docs/dashboard.py

Panels are added here, not in the file: a test fails where the two differ, and where an expression names a
metric or label that the site does not have.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("monitoring") / "grafana-dashboard.json"
SOURCE = {"type": "prometheus", "uid": "${source}"}
_ACROSS, _WIDE, _HIGH = 24, 8, 8

_WEB = "django_http_responses_total_by_status_view_method_total"
_LATENCY = "django_http_requests_latency_seconds_by_view_method_bucket"


@dataclass(frozen=True)
class Panel:
    """One drawing: its title, Grafana's unit, and pairs of expression and legend."""

    title: str
    unit: str
    lines: tuple[tuple[str, str], ...]
    most: float | None = None


def lines(title: str, unit: str, *pairs: tuple[str, str], most: float | None = None) -> Panel:
    return Panel(title, unit, pairs, most)


def rate(metric: str, by: str = "") -> str:
    each = f"rate({metric}[$__rate_interval])"
    return f"sum by ({by}) ({each})" if by else f"sum({each})"


def quantile(share: float, buckets: str, by: str = "") -> str:
    return f"histogram_quantile({share}, {rate(buckets, f'{by}, le' if by else 'le')})"


ROWS: dict[str, list[Panel]] = {
    "Web": [
        lines("Answers", "reqps", (rate(_WEB, "status"), "{{status}}")),
        lines(
            "Share of failed answers",
            "percentunit",
            (rate(_WEB + '{status=~"5.."}') + " / " + rate(_WEB), "failed"),
        ),
        lines(
            "Time to answer",
            "s",
            *((quantile(share, _LATENCY), f"p{share * 100:.0f}") for share in (0.5, 0.95, 0.99)),
        ),
        lines("Slowest pages, p95", "s", (f"topk(8, {quantile(0.95, _LATENCY, 'view')})", "{{view}}")),
        lines(
            "Database statements",
            "ops",
            (rate("django_db_query_duration_seconds_count", "alias"), "{{alias}}"),
            (rate("django_db_errors_total", "type"), "{{type}}"),
        ),
        lines(
            "Time of a statement",
            "s",
            *(
                (quantile(share, "django_db_query_duration_seconds_bucket"), f"p{share * 100:.0f}")
                for share in (0.5, 0.95, 0.99)
            ),
        ),
    ],
    "Tasks": [
        lines("Tasks done", "ops", (rate("celery_task_succeeded_total", "name"), "{{name}}")),
        lines(
            "Tasks failed",
            "ops",
            (rate("celery_task_failed_total", "name, exception"), "{{name}} {{exception}}"),
        ),
        lines(
            "Retried and called off",
            "ops",
            (rate("celery_task_retried_total", "name"), "{{name}} retried"),
            (rate("celery_task_revoked_total", "name"), "{{name}} called off"),
        ),
        lines("Run time, p95", "s", (quantile(0.95, "celery_task_runtime_bucket", "name"), "{{name}}")),
        lines("Wait, p95", "s", (quantile(0.95, "mmsite_task_wait_seconds_bucket", "name"), "{{name}}")),
        lines(
            "Periodic tasks, since the last success", "s",
            ("mmsite_periodic_seconds_since_success", "{{name}}"),
        ),
        lines("Missed runs", "none", ("mmsite_periodic_missed_runs > 0", "{{name}}")),
    ],
    "Queues and workers": [
        lines("Messages that wait", "none", ("celery_queue_length", "{{queue_name}}")),
        lines("Age of the oldest message", "s", ("mmsite_queue_oldest_seconds", "{{queue_name}}")),
        lines("Messages taken and not finished", "none", ("mmsite_tasks_unacked", "all queues")),
        lines("Workers up", "none", ("celery_worker_up", "{{hostname}}")),
        lines(
            "Workers and places by queue",
            "none",
            ("celery_active_worker_count", "{{queue_name}} workers"),
            ("celery_active_process_count", "{{queue_name}} places"),
        ),
        lines(
            "Tasks under way",
            "none",
            ("celery_worker_tasks_active", "{{hostname}}"),
            ("mmsite_worker_prefetched", "{{hostname}} fetched in advance"),
        ),
        lines("Share in use", "percentunit", ("mmsite_worker_busy_ratio", "{{hostname}}"), most=1),
        lines("Memory of workers", "bytes", ("mmsite_worker_memory_bytes", "{{hostname}}")),
        lines("Since the last sign of life", "s", ("mmsite_worker_heartbeat_seconds", "{{hostname}}")),
    ],
    "Catalogue": [
        lines("Items", "none", ("mmsite_catalogue_items", "{{state}}")),
        lines("Media", "none", ("sum by (state) (mmsite_catalogue_media)", "{{state}}")),
        lines("Unfinished jobs", "none", ("mmsite_jobs_unfinished", "{{kind}} {{state}}")),
        lines("Waits", "none", ("mmsite_pipeline_waiting", "{{step}}")),
        lines("Settled", "ops", ("mmsite_pipeline_settled_per_second", "{{step}}")),
        lines("Time left", "s", ("mmsite_pipeline_eta_seconds", "{{step}}")),
    ],
    "Recommender": [
        lines(
            "Time of an answer, p95",
            "s",
            (quantile(0.95, "mmsite_recommender_answer_seconds_bucket", "surface"), "{{surface}}"),
        ),
        lines(
            "Time by stage, mean",
            "s",
            (
                rate("mmsite_recommender_stage_seconds_sum", "surface, stage")
                + " / "
                + rate("mmsite_recommender_stage_seconds_count", "surface, stage"),
                "{{surface}} {{stage}}",
            ),
        ),
        lines(
            "First pages by what they held",
            "reqps",
            (rate("mmsite_recommender_answers_total", "surface, result"), "{{surface}} {{result}}"),
        ),
        lines(
            "Candidates by source, mean",
            "none",
            (
                rate("mmsite_recommender_candidates_sum", "surface, source")
                + " / "
                + rate("mmsite_recommender_candidates_count", "surface, source"),
                "{{surface}} {{source}}",
            ),
        ),
        lines(
            "Readers of whom nothing is known",
            "percentunit",
            (
                rate('mmsite_feed_readers_total{reader="cold"}')
                + " / "
                + rate("mmsite_feed_readers_total"),
                "cold",
            ),
            most=1,
        ),
        lines(
            "Click-through by row",
            "percentunit",
            (rate("mmsite_clicks_total", "row") + " / " + rate("mmsite_impressions_total", "row"), "{{row}}"),
        ),
        lines(
            "Saves by row",
            "percentunit",
            (rate("mmsite_saves_total", "row") + " / " + rate("mmsite_impressions_total", "row"), "{{row}}"),
        ),
        lines(
            "Coverage and repetition",
            "percentunit",
            ("mmsite_recommender_coverage_ratio", "coverage"),
            ("mmsite_recommender_repetition_ratio", "repetition"),
            most=1,
        ),
        lines("Novelty", "none", ("mmsite_recommender_novelty_bits", "bits")),
    ],
    "Encoder": [
        lines(
            "Encoded",
            "ops",
            (rate("mmsite_encoded_total", "modality, outcome"), "{{modality}} {{outcome}}"),
        ),
        lines(
            "Rows a batch, mean",
            "none",
            (
                rate("mmsite_encode_batch_rows_sum", "modality")
                + " / "
                + rate("mmsite_encode_batch_rows_count", "modality"),
                "{{modality}}",
            ),
        ),
        lines(
            "Time of a batch, p95",
            "s",
            (quantile(0.95, "mmsite_encode_seconds_bucket", "modality"), "{{modality}}"),
        ),
        lines(
            "Vectors",
            "none",
            ("sum by (space, state) (mmsite_embeddings)", "{{space}} {{state}}"),
        ),
        lines(
            "Share with a vector", "percentunit",
            ("mmsite_space_coverage_ratio", "{{space}} {{modality}}"), most=1,
        ),
        lines("Without a vector", "none", ("mmsite_space_missing", "{{space}} {{modality}}")),
        lines("Device", "none", ("mmsite_encoder_device", "{{hostname}} {{device}}")),
        lines("GPU utilisation", "percentunit", ("mmsite_gpu_utilisation_ratio", "{{gpu}}"), most=1),
        lines(
            "GPU memory",
            "bytes",
            ("mmsite_gpu_memory_used_bytes", "{{gpu}} in use"),
            ("mmsite_gpu_memory_total_bytes", "{{gpu}} in all"),
        ),
    ],
    "Index": [
        lines("Recall at 10", "percentunit", ("mmsite_index_recall_at_10", "index"), most=1),
        lines("Items in the index", "none", ("mmsite_index_items", "items")),
        lines("Vectors newer than the index", "none", ("mmsite_index_delta", "vectors")),
        lines(
            "Age",
            "s",
            ("mmsite_index_age_seconds", "index"),
            ("mmsite_index_recall_age_seconds", "recall"),
        ),
        lines("Time to build", "s", ("mmsite_index_build_seconds", "index")),
    ],
    "System": [
        lines(
            "Free disk", "percentunit",
            ("mmsite_disk_free_bytes / mmsite_disk_total_bytes", "{{folder}}"), most=1,
        ),
        lines(
            "Memory",
            "bytes",
            ("mmsite_memory_available_bytes", "available"),
            ("mmsite_memory_total_bytes", "in all"),
        ),
        lines("Load", "none", ("mmsite_load1", "load"), ("mmsite_cpus", "processors")),
        lines("Database", "bytes", ("mmsite_database_bytes", "database")),
        lines(
            "Redis",
            "bytes",
            ("mmsite_redis_memory_bytes", "in use"),
            ("mmsite_redis_memory_max_bytes", "at most"),
        ),
        lines(
            "Since the watch process looked", "s", ("time() - mmsite_watch_timestamp_seconds", "watch")
        ),
        lines("Redis answers", "none", ("mmsite_redis_up", "Redis"), most=1),
    ],
}  # fmt: skip


def dashboard() -> dict[str, Any]:
    """What Grafana imports."""
    return {
        "title": "mmsite",
        "uid": "mmsite",
        "tags": ["mmsite"],
        "timezone": "browser",
        "editable": True,
        "schemaVersion": 39,
        "version": 1,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {
            "list": [{"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"}]
        },
        "panels": list(_panels()),
    }


def _panels() -> Iterator[dict[str, Any]]:
    number, top = 1, 0
    for title, panels in ROWS.items():
        place = {"h": 1, "w": _ACROSS, "x": 0, "y": top}
        yield {
            "id": number,
            "type": "row",
            "title": title,
            "collapsed": False,
            "gridPos": place,
            "panels": [],
        }
        number, top = number + 1, top + 1
        for at, panel in enumerate(panels):
            left, down = at * _WIDE % _ACROSS, at * _WIDE // _ACROSS * _HIGH
            yield _drawn(panel, number, {"h": _HIGH, "w": _WIDE, "x": left, "y": top + down})
            number += 1
        top += -(-len(panels) * _WIDE // _ACROSS) * _HIGH


def _drawn(panel: Panel, number: int, place: dict[str, int]) -> dict[str, Any]:
    bounds: dict[str, float] = {"min": 0} | ({"max": panel.most} if panel.most is not None else {})
    return {
        "id": number,
        "type": "timeseries",
        "title": panel.title,
        "datasource": SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": {"unit": panel.unit, **bounds}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
        "targets": [
            {"refId": chr(ord("A") + at), "datasource": SOURCE, "expr": expression, "legendFormat": legend}
            for at, (expression, legend) in enumerate(panel.lines)
        ],
    }


def written() -> str:
    return json.dumps(dashboard(), indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(written(), encoding="utf-8")
