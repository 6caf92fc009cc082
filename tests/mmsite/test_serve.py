"""The decisions of ``serve`` that need no running site; tests/flows has one that runs."""

from __future__ import annotations

import io
import socket
from pathlib import Path
from typing import Any

import pytest

from mmsite import processes, serve
from mmsite.console import Console
from mmsite.supervisor import StartError, Supervisor


def test_a_taken_port_is_passed_over_and_said(settings: Any) -> None:
    said = io.StringIO()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings.HOST, settings.PORT = "127.0.0.1", taken.getsockname()[1]
        port = serve._free_port(Console(said))
    assert port > settings.PORT
    assert f"Port {settings.PORT} is taken" in said.getvalue()


def test_an_address_of_another_machine_cannot_be_listened_on(settings: Any) -> None:
    settings.HOST = "192.0.2.1"
    with pytest.raises(StartError, match=r"192\.0\.2\.1"):
        serve._free_port(Console(io.StringIO()))


def test_a_folder_is_served_once(tmp_path: Path) -> None:
    refused = pytest.raises(StartError, match="already serves")
    with serve._only_one_in(tmp_path), refused, serve._only_one_in(tmp_path):
        pass
    with serve._only_one_in(tmp_path):
        pass


def test_a_demo_with_the_known_password_is_not_shown_to_others(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DEMO_PASSWORD", raising=False)
    settings.HOST = "0.0.0.0"
    with pytest.raises(StartError, match="DEMO_PASSWORD"):
        serve._refuse_public_demo()
    monkeypatch.setenv("DEMO_PASSWORD", "something else")
    serve._refuse_public_demo()


def test_a_worker_that_is_silent_is_told_and_the_site_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    said = io.StringIO()
    monkeypatch.setattr(serve, "_START_SECONDS", 0.01)
    heard = [{spec.node: {"ok": "pong"}} for spec in processes.workers() if spec.name != "encode"]
    monkeypatch.setattr(serve.app.control, "ping", lambda timeout: heard)
    with Supervisor(Console(said)) as supervisor:
        serve._wait_for_workers(supervisor)
    assert "No sign of life from encode@" in said.getvalue()


def test_a_bucket_that_does_not_answer_is_told_and_the_site_starts(media_away: Any) -> None:
    said = io.StringIO()
    serve._look_at_media_storage(Console(said))
    assert said.getvalue() == ""
    with media_away():
        serve._look_at_media_storage(Console(said))
    assert "the bucket does not answer" in said.getvalue()
    assert "MEDIA_STORAGE" in said.getvalue()


def test_static_files_are_collected_only_when_they_change(settings: Any, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    settings.STATIC_ROOT = tmp_path / "collected"
    settings.STATIC_ROOT.mkdir()
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATICFILES_DIRS = [source]
    (source / "a.css").write_text("a {}")
    assert serve.static_files_changed()
    serve.collect_static_files()
    assert not serve.static_files_changed()
    (source / "b.css").write_text("b {}")
    assert serve.static_files_changed()


def test_torch_workers_do_not_fork() -> None:
    pools = {spec.name: spec.pool for spec in processes.workers()}
    assert {pools["query"], pools["encode"]} <= {"solo", "threads"}


def test_every_routed_queue_has_a_worker(settings: Any) -> None:
    served = {queue for spec in processes.workers() for queue in spec.queues.split(",")}
    routed = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}
    assert routed | {settings.CELERY_TASK_DEFAULT_QUEUE} <= served
