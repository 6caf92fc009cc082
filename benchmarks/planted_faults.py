"""Seconds until a light tells of a fault planted in a running site, and until it is green after the remedy.

The whole site is started in a folder of its own. Each fault is planted in it as it would come about: a
process that hangs or dies again and again, files that are gone, items of another kind, vectors that are old,
a file that takes the room on the disk (reserved, not written; 8 % stay free). The level is what the watch
process records, so the figure holds the time until it looks.

    python -m benchmarks.planted_faults [--only workers index]
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

BAR_SECONDS = 60.0
_LIMIT = 240.0
_START = 600.0
_VECTORS = 1_200


@dataclass(frozen=True)
class Fault:
    """``plant`` makes it and gives what undoes it; ``part`` is the light that should tell."""

    name: str
    part: str
    plant: Callable[[], Callable[[], object]]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="*", help="parts whose faults are planted")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="mmsite-bench-"))
    from benchmarks._report import ROOT, machine

    about = machine()
    weights = shutil.copytree(ROOT / "recommender/engine/encoders/weights/mmsite-mini", folder / "weights")
    os.environ |= {
        "MMSITE_VAR": str(folder / "var"),
        "ENCODER": f"local-dir:{weights}",
        "PORT": "8731",
        "WEB_WORKERS": "1",
        "DJANGO_SETTINGS_MODULE": "mmsite.settings",
    }
    try:
        with _site(folder) as site:
            rows = [_measured(fault) for fault in faults(site, weights, options.only)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    os.environ["MMSITE_VAR"] = str(ROOT / "var")  # the figures outlive the folder of this run
    from benchmarks._report import publish, verdict

    publish("planted_faults", rows, about, bar_seconds=BAR_SECONDS)
    after = {row["fault"]: row["told after s"] for row in rows}
    sys.exit(verdict({fault: told is not None and told < BAR_SECONDS for fault, told in after.items()}))


@contextmanager
def _site(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Everything that serve starts, with some items encoded."""
    from benchmarks._report import ROOT

    with (folder / "serve.log").open("wb") as log:
        site = subprocess.Popen([sys.executable, str(ROOT / "manage.py"), "serve"], stdout=log, stderr=log)
    try:
        import django

        django.setup()
        _wait(_is_up, _START)
        _fill()
        yield site
    finally:
        site.terminate()
        site.wait(60)


def _is_up() -> bool:
    """Redis answers, the watch process looks, and every worker was heard from."""
    from redis.exceptions import RedisError

    try:
        return _level("workers") == 0
    except RedisError:
        return False


def _fill() -> None:
    from recommender.models import Embedding, IndexSnapshot, Item
    from recommender.services.calls import call_task

    Item.objects.bulk_create(Item(external_id=f"item {n}", title=f"Bag {n}") for n in range(100))
    _wait(lambda: Embedding.objects.ready().count() >= 100, _START)
    call_task("rebuild_index", True)
    _wait(lambda: IndexSnapshot.objects.filter(state="active").exists(), _START)


# -- measuring ------------------------------------------------------------------------------------------


def _measured(fault: Fault) -> dict[str, Any]:
    _wait(lambda: _level(fault.part) == 0)
    mend = fault.plant()
    told = _wait(lambda: (_level(fault.part) or 0) > 0)
    reason = _reason(fault.part).replace(str(Path(os.environ["MMSITE_VAR"]).parent), "…")
    mend()
    row = {"fault": fault.name, "light": fault.part, "told after s": told, "said": reason}
    row["green after s"] = _wait(lambda: _level(fault.part) == 0)
    print(row, flush=True)
    return row


def _wait(done: Callable[[], bool], limit: float = _LIMIT) -> float | None:
    """Seconds until it is so; None where it never was."""
    began = time.monotonic()
    while not done():
        if time.monotonic() - began > limit:
            return None
        time.sleep(0.25)
    return round(time.monotonic() - began, 1)


def _level(part: str) -> float | None:
    """As the watch process recorded it last."""
    from recommender.telemetry import read_totals

    return read_totals().gauges.get("mmsite_light", {}).get((part,))


def _reason(part: str) -> str:
    from analytics.services.monitoring import lights

    return str(lights.look(fresh=True)[part].reason)


# -- faults ---------------------------------------------------------------------------------------------


