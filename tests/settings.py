"""The site's own settings, with everything it writes in a folder of this test run."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

# Before the settings are read: no test may touch the developer's database, Redis or files.
RUN_DIR = Path(tempfile.mkdtemp(prefix="mmsite-test-"))
os.environ["MMSITE_VAR"] = str(RUN_DIR)
for _name in ("REDIS_URL", "MEDIA_ROOT", "PRODUCTION", "DEBUG", "SECRET_KEY", "ENCODER"):
    os.environ.pop(_name, None)

from mmsite.settings import *  # noqa: E402, F403
from mmsite.settings import STORAGES as _STORAGES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Finders serve static files to the browser tests, so nothing needs collecting.
STORAGES = {
    **_STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Tasks run where they are queued; tests/flows has the ones with real workers.
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
# A file, so that the threads of the live server and their writers meet as they do in service.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    DATABASES["default"]["TEST"] = {"NAME": str(RUN_DIR / "test.sqlite3")}  # noqa: F405
# The browser's driver runs an event loop in the test's own thread.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
