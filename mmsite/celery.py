"""The Celery application: four queues, one periodic sweep that finds whatever a lost message left behind."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mmsite.settings")

app = Celery("mmsite")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
