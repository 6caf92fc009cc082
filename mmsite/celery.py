"""The Celery application: four queues, one periodic sweep that finds whatever a lost message left behind."""

from __future__ import annotations

import os
import warnings

from celery import Celery
from celery.platforms import SecurityWarning
from celery.signals import beat_init

from mmsite.ending import end_once

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mmsite.settings")
# Celery warns of running as root because of pickled messages; this site's are JSON.
warnings.filterwarnings("ignore", category=SecurityWarning)

app = Celery("mmsite")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
beat_init.connect(end_once, dispatch_uid="mmsite.ending", weak=False)
