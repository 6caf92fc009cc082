"""How benchmarks end: what was left out or missed is told, and none keeps the others from being run."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks import _all
from benchmarks._report import LEFT_OUT, MISSED, verdict
from tests.analytics.engine.aspects_planted import written

#: Those that measure nothing without data sets; two others measure the rest.
OF_DATA_ALONE = (
    "sentiment_aspects",
    "sentiment_fusion",
    "sentiment_speech",
    "sentiment_text",
    "sentiment_text_in_turn",
    "speech_recognition",
)


def test_a_missed_bar_is_told_and_makes_the_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert verdict({"quick": True, "small": False}) == MISSED == 1
    assert capsys.readouterr().out == "Bars: 1 of 2 MISSED: small\n"


def test_bars_that_are_met_end_well_unless_something_was_left_out() -> None:
    assert verdict({"quick": True}) == verdict({}) == 0
    assert verdict({"quick": True}, whole=False) == LEFT_OUT
    assert verdict({"quick": False}, whole=False) == MISSED


@pytest.mark.parametrize("name", OF_DATA_ALONE)
def test_one_that_needs_data_says_in_a_line_that_it_is_left_out(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [name, "--data", str(tmp_path / "nowhere")])
    with pytest.raises(SystemExit) as end:
        importlib.import_module(f"benchmarks.{name}").main()
    assert end.value.code == LEFT_OUT
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("Left out: ")
    assert str(tmp_path / "nowhere") in line


def test_without_data_an_encoder_is_measured_on_the_demo_world(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from benchmarks import encoder_quality

    rows: list[dict[str, Any]] = []
    monkeypatch.setattr(sys, "argv", ["encoder_quality", "--data", str(tmp_path)])
    monkeypatch.setattr(
        encoder_quality, "demo_world", lambda *_: iter([encoder_quality.row("demo", 0.5, "", 1, 0.3)])
    )
    monkeypatch.setattr(encoder_quality, "sounds", lambda _: iter(()))
    monkeypatch.setattr(encoder_quality, "publish", lambda _name, found, *_, **__: rows.extend(found))
    with pytest.raises(SystemExit) as end:
        encoder_quality.main()
    assert end.value.code == LEFT_OUT
    assert [row["figure"] for row in rows] == ["demo"]
    assert "Left out: real pictures" in capsys.readouterr().out


def test_without_rated_sentences_the_recipe_of_aspects_is_not_taught_anew_but_its_peer_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("torch")
    from benchmarks import sentiment_aspects

    rows: list[dict[str, Any]] = []
    monkeypatch.delenv("MMSITE_RATED", raising=False)
    monkeypatch.setattr(sys, "argv", ["sentiment_aspects", "--data", str(written(tmp_path))])
    monkeypatch.setattr(sentiment_aspects, "BARS", dict.fromkeys(sentiment_aspects.BARS, (0.0, 0.0)))
    monkeypatch.setattr(sentiment_aspects, "CALIBRATION", 1.0)
    monkeypatch.setattr(sentiment_aspects, "publish", lambda _name, found, *_, **__: rows.extend(found))
    with pytest.raises(SystemExit) as end:
        sentiment_aspects.main()
    assert end.value.code == LEFT_OUT
    in_turn = {row["by"].partition(",")[0] for row in rows if "in turn" in row["by"]}
    assert in_turn == {"tf-idf window"}
    assert "Left out: the recipe of every fifth in turn" in capsys.readouterr().out


def test_the_recipe_of_aspects_is_taught_anew_with_the_rated_sentences_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch")
    from benchmarks import sentiment_aspects

    given: list[tuple[Any, Any]] = []

    def taught(_data: Path, _folder: Path, held: Any, beside: Any) -> tuple[str, str]:
        given.append((held, beside))
        return "terms", "lessons"

    beside, shipped = object(), SimpleNamespace(arrays={"temperature": 1.5})
    monkeypatch.setattr(sentiment_aspects, "taught", taught)
    monkeypatch.setattr(sentiment_aspects, "begun", lambda *_, **__: {})
    monkeypatch.setattr(sentiment_aspects, "fitted", lambda *_, **__: "model")
    monkeypatch.setattr(sentiment_aspects, "temperature", lambda *_: 1.2)
    monkeypatch.setattr(sentiment_aspects, "calibrated", lambda model, value: (model, value))
    teach: Any = sentiment_aspects.taught_anew
    models = teach(written(tmp_path), beside, [(0,), (1,), (2,)], shipped)
    assert models == {(0,): shipped, (1,): ("model", 1.2), (2,): ("model", 1.5)}
    assert {held for held, _ in given} == {(0,), (1,), (2,), (0, 1)}
    assert all(one is beside for _, one in given)


def test_rated_sentences_that_cannot_be_read_are_refused_before_anything_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("torch")
    from benchmarks import sentiment_aspects

    given = ["--data", str(written(tmp_path)), "--rated", str(tmp_path / "none")]
    monkeypatch.setattr(sys, "argv", ["sentiment_aspects", *given])
    monkeypatch.setattr(sentiment_aspects, "machine", lambda: pytest.fail("It began to measure."))
    with pytest.raises(SystemExit) as end:
        sentiment_aspects.main()
    assert end.value.code not in (0, MISSED, LEFT_OUT)
    assert "none is not the source archive of vaderSentiment" in capsys.readouterr().err


def test_all_are_run_and_those_that_did_not_end_well_are_named_at_the_end(
    capsys: pytest.CaptureFixture[str],
) -> None:
    codes = {"first": MISSED, "second": LEFT_OUT, "third": 0, "fourth": -9}
    assert _all.main(list(codes), codes.__getitem__) == 1
    *_, count, missed, left_out = capsys.readouterr().out.splitlines()
    assert count == "4 run."
    assert missed.endswith(": first, fourth")
    assert left_out.endswith(": second")


def test_all_end_well_where_each_does(capsys: pytest.CaptureFixture[str]) -> None:
    assert _all.main(["one", "other"], lambda _: 0) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "2 run."


def test_every_benchmark_is_among_all_and_none_of_their_helpers() -> None:
    assert {"first_page", "encoder_quality"} | set(OF_DATA_ALONE) <= set(_all.every())
    assert not [name for name in _all.every() if name.startswith("_")]


def test_the_text_model_is_held_to_accuracy_calibration_and_speed() -> None:
    from benchmarks.sentiment_text import bars

    good = {"set": "films", "by": "this model", "reached": "yes", "calibration error": 0.05}
    fast = {"reviews_scored_by_two_processes_a_second": 2000.0, "one_review_scored_ms_p95": 3.0}
    slow = {"reviews_scored_by_two_processes_a_second": 1999.0, "one_review_scored_ms_p95": 3.1}
    peer = {**good, "by": "VADER", "reached": "", "calibration error": 0.4}
    assert list(bars([good, peer], fast).values()) == [True] * 4
    assert not any(bars([{**good, "reached": "no", "calibration error": 0.051}], slow).values())
