"""Imports that real workers prepare and encode, and that survive the death of one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site
from django.core.files import File
from django.db import connection
from django.test import Client

from recommender.models import Embedding, Media
from recommender.services import imports
from tests.conftest import ROOT
from tests.services.shop import QUICK_ENCODER, import_shop, shop_file

pytestmark = pytest.mark.django_db(transaction=True)

SECONDS = 60.0


@pytest.fixture
def _queued(settings: Any) -> Iterator[None]:
    """Tasks go to the workers instead of running where they are called."""
    from mmsite.celery import app

    settings.ENCODER = QUICK_ENCODER
    app.conf.task_always_eager = False
    yield
    app.conf.task_always_eager = True


@pytest.fixture
def start_worker(_queued: None, settings: Any) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts a worker of every queue that imports need, on this test's database, Redis and media.

    Settings that it should have otherwise are its arguments.
    """
    database = connection.settings_dict
    url = os.environ.get("DATABASE_URL", "").rsplit("/", 1)[0] + f"/{database['NAME']}"
    if connection.vendor == "sqlite":
        url = f"sqlite:///{database['NAME']}"
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "mmsite.settings",
        "DATABASE_URL": url,
        "MMSITE_VAR": str(site.VAR_DIR),
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),
        "ENCODER": QUICK_ENCODER,
    }
    command = [sys.executable, "-m", "celery", "-q", "-A", "mmsite", "worker", "-l", "ERROR", "-P", "solo"]
    command += ["-Q", "default,encode,imports", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    workers: list[subprocess.Popen[bytes]] = []

    def start(**otherwise: str) -> subprocess.Popen[bytes]:
        workers.append(subprocess.Popen(command, cwd=ROOT, env=environment | otherwise))
        return workers[-1]

    yield start
    for worker in workers:
        worker.kill()
        worker.wait()


def wait_until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not done():
        assert time.monotonic() < deadline, "the workers did not get there in time"
        time.sleep(0.05)


def test_workers_prepare_and_encode_what_an_import_brings(
    tmp_path: Path, start_worker: Callable[[], Any]
) -> None:
    start_worker()
    import_shop(tmp_path)
    wait_until(lambda: Embedding.objects.ready().count() == 13)
    assert Media.objects.ready().count() == 7


def test_a_worker_of_another_machine_takes_up_what_this_one_received(
    tmp_path: Path, start_worker: Callable[..., Any], bucket: str, settings: Any
) -> None:
    start_worker(MEDIA_STORAGE=bucket, MEDIA_ROOT=str(tmp_path / "of-another-machine"))
    with shop_file(tmp_path).open("rb") as file:
        batch = imports.receive_upload(File(file, "shop.zip"))
    shutil.rmtree(settings.MEDIA_ROOT)
    imports.start(batch)
    wait_until(lambda: Embedding.objects.ready().count() == 13)
    batch.refresh_from_db()
    assert batch.state == batch.State.DONE
    response = Client().get(Media.objects.filter(kind="image").earliest("pk").thumbnail(160))
    assert b"".join(response.streaming_content)[8:12] == b"WEBP"


def test_work_of_a_killed_worker_is_done_by_the_next(tmp_path: Path, start_worker: Callable[[], Any]) -> None:
    from recommender.services.sweep import release_claims, sweep

    import_shop(tmp_path)
    victim = start_worker()
    wait_until(lambda: Media.objects.exclude(state="pending").exists())
    victim.kill()
    victim.wait()
    release_claims()  # as the next start of the site does
    start_worker()
    sweep()  # the message may have gone with the worker; the rows have not
    wait_until(lambda: Embedding.objects.ready().count() == 13)
