"""Starts child processes, relays what they print, restarts those that die, and leaves none behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mmsite.console import Console

#: A child that prints a line starting so reports progress instead of saying something.
PROGRESS = "progress: "
_BACK_OFF = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)  # seconds before the first, second, ... restart in a row
_SETTLED = 60.0  # seconds after which a child counts as healthy again
_GIVE_UP_BEFORE_READY = 3  # deaths of one child while starting
_TICK = 0.1
_ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_FAREWELL = "worker: Warm shutdown"  # what every Celery worker says when asked to stop
_PATIENCE = 15.0  # seconds between asking a child to stop and killing it


class StartError(Exception):
    """The site cannot start; the text says why and what to do."""


@dataclass
class Child:
    """One supervised command.

    Attributes:
        name: the prefix of its lines.
        command: program and arguments.
        env: variables set besides the supervisor's own.
        nice: how much the child yields to others, 0 to 19; ``nice_after`` so many seconds from its start on.
            Whoever loads much first would else wait for minutes to begin, on a machine that is busy.
        restart: start it again when it ends; a child that is not restarted may end well.
        on_exit: called with the return code after a child that is not restarted has ended.
    """

    name: str
    command: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    nice: int = 0
    restart: bool = True
    on_exit: Callable[[int], None] | None = None
    nice_after: float = 0.0
    process: subprocess.Popen[str] | None = None
    yields: bool = False
    reader: threading.Thread | None = None
    started: float = 0.0
    deaths: int = 0
    due: float | None = None

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def signal(self, number: int) -> None:
        """Signal the child and everything it started, which share a process group."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)

    def let_others_first(self) -> None:
        """From now on, with all its threads and whatever it started."""
        self.yields = True
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.setpriority(os.PRIO_PGRP, self.process.pid, min(19, os.nice(0) + self.nice))


class Supervisor:
    """Runs children until told to stop; use as a context manager, so that leaving stops them all."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.children: list[Child] = []
        self.ready = False
        self._stop = threading.Event()

    def __enter__(self) -> Supervisor:
        self._handlers = {number: signal.signal(number, self._on_signal) for number in _ENDINGS}
        return self

    def __exit__(self, *_: object) -> None:
        for number in _ENDINGS:
            signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not leave children behind
        self.stop()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    def add(self, child: Child) -> Child:
        """Start ``child`` and watch over it from now on."""
        self.children.append(child)
        self._start(child)
        return child

    def wait(self, until: Callable[[], bool], seconds: float) -> bool:
        """Watch over the children until ``until()`` holds; False when time is up or stopping began."""
        deadline = time.monotonic() + seconds
        while not self.stopping and time.monotonic() < deadline:
            if until():
                return True
            self._watch()
            self._stop.wait(_TICK)
        return False

    def run(self) -> None:
        """Watch over the children until a signal arrives."""
        self.ready = True
        while not self.stopping:
            self._watch()
            self._stop.wait(_TICK)

    def stop(self) -> None:
        """Ask every child to stop, the last started first, and kill those that do not."""
        self._stop.set()
        deadline = time.monotonic() + _PATIENCE
        # Redis is started first and stopped last: workers say goodbye to it.
        for child in reversed(self.children[1:]):
            child.signal(signal.SIGTERM)
        self._wait_for(self.children[1:], deadline)
        for child in self.children[:1]:
            child.signal(signal.SIGTERM)
        self._wait_for(self.children, max(deadline, time.monotonic() + 3))

    def _wait_for(self, children: Sequence[Child], deadline: float) -> None:
        for child in children:
            if child.process is None:
                continue
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(max(0.0, deadline - time.monotonic()))
            child.signal(signal.SIGKILL)  # also what a child left behind in its group
            child.process.wait()

    def _on_signal(self, _number: int, _frame: object) -> None:
        self._stop.set()

    def _start(self, child: Child) -> None:
        wrapper = [sys.executable, "-I", "-S", str(Path(__file__).with_name("child.py"))]
        child.process = subprocess.Popen(  # noqa: S603 (fixed commands of mmsite/serve.py)
            [*wrapper, str(os.getpid()), str(0 if child.nice_after else child.nice), *child.command],
            env={**os.environ, **child.env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            process_group=0,  # no session: across sessions Linux shares the cores evenly, whatever nice says
        )
        child.started, child.due = time.monotonic(), None
        child.yields = not child.nice_after
        child.reader = threading.Thread(target=self._relay, args=(child, child.process), daemon=True)
        child.reader.start()

    def _relay(self, child: Child, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            text = line.rstrip()
            if text.startswith(PROGRESS):
                self.console.progress(text.removeprefix(PROGRESS))
            elif text and not (self.stopping and text.startswith(_FAREWELL)):
                self.console.say(text, child.name)

    def _watch(self) -> None:
        now = time.monotonic()
        for child in list(self.children):
            if child.due is not None and now >= child.due:
                self._start(child)
            elif child.due is None and not child.is_running:
                self._bury(child, now)
            elif child.due is None and not child.yields and now >= child.started + child.nice_after:
                child.let_others_first()

    def _bury(self, child: Child, now: float) -> None:
        assert child.process is not None
        assert child.reader is not None
        child.signal(signal.SIGKILL)
        child.reader.join(timeout=1)  # its last words come first
        code = child.process.returncode
        if not child.restart:
            self.children.remove(child)
            if child.on_exit is not None:
                child.on_exit(code)
            return
        child.deaths = 1 if now - child.started > _SETTLED else child.deaths + 1
        if not self.ready and child.deaths >= _GIVE_UP_BEFORE_READY:
            raise StartError(f"{child.name} ended {child.deaths} times while starting (exit code {code}).")
        pause = _BACK_OFF[min(child.deaths, len(_BACK_OFF)) - 1]
        child.due = now + pause
        self.console.say(f"ended with exit code {code}; starting again in {pause:.0f} s", child.name)
