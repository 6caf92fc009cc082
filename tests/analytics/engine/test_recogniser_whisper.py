"""faster-whisper: what its folder must hold, and how segments become words."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from analytics.engine.sentiment import recogniser_whisper as whisper
from analytics.engine.sentiment.recogniser import Recogniser, SpeechPlug, load_recogniser
from recommender.contracts import Clip
from recommender.errors import RecommenderError
from tests.analytics.engine.sentiment_planted import tone

WHISPER = ("config.json", "model.bin", "tokenizer.json", "vocabulary.txt")


def whisper_folder(tmp_path: Path) -> Path:
    place = tmp_path / "whisper-small"
    place.mkdir()
    for name in WHISPER:
        (place / name).write_bytes(b"no model")
    (place / "config.json").write_text(json.dumps({"suppress_ids": []}), encoding="utf-8")
    return place


@pytest.mark.parametrize("gone", WHISPER)
def test_a_whisper_folder_that_lacks_something_is_told(gone: str, tmp_path: Path) -> None:
    place = whisper_folder(tmp_path)
    assert whisper.folder_mistake(place) is None
    (place / gone).unlink()
    found = whisper.folder_mistake(place)
    assert found is not None
    assert gone in found.message
    assert "ct2-transformers-converter" in found.remedy


def test_a_damaged_whisper_configuration_is_told(tmp_path: Path) -> None:
    place = whisper_folder(tmp_path)
    (place / "config.json").write_text("{", encoding="utf-8")
    found = whisper.folder_mistake(place)
    assert found is not None
    assert "config.json" in found.message


class FakeWhisper:
    """Answers as ``faster_whisper.WhisperModel`` does: a generator of segments, and what it found out."""

    def __init__(self, multilingual: bool = True, *words: tuple[str, float, float, float]) -> None:
        self.model = SimpleNamespace(is_multilingual=multilingual)
        self.asked: dict[str, Any] = {}
        self._words = [SimpleNamespace(word=w, start=s, end=e, probability=p) for w, s, e, p in words]

    def transcribe(self, samples: np.ndarray, **options: Any) -> Any:
        assert samples.dtype == np.float32
        self.asked = options
        text = "".join(word.word for word in self._words)
        pieces = [SimpleNamespace(text=text, words=self._words, avg_logprob=-0.1)] if self._words else []
        return iter(pieces), SimpleNamespace(language="en", language_probability=0.9)


def test_whisper_gives_words_with_seconds_and_probabilities() -> None:
    model = FakeWhisper(True, (" It", 0.0, 0.2, 0.9), (" broke,", 0.2, 0.7, 0.7))
    told = whisper.WhisperRecogniser(model, "it@1").transcribe(tone(1.0))
    assert (told.text, told.language, told.confidence, told.by) == ("It broke,", "en", 0.8, "it@1")
    assert [(word.text, word.start, word.begins) for word in told.words] == [
        ("It", 0, 0.0),
        ("broke,", 3, 0.2),
    ]


def test_whisper_invents_no_words_for_silence() -> None:
    model = FakeWhisper()
    told = whisper.WhisperRecogniser(model, "it@1").transcribe(Clip(np.zeros(16_000, np.float32)))
    assert (told.text, told.words, told.confidence) == ("", (), None)
    assert model.asked["vad_filter"]


def test_whisper_draws_nothing_by_chance() -> None:
    model = FakeWhisper(True, (" It", 0.0, 0.2, 0.9))
    whisper.WhisperRecogniser(model, "it@1").transcribe(tone(1.0))
    assert model.asked["temperature"] == 0.0


@pytest.mark.parametrize(("multilingual", "languages", "asked"), [(True, set(), None), (False, {"en"}, "en")])
def test_whisper_finds_the_language_out_unless_it_knows_one(
    multilingual: bool, languages: set[str], asked: str | None
) -> None:
    model = FakeWhisper(multilingual, (" It", 0.0, 0.2, 0.9))
    recogniser = whisper.WhisperRecogniser(model, "it@1")
    recogniser.transcribe(tone(1.0))
    assert (set(recogniser.languages), model.asked["language"]) == (languages, asked)


def test_a_damaged_whisper_model_is_told(tmp_path: Path) -> None:
    pytest.importorskip("faster_whisper", reason="faster-whisper, an optional package, is not installed")
    with pytest.raises(RecommenderError, match="faster-whisper:whisper-small cannot be loaded") as told:
        load_recogniser(SpeechPlug(f"faster-whisper:{whisper_folder(tmp_path)}", "cpu"))
    assert told.value.remedy


def test_it_is_what_the_protocol_says() -> None:
    assert isinstance(whisper.WhisperRecogniser(FakeWhisper(), "it@1"), Recogniser)


def test_the_library_takes_what_it_is_given() -> None:
    library = pytest.importorskip(
        "faster_whisper", reason="faster-whisper, an optional package, is not installed"
    )
    model = FakeWhisper()
    whisper.WhisperRecogniser(model, "it@1").transcribe(tone(1.0))
    assert set(model.asked) <= set(inspect.signature(library.WhisperModel.transcribe).parameters)
