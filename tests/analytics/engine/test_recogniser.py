"""Recognisers: what a setting names, what is wrong with it, and what the embedded one hears."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from analytics.engine.sentiment.recogniser import (
    BACKENDS,
    Recogniser,
    SpeechPlug,
    key_of,
    load_recogniser,
    mistake_in,
)
from analytics.engine.sentiment.recogniser_words import Timed, placed, transcript
from analytics.engine.sentiment.transcripts import unfit
from recommender.contracts import Clip
from recommender.engine.demo.speech import synthesise
from recommender.errors import RecommenderError
from tests.conftest import ROOT


@pytest.fixture
def everything_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As far as looking for packages goes: so that folders are looked at."""
    monkeypatch.setattr("analytics.engine.sentiment.recogniser.find_spec", lambda name: True)


# -- what a setting names -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("vosk", "names no recogniser"),
        ("faster-whisper", "says no folder"),
        ("sherpa-onnx:", "says no folder"),
        ("pocketsphinx:/srv/models", "takes no folder"),
    ],
)
def test_a_setting_that_can_be_right_nowhere_is_told(spec: str, said: str) -> None:
    found = mistake_in(SpeechPlug(spec))
    assert found is not None
    assert said in found.message
    assert (bool(found.remedy), found.here) == (True, False)


@pytest.mark.parametrize("spec", ["pocketsphinx", "faster-whisper:/srv/it", "sherpa-onnx:/srv/it"])
def test_without_its_package_the_remedy_installs_it(spec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analytics.engine.sentiment.recogniser.find_spec", lambda name: None)
    found = mistake_in(SpeechPlug(spec))
    assert found is not None
    assert "pip install" in found.remedy
    assert found.here


@pytest.mark.usefixtures("everything_installed")
@pytest.mark.parametrize("kind", ["faster-whisper", "sherpa-onnx"])
def test_a_folder_that_is_not_there_is_told_and_nothing_is_fetched(kind: str) -> None:
    found = mistake_in(SpeechPlug(f"{kind}:/nowhere/it"))
    assert found is not None
    assert "/nowhere/it" in found.message
    assert "nothing is downloaded" in found.remedy
    with pytest.raises(RecommenderError, match="no folder /nowhere/it"):
        load_recogniser(SpeechPlug(f"{kind}:/nowhere/it"))


def test_a_place_of_this_machine_is_in_no_name() -> None:
    assert SpeechPlug("sherpa-onnx:/srv/models/zipformer-en").name == "sherpa-onnx:zipformer-en"
    assert SpeechPlug("pocketsphinx").name == "pocketsphinx"


def test_looking_for_mistakes_loads_no_package() -> None:
    program = (
        "import sys\n"
        "from analytics.engine.sentiment.recogniser import SpeechPlug, mistake_in\n"
        "for spec in ('pocketsphinx', 'faster-whisper:/tmp', 'sherpa-onnx:/tmp'):\n"
        "    mistake_in(SpeechPlug(spec))\n"
        "import analytics.engine.sentiment.recogniser_whisper, analytics.engine.sentiment.recogniser_sherpa\n"
        "assert not set(sys.modules) & {'pocketsphinx', 'faster_whisper', 'sherpa_onnx', 'torch'}\n"
    )
    answer = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=False)
    assert answer.returncode == 0, answer.stderr.decode()


def test_the_key_follows_contents_and_not_places(tmp_path: Path) -> None:
    for place in ("here", "there"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "model.bin").write_bytes(b"weights")
    here, there = tmp_path / "here" / "model.bin", tmp_path / "there" / "model.bin"
    assert key_of("it", [here], "1") == key_of("it", [there], "1") != key_of("it", [here], "2")
    there.write_bytes(b"others")
    assert key_of("it", [here], "1") != key_of("it", [there], "1")


# -- words --------------------------------------------------------------------------------------------------

TWICE = "the end of the end"


def test_words_are_found_where_they_stand_the_second_time_too() -> None:
    words = placed(TWICE, [Timed(word) for word in TWICE.split()])
    assert [(word.start, word.text) for word in words] == [
        (0, "the"),
        (4, "end"),
        (8, "of"),
        (11, "the"),
        (15, "end"),
    ]


def test_a_word_that_is_not_in_the_text_is_left_out() -> None:
    assert [word.text for word in placed("so bad", [Timed("so"), Timed("[noise]"), Timed("bad")])] == [
        "so",
        "bad",
    ]


def test_confidence_is_that_of_the_words() -> None:
    told = transcript("so bad", [Timed("so", 0, 1, 0.5), Timed("bad", 1, 2, 1.0)], "it@1", language="en")
    assert told.confidence == 0.75
    assert [(word.begins, word.ends) for word in told.words] == [(0, 1), (1, 2)]


def test_the_language_follows_from_the_text_where_nobody_tells_it() -> None:
    assert transcript("质量很好", [], "it@1", languages={"en", "zh"}).language == "zh"
    assert transcript("it is good", [], "it@1", languages={"en", "zh"}).language == "en"
    assert transcript("it is good", [], "it@1", languages={"zh"}).language == "zh"


# -- pocketsphinx -------------------------------------------------------------------------------------------


SAID = "This phone is very good, but the battery is bad."


@pytest.fixture(scope="module")
def sphinx() -> Recogniser:
    pytest.importorskip("pocketsphinx", reason="pocketsphinx, an optional package, is not installed")
    return load_recogniser(SpeechPlug("pocketsphinx"))


@pytest.fixture(scope="module")
def spoken() -> Clip:
    return synthesise(SAID, "en", rate=140)


def test_pocketsphinx_hears_english_words_with_seconds(sphinx: Recogniser, spoken: Clip) -> None:
    told = sphinx.transcribe(spoken)
    # Synthesised voices flutter, and it mishears most of them; some of it is right whatever the flutter.
    assert set(SAID.lower().rstrip(".").replace(",", "").split()) & set(told.text.split())
    begins = [word.begins for word in told.words]
    assert begins == sorted(begins)  # type: ignore[type-var]
    assert all(0 <= word.begins < word.ends <= spoken.seconds + 0.1 for word in told.words)  # type: ignore[operator]
    assert told.confidence is not None
    assert 0 < told.confidence <= 1
    assert (told.language, told.by) == ("en", sphinx.key)


def test_pocketsphinx_hears_the_same_whatever_came_before(sphinx: Recogniser, spoken: Clip) -> None:
    first = sphinx.transcribe(spoken)
    sphinx.transcribe(Clip((0.9 * spoken.samples[::-1]).astype(np.float32)))
    assert sphinx.transcribe(spoken) == first


def test_what_pocketsphinx_hears_in_silence_does_not_count(sphinx: Recogniser) -> None:
    assert unfit(sphinx.transcribe(Clip(np.zeros(16_000, np.float32))), ())


def test_every_backend_has_a_module_and_a_remedy() -> None:
    for backend in BACKENDS.values():
        assert backend.install.startswith("pip install")
        assert (ROOT / f"{backend.module.replace('.', '/')}.py").is_file()


def test_pocketsphinx_is_what_the_protocol_says(sphinx: Recogniser) -> None:
    assert isinstance(sphinx, Recogniser)
