"""The supervisor, over small real processes."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from mmsite import supervisor as module
from mmsite.console import Console
from mmsite.supervisor import Child, StartError, Supervisor

SLEEPER = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SLEEPER
PARENT = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {STUBBORN!r}]); {SLEEPER}"


def python(name: str, program: str, **options: object) -> Child:
    return Child(name, [sys.executable, "-c", program], **options)  # type: ignore[arg-type]


@pytest.fixture
def output() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def supervisor(output: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> Supervisor:
    monkeypatch.setattr(module, "_BACK_OFF", (0.0,))
    monkeypatch.setattr(module, "_PATIENCE", 0.5)
    return Supervisor(Console(output))


def test_lines_of_a_child_carry_its_name(supervisor: Supervisor, output: io.StringIO) -> None:
    with supervisor:
        supervisor.add(python("web", SLEEPER))
        assert supervisor.wait(lambda: "up" in output.getvalue(), 10)
    assert "web     | up" in output.getvalue()


def test_a_progress_line_of_a_child_is_shown_without_its_name(
    supervisor: Supervisor, output: io.StringIO
) -> None:
    with supervisor:
        supervisor.add(python("demo", "print('progress: Drawing: 3 of 9')", restart=False))
        assert supervisor.wait(lambda: "Drawing" in output.getvalue(), 10)
    assert output.getvalue() == "Drawing: 3 of 9\n"


def test_a_child_leads_a_group_in_the_session_of_the_supervisor_so_that_nice_counts(
    supervisor: Supervisor, output: io.StringIO
) -> None:
    tells = "import os; print('up', os.getpgrp() == os.getpid(), os.getsid(0), os.nice(0), flush=True); "
    with supervisor:
        supervisor.add(python("encode", tells + SLEEPER, nice=7))
        assert supervisor.wait(lambda: "up" in output.getvalue(), 10)
    assert f"up True {os.getsid(0)} {os.nice(0) + 7}" in output.getvalue()


def test_a_child_that_loads_first_yields_later_with_all_its_threads(
    supervisor: Supervisor, output: io.StringIO
) -> None:
    threaded = (
        "import threading, time; threading.Thread(target=time.sleep, args=(600,), daemon=True).start(); "
    )
    with supervisor:
        child = supervisor.add(python("encode", threaded + SLEEPER, nice=7, nice_after=0.01))
        assert supervisor.wait(lambda: "up" in output.getvalue() and child.yields, 10)
        assert child.process is not None
        niceness = {
            os.getpriority(os.PRIO_PROCESS, one.id) for one in psutil.Process(child.process.pid).threads()
        }
    assert niceness == {os.nice(0) + 7}


def test_a_child_has_no_terminal_to_ask_at() -> None:
    child = str(Path(module.__file__).with_name("child.py"))
    asks = [sys.executable, "-c", "open('/dev/tty')"]
    parent = (
        "import os, subprocess, sys; print(bool(open('/dev/tty')), flush=True); "
        f"started = [sys.executable, {child!r}, str(os.getpid()), '0', *{asks!r}]; "
        "subprocess.run(started, process_group=0)"
    )
    at_a_terminal = f"import pty, sys; pty.spawn([sys.executable, '-c', {parent!r}])"
    told = subprocess.run(
        [sys.executable, "-c", at_a_terminal], capture_output=True, text=True, timeout=60, check=True
    ).stdout
    assert told.startswith("True")
    assert "No such device or address: '/dev/tty'" in told


def test_a_child_that_dies_is_started_again(supervisor: Supervisor, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    with supervisor:
        dies_once = f"import pathlib; m = pathlib.Path({str(mark)!r}); first = not m.exists(); m.touch()\n"
        child = supervisor.add(python("query", dies_once + f"if not first: exec({SLEEPER!r})"))
        first = child.process
        assert supervisor.wait(lambda: child.process is not first and child.is_running, 10)


def test_a_child_that_keeps_dying_while_starting_ends_the_start(supervisor: Supervisor) -> None:
    with supervisor:
        supervisor.add(python("web", "raise SystemExit(7)"))
        with pytest.raises(StartError, match=r"web ended 3 times while starting \(exit code 7\)"):
            supervisor.wait(lambda: False, 10)


def test_a_child_that_does_its_work_once_reports_its_exit_code(supervisor: Supervisor) -> None:
    codes: list[int] = []
    with supervisor:
        supervisor.add(python("demo", "raise SystemExit(4)", restart=False, on_exit=codes.append))
        assert supervisor.wait(lambda: bool(codes), 10)
    assert codes == [4]


def test_stopping_ends_a_stubborn_child_and_what_it_started(
    supervisor: Supervisor, output: io.StringIO
) -> None:
    with supervisor:
        supervisor.add(python("redis", SLEEPER))
        child = supervisor.add(python("worker", PARENT))
        assert supervisor.wait(lambda: output.getvalue().count("up") == 3, 20)
        assert child.process is not None
        family = [psutil.Process(child.process.pid), *psutil.Process(child.process.pid).children()]
        assert len(family) == 2
    _gone, alive = psutil.wait_procs(family, timeout=5)
    assert alive == []


def test_the_first_child_is_stopped_after_the_others(
    supervisor: Supervisor, output: io.StringIO, tmp_path: Path
) -> None:
    says_when = (
        "import signal, sys, time\n"
        "def end(*_):\n"
        "    open(LOG, 'a').write(NAME + ' ')\n"
        "    sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n" + SLEEPER
    )
    log = tmp_path / "order"
    with supervisor:
        for name in ("redis", "web", "worker"):
            supervisor.add(python(name, f"LOG, NAME = {str(log)!r}, {name!r}\n{says_when}"))
        assert supervisor.wait(lambda: output.getvalue().count("up") == 3, 20)
    names = log.read_text().split()
    assert len(names) == 3
    assert names[-1] == "redis"


def test_a_signal_ends_the_wait_and_the_old_handler_returns(supervisor: Supervisor) -> None:
    before = signal.getsignal(signal.SIGTERM)
    with supervisor:
        signal.raise_signal(signal.SIGTERM)
        assert not supervisor.wait(lambda: True, 10)
        assert supervisor.stopping
    assert signal.getsignal(signal.SIGTERM) is before
