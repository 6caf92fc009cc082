"""Measures made of levels: queues, workers, periodic tasks, pipeline, encoder, index, machine, database."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from analytics.services.monitoring.measures import measure

# -- queues, workers, periodic tasks
measure("queues.length", _("Messages that wait"), "count", "celery_queue_length", "level", by=("queue_name",))
measure(
    "queues.oldest",
    _("Age of the oldest message"),
    "s",
    "mmsite_queue_oldest_seconds",
    "level",
    by=("queue_name",),
)
measure("queues.unacked", _("Messages in the hands of workers"), "count", "mmsite_tasks_unacked", "level")
measure(
    "queues.workers",
    _("Workers that serve a queue"),
    "count",
    "celery_active_worker_count",
    "level",
    by=("queue_name",),
)
measure("tasks.wait_p95", _("Wait before a task, 95th percentile"), "s", "mmsite_task_wait_seconds", "p95")
measure(
    "tasks.wait_p95_by_name",
    _("Wait by task, 95th percentile"),
    "s",
    "mmsite_task_wait_seconds",
    "p95",
    by=("name",),
)
measure("workers.up", _("Workers up"), "count", "celery_worker_up", "level")
measure(
    "workers.up_by_name", _("Workers up, by name"), "count", "celery_worker_up", "level", by=("hostname",)
)
measure(
    "workers.active", _("Tasks under way"), "count", "celery_worker_tasks_active", "level", by=("hostname",)
)
measure(
    "workers.busy",
    _("Share of a worker in use"),
    "ratio",
    "mmsite_worker_busy_ratio",
    "level",
    by=("hostname",),
)
measure(
    "workers.prefetched", _("Tasks fetched in advance"), "count", "mmsite_worker_prefetched", "level",
    by=("hostname",),
)  # fmt: skip
measure(
    "workers.memory",
    _("Memory of a worker"),
    "bytes",
    "mmsite_worker_memory_bytes",
    "level",
    by=("hostname",),
)
measure(
    "workers.heartbeat",
    _("Time since a worker's last sign of life"),
    "s",
    "mmsite_worker_heartbeat_seconds",
    "level",
    by=("hostname",),
)
measure(
    "periodic.since",
    _("Time since a periodic task succeeded"),
    "s",
    "mmsite_periodic_seconds_since_success",
    "level",
    by=("name",),
)
measure(
    "periodic.missed",
    _("Missed runs of periodic tasks"),
    "count",
    "mmsite_periodic_missed_runs",
    "level",
    by=("name",),
)

# -- pipeline
measure("pipeline.items", _("Items by state"), "count", "mmsite_catalogue_items", "level", by=("state",))
measure("pipeline.media", _("Media by state"), "count", "mmsite_catalogue_media", "level", by=("state",))
measure(
    "pipeline.failed_media",
    _("Media that could not be prepared"),
    "count",
    "mmsite_catalogue_media",
    "level",
    where={"state": "failed"},
)
measure(
    "pipeline.vectors",
    _("Vectors of the serving space, by state"),
    "count",
    "mmsite_embeddings",
    "level",
    by=("state",),
    where={"space": "active"},
)
measure("pipeline.jobs", _("Unfinished jobs"), "count", "mmsite_jobs_unfinished", "level", by=("kind",))
measure(
    "pipeline.waiting", _("Waits to be prepared"), "count", "mmsite_pipeline_waiting", "level", by=("step",)
)
measure(
    "pipeline.speed", _("Prepared of late"), "/s", "mmsite_pipeline_settled_per_second", "level", by=("step",)
)
measure("pipeline.eta", _("Time left"), "s", "mmsite_pipeline_eta_seconds", "level", by=("step",))

# -- encoder and index
measure("gpu.memory", _("GPU memory in use"), "bytes", "mmsite_gpu_memory_used_bytes", "level", by=("gpu",))
measure("gpu.busy", _("GPU utilisation"), "ratio", "mmsite_gpu_utilisation_ratio", "level", by=("gpu",))
measure(
    "encoder.coverage",
    _("Share with a vector in the serving space"),
    "ratio",
    "mmsite_space_coverage_ratio",
    "level",
    by=("modality",),
    where={"space": "active"},
)
measure(
    "encoder.missing",
    _("Without a vector in the serving space"),
    "count",
    "mmsite_space_missing",
    "level",
    by=("modality",),
    where={"space": "active"},
)
measure(
    "encoder.shadow_coverage",
    _("Share with a vector in the next space"),
    "ratio",
    "mmsite_space_coverage_ratio",
    "level",
    by=("modality",),
    where={"space": "shadow"},
)
measure("index.items", _("Items in the index"), "count", "mmsite_index_items", "level")
measure("index.age", _("Age of the index"), "s", "mmsite_index_age_seconds", "level")
measure("index.delta", _("Vectors newer than the index"), "count", "mmsite_index_delta", "level")
measure("index.build", _("Time to build the index"), "s", "mmsite_index_build_seconds", "level")
measure("index.recall", _("Recall of the index at 10"), "ratio", "mmsite_index_recall_at_10", "level")

# -- machine and database
measure("system.disk_free", _("Free disk"), "bytes", "mmsite_disk_free_bytes", "level", by=("folder",))
measure(
    "system.disk_total", _("Size of the disk"), "bytes", "mmsite_disk_total_bytes", "level", by=("folder",)
)
measure(
    "system.disk_free_share",
    _("Share of the disk that is free"),
    "ratio",
    "mmsite_disk_free_bytes",
    "level",
    by=("folder",),
    over="system.disk_total",
)
measure("system.memory", _("Available memory"), "bytes", "mmsite_memory_available_bytes", "level")
measure("system.load", _("Load"), "count", "mmsite_load1", "level")
measure("system.database", _("Size of the database"), "bytes", "mmsite_database_bytes", "level")
measure("system.redis", _("Memory of Redis"), "bytes", "mmsite_redis_memory_bytes", "level")
measure("database.queries", _("Database queries"), "/s", "django_db_query_duration_seconds", "rate")
measure("database.p95", _("Time of a query, 95th percentile"), "s", "django_db_query_duration_seconds", "p95")
measure("database.errors", _("Failed database queries"), "/s", "django_db_errors_total", "rate")
