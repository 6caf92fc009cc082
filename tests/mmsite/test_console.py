"""What the terminal shows."""

from __future__ import annotations

import io

from mmsite.console import Console


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_keeps_the_progress_line_last() -> None:
    screen = Terminal()
    console = Console(screen)
    console.progress("Drawing: 1 of 2")
    console.say("hello")
    console.progress("")
    assert screen.getvalue() == "Drawing: 1 of 2\r\x1b[2Khello\nDrawing: 1 of 2\r\x1b[2K"


def test_a_file_gets_one_line_for_each_stage_and_few_within_it() -> None:
    log = io.StringIO()
    console = Console(log)
    for text in ("Drawing: 1 of 3", "Drawing: 2 of 3", "Drawing: 3 of 3", "Importing: 1 of 3"):
        console.progress(text)
    assert log.getvalue() == "Drawing: 1 of 3\nImporting: 1 of 3\n"
