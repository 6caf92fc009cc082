"""The site's own settings, with everything it writes in a folder of this test run."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from mmsite import env

_SITE = Path(env.__file__).with_name("settings.py").read_text(encoding="utf-8")
#: What a run may be told from outside: the suite passes on either database and either media storage.
_TAKEN_OVER = {"DATABASE_URL", "MEDIA_STORAGE", "MMSITE_DATA", "LOG_LEVEL"}

# Before the settings are read: no test may touch the developer's database, Redis or files, and no setting
# of the developer's may change what the tests see.
for _name in set(re.findall(r"env\.[a-z]+\(\s*\"([A-Z_0-9]+)\"", _SITE)) - _TAKEN_OVER:
    os.environ.pop(_name, None)
_load_dotenv, env.load_dotenv = env.load_dotenv, lambda path: None
RUN_DIR = Path(tempfile.mkdtemp(prefix="mmsite-test-"))
os.environ["MMSITE_VAR"] = str(RUN_DIR)

from mmsite.settings import *  # noqa: E402, F403
from mmsite.settings import DATABASES as _DATABASES  # noqa: E402
from mmsite.settings import STORAGES as _STORAGES  # noqa: E402

env.load_dotenv = _load_dotenv
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Finders serve static files to the browser tests, so nothing needs collecting.
STORAGES = {
    **_STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# What is done aside of an answer is done when the test goes on.
WORK_ASIDE = False
# Tasks run where they are queued; tests/flows has the ones with real workers.
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
# A file, so that the threads of the live server and their writers meet as they do in service.
if _DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    _DATABASES["default"]["TEST"] = {"NAME": str(RUN_DIR / "test.sqlite3")}
# The browser's driver runs an event loop in the test's own thread.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
