"""What to do about a worker that is silent: dead, or there and hanging, as far as it can be told."""

from __future__ import annotations

import socket
from pathlib import Path

from django.utils.translation import gettext_noop as _

from analytics.services.monitoring.heartbeat import Heartbeat
from recommender.said import Said, say

_PROCESSES = Path("/proc")


def remedy_for(one: Heartbeat | None) -> Said:
    """``one`` is the last sign of life of the silent worker; None where there was none."""
    if one is None or is_running(one) is False:
        return say(
            _("manage.py serve starts a dead worker again; else do it by hand. Its output says why it died.")
        )
    if is_running(one):
        return say(
            _(
                "Its process still runs, so it hangs: kill -9 {pid}. "
                "Then manage.py serve starts it again; else do it by hand."
            ),
            pid=one.pid,
        )
    return say(
        _(
            "If process {pid} still runs on its machine, it hangs: kill -9 {pid} there. "
            "manage.py serve starts a dead worker again; else do it by hand. Its output says why it died."
        ),
        pid=one.pid,
    )


def is_running(one: Heartbeat) -> bool | None:
    """Whether its process is there; None where that cannot be told, such as on another machine."""
    if one.node.partition("@")[2] != socket.gethostname() or not (_PROCESSES / "self").exists():
        return None
    try:
        # Another process may have its number by now.
        return b"celery" in (_PROCESSES / str(one.pid) / "cmdline").read_bytes()
    except OSError:
        return False
