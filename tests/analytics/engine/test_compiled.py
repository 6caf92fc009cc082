"""Machine code: kept until a source changes, all made by warming up, and right in what it computes."""

from __future__ import annotations

import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numba
import numpy as np
import pytest
from numba.core.registry import CPUDispatcher

from analytics.contracts import Spoken
from analytics.engine.sentiment import compiled, load_scorer
from analytics.engine.sentiment.aspects_tanh import tanh
from analytics.engine.sentiment.warm_up import sweep, warm_up


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "loops.py").write_text("@compiled\n")
    (tmp_path / "plain.py").write_text("one\n")
    monkeypatch.setattr(compiled, "_SOURCES", tmp_path)
    return tmp_path


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(compiled, "_KEPT", tmp_path)
    return tmp_path


def test_code_is_kept_beside_its_sources(sources: Path) -> None:
    folder = compiled.kept_folder()
    assert folder is not None
    assert folder.parent == sources / "__pycache__"
    assert folder == compiled.kept_folder()


def test_a_source_that_changes_is_compiled_anew_and_no_other(sources: Path) -> None:
    before = compiled.kept_folder()
    (sources / "plain.py").write_text("another\n")
    assert compiled.kept_folder() == before
    (sources / "loops.py").write_text("@compiled  # otherwise\n")
    assert compiled.kept_folder() != before


def test_another_compiler_keeps_code_elsewhere(sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = compiled.kept_folder()
    monkeypatch.setattr(numba, "__version__", "another")
    assert compiled.kept_folder() != before


def test_where_nothing_can_be_written_beside_them_it_goes_to_the_users_cache(
    sources: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    (sources / "__pycache__").write_text("no folder")
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    folder = compiled.kept_folder()
    assert folder is not None
    assert folder.parent == home / ".cache" / "mmsite"


def test_where_nothing_can_be_written_at_all_none_is_kept(
    sources: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (sources / "__pycache__").write_text("no folder")
    monkeypatch.setenv("HOME", str(sources / "loops.py"))
    assert compiled.kept_folder() is None


def test_a_user_without_a_home_keeps_none_in_the_folder_where_he_stands(
    sources: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    (sources / "__pycache__").write_text("no folder")
    monkeypatch.setattr(Path, "home", homeless)
    assert compiled.kept_folder() is None


def test_code_that_somebody_else_compiled_is_used_where_nothing_can_be_written(
    sources: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = compiled.kept_folder()
    assert folder is not None
    (folder / "loops.twice-1.py311.nbi").touch()

    def refused(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "touch", refused)
    assert compiled.kept_folder() == folder


def twice(value: int) -> int:
    return 2 * value


def test_a_loop_is_read_back_in_place_of_being_compiled(kept: Path) -> None:
    assert compiled.compiled(twice)(4) == 8
    again = compiled.compiled(twice)
    assert again(4) == 8
    assert sum(again.stats.cache_hits.values()) == 1


def test_a_loop_whose_code_is_damaged_is_compiled_anew(kept: Path) -> None:
    compiled.compiled(twice)(4)
    for file in kept.glob("*.nbc"):
        file.write_bytes(b"")
    again = compiled.compiled(twice)
    assert again(4) == 8
    assert sum(again.stats.cache_hits.values()) == 0
    assert compiled.compiled(twice)(4) == 8


def test_a_loop_runs_where_its_code_cannot_be_written(kept: Path) -> None:
    kept.rmdir()
    assert compiled.compiled(twice)(4) == 8


def test_a_loop_runs_where_nothing_can_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "_KEPT", None)
    assert compiled.compiled(twice)(4) == 8


def test_code_of_earlier_sources_is_swept_away(sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = compiled.kept_folder()
    (sources / "loops.py").write_text("@compiled  # otherwise\n")
    now = compiled.kept_folder()
    assert before is not None
    assert now is not None
    sweep()
    assert now.is_dir()
    assert not before.exists()


def known() -> dict[str, int]:
    """For how many kinds of arguments each loop is compiled."""
    loops = {
        f"{name}.{one.__name__}": one
        for name, module in sys.modules.items()
        if name.startswith("analytics.engine.sentiment.")
        for one in vars(module).values()
        if isinstance(one, CPUDispatcher)
    }
    return {name: len(one.signatures) for name, one in loops.items()}


def grown_by_scoring() -> dict[str, tuple[int, int]]:
    """Which loops need more than what warming up compiles."""
    warm_up()
    before = known()
    scorer = load_scorer()
    scorer.score([Spoken(text=text) for text in ("", "Great.", "好", "The food is 好 😍", "not bad at all")])
    scorer.score([Spoken(text="The food was cold and the staff was rude. " * 30)])
    scorer.score([Spoken(text=text) for text in ("电池很好。" * 90, "It's fine") * 40])
    return {name: (count, now) for name, count in before.items() if (now := known()[name]) != count}


def test_once_warm_nothing_is_left_to_compile() -> None:
    # In a process of its own: other tests have loops compiled for what they give them.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as apart:
        assert apart.submit(grown_by_scoring).result() == {}
        assert apart.submit(known).result()["analytics.engine.sentiment.text_features._grams"] == 1


#: The long ones are longer than what is read of a text, and more than is read together.
TEXTS = (
    "", "Not bad, the food is great!", "好", "味道不错 but 服务很差 😡", "电池 good, isn't it?", " 。 ",
    "电池很好。" * 70, "服务差，" * 70,
)  # fmt: skip


def scored() -> list[tuple[list[float], list[tuple[int, int, float]], list[tuple[str, float]]]]:
    """Probabilities, words and aspects of ``TEXTS``, together and then one by one."""
    scorer = load_scorer()
    found = scorer.score([Spoken(text=text) for text in TEXTS])
    found += [scorer.score([Spoken(text=text)])[0] for text in TEXTS]
    return [
        (
            list(one.overall.probabilities) if one.overall else [],
            [(word.start, word.end, word.weight) for word in one.words],
            [(aspect.aspect, aspect.polarity) for aspect in one.aspects],
        )
        for one in found
    ]


def test_it_scores_as_the_same_loops_do_one_step_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    # Not compiled, a place that is outside of an array is an error as well.
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as apart:
        slowly = apart.submit(scored).result()
    assert any(aspects for *_, aspects in slowly)
    for fast, slow in zip(scored(), slowly, strict=True):
        assert fast[0] == pytest.approx(slow[0], abs=1e-6)
        assert fast[1:] == slow[1:]


def test_the_tangent_is_that_of_a_mathematical_library() -> None:
    values = np.linspace(-12, 12, 20_001, dtype=np.float32)
    read = np.array([tanh(value) for value in values])
    assert np.abs(read - np.tanh(values.astype(np.float64))).max() < 3e-7
