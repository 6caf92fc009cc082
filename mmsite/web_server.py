"""The web server, granian, as the supervisor runs it: ``web_server.py --host HOST --port PORT ...``.

When the supervisor is killed, the kernel sends SIGTERM once for each of its threads. granian sets an event in
its handler; a second signal within the first would wait for the event's lock for ever, with the port held.
"""

from __future__ import annotations

import argparse
from typing import Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

TARGET = "mmsite.wsgi:application"
#: Seconds that a web worker may take to answer what it is at.
_PATIENCE = 5


class Server(Granian):
    """Heeds the first signal to stop, and no other."""

    def signal_handler_interrupt(self, *args: Any, **kwargs: Any) -> None:
        if not self.interrupt_signal:
            super().signal_handler_interrupt(*args, **kwargs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", required=True)
    for name in ("port", "workers", "threads"):
        parser.add_argument(f"--{name}", required=True, type=int)
    parser.add_argument("--target", default=TARGET)
    asked = parser.parse_args()
    Server(
        asked.target,
        address=asked.host,
        port=asked.port,
        interface=Interfaces.WSGI,
        workers=asked.workers,
        blocking_threads=asked.threads,
        http=HTTPModes.http1,
        websockets=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=_PATIENCE,
    ).serve()


if __name__ == "__main__":
    main()
