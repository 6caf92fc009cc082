"""Several processes score as one does, and none outlives the one they work for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from analytics.contracts import Sentiment, Spoken
from analytics.engine.sentiment import load_scorer
from analytics.engine.sentiment.cells import OUTPUTS, cells_of
from analytics.engine.sentiment.crew import Crew, result_of
from recommender.errors import RecommenderError

TEXTS = ("The battery is great but delivery was late.", "房间很干净，服务态度太差", "", "👍", "<b>")
STARTED = """
import os, sys
from analytics.engine.sentiment.crew import Crew
from tests.analytics.engine.test_crew import process_of
if __name__ == "__main__":
    with Crew(process_of, processes=2) as crew:
        begun = [crew.score(["fine"]) for _ in range(2)]
        [future.result() for future in begun]
        print("scored", flush=True)
        sys.stdin.read()
"""


def process_of(_: Sentiment) -> int:
    return os.getpid()


def threads_of(_: Sentiment) -> str:
    return os.environ["OMP_NUM_THREADS"]


def end(_: Sentiment) -> None:
    os._exit(3)


def test_texts_are_told_as_one_process_would_in_the_order_they_were_given() -> None:
    alone = [cells_of(one) for one in load_scorer().score([Spoken(text=text) for text in TEXTS])]
    with Crew(cells_of, processes=2) as crew:
        begun = [crew.score(portion) for portion in (TEXTS, TEXTS[::-1])]
        told = [result_of(future) for future in begun]
    assert told == [alone, alone[::-1]]
    assert {len(cells) for cells in alone} == {len(OUTPUTS)}


def test_each_process_counts_on_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    with Crew(threads_of, processes=1) as crew:
        assert result_of(crew.score(["fine"])) == ["1"]


def test_the_environment_stays_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    with Crew(threads_of, processes=1) as crew:
        crew.score(["fine"])
        assert os.environ["OMP_NUM_THREADS"] == "7"
        assert "MKL_NUM_THREADS" not in os.environ


def test_a_machine_of_many_cores_is_not_filled_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)), raising=False)
    with Crew(cells_of) as crew:
        assert crew.processes == 16


def test_weights_that_cannot_be_loaded_are_told_and_no_others_score(tmp_path: Path) -> None:
    with (
        Crew(cells_of, tmp_path / "gone", processes=1) as crew,
        pytest.raises(RecommenderError, match="gone does not exist"),
    ):
        result_of(crew.score(["Awful, a waste of money."]))


def test_the_sites_own_aspects_are_found(tmp_path: Path) -> None:
    (tmp_path / "aspects.json").write_text('{"scent": {"en": ["smell"]}}', encoding="utf-8")
    with Crew(cells_of, aspects_file=tmp_path / "aspects.json", processes=1) as crew:
        (cells,) = result_of(crew.score(["The smell is horrible."]))
    assert dict(zip(OUTPUTS, cells, strict=True))["aspects"].startswith("scent: -")


def test_a_process_that_ends_is_told_with_a_remedy() -> None:
    with Crew(end, processes=1) as crew, pytest.raises(RecommenderError) as told:
        result_of(crew.score(["fine"]))
    assert "use fewer processes" in told.value.remedy


def test_nothing_more_can_be_asked_of_a_crew_of_which_a_process_has_ended() -> None:
    with Crew(end, processes=1) as crew:
        with pytest.raises(RecommenderError):
            result_of(crew.score(["fine"]))
        with pytest.raises(RecommenderError, match="has ended"):
            crew.score(["fine"])


def test_processes_end_when_the_one_they_work_for_is_killed() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", STARTED], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == "scored\n"
    children = psutil.Process(parent.pid).children()
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    _, alive = psutil.wait_procs(children, timeout=30)
    assert len(children) >= 2
    assert not alive