def faults(site: subprocess.Popen[bytes], weights: Path, only: list[str] | None) -> list[Fault]:
    every = [
        Fault("worker killed, and again whenever it starts", "workers", lambda: _kill_again("encode")),
        Fault("worker hangs", "workers", lambda: _hang(_worker("encode"))),
        Fault("queue backed up", "queues", lambda: _hang(_worker("default"))),
        Fault("encoder missing weights", "encoder", lambda: _take_away(weights)),
        Fault("drifted uploads", "drift", _bring_another_world),
        Fault("index stale", "index", lambda: _make_stale(site.pid)),
        Fault("disk nearly full", "disk", lambda: _take_room(weights.parent / "large")),
        Fault("periodic tasks stopped", "periodic", lambda: _hang(_beat(site.pid))),
    ]
    return [one for one in every if not only or one.part in only]


def _kill_again(name: str) -> Callable[[], object]:
    """As one that finds too little memory: its supervisor starts it anew, and it dies anew."""
    over = threading.Event()

    def kill() -> None:
        while not over.wait(0.2):
            for pid in _processes(f"{name}@"):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()

    def leave_alone() -> None:
        over.set()
        killer.join()

    return leave_alone


def _processes(node: str) -> list[int]:
    """Those of this site that run a worker whose name begins so."""
    here = f"MMSITE_VAR={os.environ['MMSITE_VAR']}\0".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
            if f"\0-n\0{node}".encode() in command and here in (folder / "environ").read_bytes() + b"\0":
                found.append(int(folder.name))
        except OSError:  # gone meanwhile, or somebody else's
            continue
    return found


def _hang(pid: int) -> Callable[[], object]:
    """One that was killed would be started again before anybody noticed."""
    os.kill(pid, signal.SIGSTOP)
    return lambda: os.kill(pid, signal.SIGCONT)


def _worker(name: str) -> int:
    from analytics.services.monitoring.heartbeat import heard_from

    return next(one.pid for one in heard_from(time.time()) if one.node.startswith(f"{name}@"))


def _beat(serve: int) -> int:
    """Among the processes that serve started."""
    for listed in Path(f"/proc/{serve}/task").glob("*/children"):
        for pid in listed.read_text(encoding="ascii").split():
            if b"\0beat\0" in Path(f"/proc/{pid}/cmdline").read_bytes():
                return int(pid)
    raise LookupError("serve runs no beat")


def _press(name: str) -> None:
    from analytics.services.monitoring import buttons
    from analytics.services.monitoring.actions import action_named, perform

    assert buttons.__name__  # declares them
    found = action_named(name)
    assert found is not None
    perform(found, None)


def _take_away(weights: Path) -> Callable[[], object]:
    file = weights / "mmsite-mini.safetensors"
    aside = file.rename(file.with_suffix(".aside"))

    def put_back() -> None:
        aside.rename(file)
        _press("recheck")

    return put_back


def _take_room(path: Path) -> Callable[[], object]:
    """Blocks are promised to a file, so that the disk has them no more; nothing is written."""
    usage = shutil.disk_usage(path.parent)
    with path.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, int(usage.free - 0.08 * usage.total))
    return path.unlink


def _make_stale(serve: int) -> Callable[[], object]:
    """Vectors that came ten minutes ago and that no rebuild took up, nor will before somebody asks."""
    from django.utils import timezone

    from recommender.models import Embedding, EncoderSpace, Item

    space = EncoderSpace.objects.active()
    assert space is not None
    known = Embedding.objects.ready().filter(space=space)[0].vector
    owners = Item.objects.bulk_create(
        Item(external_id=f"late {n}", title=f"Lamp {n}") for n in range(_VECTORS)
    )
    made = Embedding.objects.bulk_create(
        [Embedding(space=space, item=item, modality="text", state="ready", vector=known) for item in owners],
        ignore_conflicts=True,
    )
    go_on = _hang(_beat(serve))
    before = timezone.now() - timedelta(minutes=10)
    Embedding.objects.filter(item__in=owners).update(created_at=before)
    assert len(made) == _VECTORS

    def remedy() -> None:
        _press("rebuild_index")
        go_on()

    return remedy


def _bring_another_world() -> Callable[[], object]:
    """What all came days ago is one thing, what comes in now is another; the workers encode and look."""
    from django.utils import timezone

    from recommender.models import Item
    from recommender.services.calls import call_task

    Item.objects.update(created_at=timezone.now() - timedelta(days=3))
    parts = ("violin", "flute", "oboe", "choir", "organ")
    items = Item.objects.bulk_create(
        Item(external_id=f"other {n}", title=f"Sonata no. {n} for {parts[n % 5]} in a minor key")
        for n in range(80)
    )
    call_task("encode_pending")

    def withdraw() -> None:
        Item.objects.filter(pk__in=[item.pk for item in items]).update(
            availability=Item.Availability.RETIRED, updated_at=timezone.now()
        )

    return withdraw


if __name__ == "__main__":
    main()
