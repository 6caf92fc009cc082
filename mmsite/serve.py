"""The whole site in one command: Redis, web, workers and scheduler, started in order and stopped together."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import http.client
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

from mmsite import processes
from mmsite.celery import app
from mmsite.console import Console
from mmsite.supervisor import Child, StartError, Supervisor

_PORTS_TRIED = 20
_START_SECONDS = 120.0


def serve(*, demo: bool = False) -> int:
    """Run the site until Ctrl-C or SIGTERM; returns the exit code.

    Args:
        demo: also fill the site with the demo world, unless it is there already.
    """
    console = Console()
    began = time.monotonic()
    try:
        if demo:
            _refuse_public_demo()
        with _only_one_in(settings.VAR_DIR), Supervisor(console) as supervisor:
            port = _start(supervisor, demo=demo)
            if not supervisor.stopping:
                _welcome(console, port, demo=demo, seconds=time.monotonic() - began)
                supervisor.run()
            console.progress("")
            console.say("Stopping.")
    except StartError as error:
        console.progress("")
        console.say(f"mmsite could not start: {error}")
        return 1
    console.say("Everything has stopped.")
    return 0


def _start(supervisor: Supervisor, *, demo: bool) -> int:
    console = supervisor.console
    if settings.REDIS_EMBEDDED:
        console.progress("Starting Redis")
        supervisor.add(processes.redis())
        if not supervisor.wait(_redis_answers, 15) and not supervisor.stopping:
            raise StartError(f"Redis does not answer; see {settings.VAR_DIR / 'redis.log'}.")
    elif not _redis_answers():
        raise StartError(
            "Redis does not answer at REDIS_URL. Start it, or unset REDIS_URL for the embedded one."
        )
    _look_at_media_storage(console)
    console.progress("Preparing the database")
    call_command("migrate", verbosity=0, interactive=False)
    _free_what_an_earlier_run_held()
    if static_files_changed():
        console.progress("Collecting static files")
        collect_static_files()
    port = _free_port(console)
    # Alone, it answers in a fraction of the time that it needs beside all others.
    console.progress("Starting the web server")
    supervisor.add(processes.web(port))
    if not supervisor.wait(lambda: _web_answers(port), _START_SECONDS) and not supervisor.stopping:
        raise StartError(
            f"the web server did not answer within {_START_SECONDS:.0f} s; its messages are above."
        )
    if supervisor.stopping:
        return port
    console.say(f"The site answers at {_address(port)}; its workers are starting.")
    _add_workers(supervisor)
    if demo:
        supervisor.add(_demo_loader(console))
    _wait_for_workers(supervisor)
    return port


def _add_workers(supervisor: Supervisor) -> None:
    for spec in processes.workers():
        supervisor.add(processes.worker(spec))
    supervisor.add(processes.beat())
    supervisor.add(processes.watch())


def _look_at_media_storage(console: Console) -> None:
    """A bucket that does not answer is told, and no reason not to start: the site waits for it."""
    from recommender.services import stored

    problem = stored.problem_now() or stored.keeping_problem_now()
    if problem:
        console.say(
            f"Media cannot be read or kept: {problem}. See MEDIA_STORAGE and the credentials "
            "(AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a role). The site starts, and what needs media "
            "waits."
        )


def _free_what_an_earlier_run_held() -> None:
    from recommender.services.sweep import release_claims

    release_claims()


def _wait_for_workers(supervisor: Supervisor) -> None:
    """Until all were heard. The site answers by then, and does so without one that is slow or silent."""
    expected = {spec.node for spec in processes.workers()}
    heard: set[str] = set()

    def all_heard() -> bool:
        heard.update(node for answer in app.control.ping(timeout=0.5) or [] for node in answer)
        return expected <= heard

    if not supervisor.wait(all_heard, _START_SECONDS) and not supervisor.stopping:
        names = ", ".join(sorted(expected - heard))
        supervisor.console.say(
            f"No sign of life from {names} yet: their work waits. What they said is above; Monitoring, Tasks "
            "shows when they are heard."
        )


# -- what is said -------------------------------------------------------------------------------------------


def _welcome(console: Console, port: int, *, demo: bool, seconds: float) -> None:
    console.say(f"mmsite is ready after {seconds:.0f} s: {_address(port)}")
    if demo:
        from recommender.services.demo_logins import LOGINS

        console.say(f"Log in with the password {settings.DEMO_PASSWORD} as")
        for login in LOGINS:
            console.say(f"  {login.username:<10}{login.purpose}")
    elif not get_user_model().objects.filter(is_superuser=True).exists():
        console.say("There is no administrator yet: .venv/bin/python manage.py createsuperuser")
    media = f", media in {settings.MEDIA_STORAGE.partition('?')[0]}" if settings.MEDIA_STORAGE else ""
    console.say(f"Data is kept in {settings.VAR_DIR}{media}. Ctrl-C stops everything.")


def _address(port: int) -> str:
    here = settings.HOST in {"127.0.0.1", "0.0.0.0", "::1", "::"}  # noqa: S104
    return f"http://{'localhost' if here else settings.HOST}:{port}/"


def _demo_loader(console: Console) -> Child:
    def finished(code: int) -> None:
        console.progress("")
        if code:
            console.say("The demo world could not be loaded; its messages are above.")

    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "load_demo"]
    return Child("demo", command, env={"MMSITE_SUPERVISED": "1"}, nice=15, restart=False, on_exit=finished)


def _refuse_public_demo() -> None:
    if settings.PRODUCTION or (
        settings.HOST not in {"127.0.0.1", "::1", "localhost"} and "DEMO_PASSWORD" not in os.environ
    ):
        raise StartError(
            "the demo world has logins with a known password, and this site can be reached from outside. "
            "Set DEMO_PASSWORD to one of your own, and do not set PRODUCTION."
        )


# -- one site per folder, one port per site -----------------------------------------------------------------


@contextmanager
def _only_one_in(folder: Path) -> Iterator[None]:
    with (folder / "serve.lock").open("a+", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            raise StartError(
                f"process {lock.read().strip() or 'another'} already serves the data in {folder}. "
                "Stop it first, or give this one a folder of its own with MMSITE_VAR."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _free_port(console: Console) -> int:
    for port in range(settings.PORT, settings.PORT + _PORTS_TRIED):
        if _is_free(port):
            if port != settings.PORT:
                console.say(f"Port {settings.PORT} is taken, so this site uses {port} (PORT sets another).")
            return port
    raise StartError(f"ports {settings.PORT} to {port} are all taken. Set PORT to a free one.")


def _is_free(port: int) -> bool:
    family = socket.AF_INET6 if ":" in settings.HOST else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.HOST, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise StartError(
                f"cannot listen on {settings.HOST}:{port}: {error.strerror}. Set HOST or PORT."
            ) from None
    return True


def _web_answers(port: int) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.HOST, settings.HOST)  # noqa: S104
    connection = http.client.HTTPConnection(host, port, timeout=10)
    try:
        connection.request(
            "GET", "/healthz", headers={"Host": settings.ALLOWED_HOSTS[0].lstrip(".*") or "localhost"}
        )
        return connection.getresponse().status < 500
    except OSError:
        return False
    finally:
        connection.close()


def _redis_answers() -> bool:
    from redis import Redis
    from redis.exceptions import RedisError

    try:
        with Redis.from_url(settings.REDIS_URL, socket_timeout=2) as client:
            return bool(client.ping())
    except (RedisError, OSError):
        return False


# -- static files -------------------------------------------------------------------------------------------


def static_fingerprint() -> str:
    """A digest of the name, size and time of every static file of the site and its packages."""
    digest = hashlib.sha256(settings.STORAGES["staticfiles"]["BACKEND"].encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            facts = Path(storage.path(name)).stat()
            digest.update(f"{name} {facts.st_size} {facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def static_files_changed() -> bool:
    stamp = settings.STATIC_ROOT / ".fingerprint"
    return not stamp.exists() or stamp.read_text(encoding="ascii") != static_fingerprint()


def collect_static_files() -> None:
    # Fonts of printed documents are read by workers and never sent to a browser.
    call_command("collectstatic", verbosity=0, interactive=False, ignore_patterns=["fonts-print"])
    (settings.STATIC_ROOT / ".fingerprint").write_text(static_fingerprint(), encoding="ascii")
