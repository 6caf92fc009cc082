"""Becomes another program that is told to stop when its parent is gone: ``child.py PARENT NICE COMMAND...``.

Run as a file, so that nothing of the site is imported on the way.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    parent, nice, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it died before the line above
        raise SystemExit(1)
    os.nice(nice)
    os.execvp(command[0], command)  # noqa: S606 (the supervisor's own fixed commands)


if __name__ == "__main__":
    main()
