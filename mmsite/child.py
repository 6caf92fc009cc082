"""Becomes another program that is told to stop when its parent is gone: ``child.py PARENT NICE COMMAND...``.

Run as a file, so that nothing of the site is imported on the way.
"""

import contextlib
import ctypes
import fcntl
import os
import signal
import sys
import termios

_PR_SET_PDEATHSIG = 1


def main() -> None:
    parent, nice, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it died before the line above
        raise SystemExit(1)
    _leave_the_terminal()
    os.nice(nice)
    os.execvp(command[0], command)  # noqa: S606 (the supervisor's own fixed commands)


def _leave_the_terminal() -> None:
    """A child stays in the session, where ``nice`` counts; whoever asks at its terminal would be stopped."""
    with contextlib.suppress(OSError), open("/dev/tty", "rb", buffering=0) as terminal:
        fcntl.ioctl(terminal, termios.TIOCNOTTY)


if __name__ == "__main__":
    main()
