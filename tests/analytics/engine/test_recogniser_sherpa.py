"""sherpa-onnx: which model a folder holds, and how tokens become words."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from analytics.engine.sentiment import recogniser_sherpa as sherpa
from analytics.engine.sentiment.recogniser import Recogniser
from tests.analytics.engine.sentiment_planted import tone
from tests.conftest import ROOT


def folder(tmp_path: Path, name: str, *files: str, tokens: str = "<blk> 0\n\u2581THE 1\n") -> Path:
    place = tmp_path / name
    place.mkdir()
    for file in files:
        (place / file).write_bytes(b"onnx")
        if "tokens" in file:
            (place / file).write_text(tokens, encoding="utf-8")
    return place


TRANSDUCER = ("encoder-epoch-99-avg-1.onnx", "decoder-epoch-99-avg-1.onnx", "joiner-epoch-99-avg-1.onnx")
HAN_TOKENS = "<blk> 0\n好 1\n\u2581THE 2\n"


@pytest.mark.parametrize(
    ("name", "files", "tokens", "kind", "languages"),
    [
        ("zipformer-en-2023", (*TRANSDUCER, "tokens.txt"), "<blk> 0\n", "transducer", {"en"}),
        ("anything", (*TRANSDUCER, "tokens.txt"), HAN_TOKENS, "transducer", {"en", "zh"}),
        ("bare", (*TRANSDUCER, "tokens.txt"), "<blk> 0\n\u2581THE 1\n", "transducer", {"en"}),
        ("whisper-tiny", ("tiny-encoder.onnx", "tiny-decoder.onnx", "tiny-tokens.txt"), "", "whisper", set()),
        (
            "whisper-tiny.en",
            ("tiny.en-encoder.onnx", "tiny.en-decoder.onnx", "tiny.en-tokens.txt"),
            "",
            "whisper",
            {"en"},
        ),
        ("voices", ("model.int8.onnx", "tokens.txt"), "<|zh|> 3\n<|nospeech|> 9\n", "sense_voice", set()),
        ("paraformer-zh", ("model.onnx", "tokens.txt"), "好 1\n", "paraformer", {"zh"}),
        (
            "some",
            ("model.onnx", "tokens.txt"),
            "<blank> 0\nth@@ 1\n好 2\nthe 3\n",
            "paraformer",
            {"zh", "en"},
        ),
    ],
)
def test_a_sherpa_folder_says_by_its_files_what_it_is(
    name: str, files: tuple[str, ...], tokens: str, kind: str, languages: set[str], tmp_path: Path
) -> None:
    place = folder(tmp_path, name, *files, tokens=tokens)
    assert sherpa.folder_mistake(place) is None
    found = sherpa.look_into(place)
    assert found is not None
    assert (found.kind, set(found.languages)) == (kind, languages)
    assert all(path.is_file() for path in found.files.values())


def test_of_two_precisions_the_small_one_is_taken(tmp_path: Path) -> None:
    place = folder(tmp_path, "sense-voice", "model.onnx", "model.int8.onnx", "tokens.txt")
    found = sherpa.look_into(place)
    assert found is not None
    assert found.files["model"].name == "model.int8.onnx"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (("model.onnx",), "no tokens.txt"),
        (("model.onnx", "tokens.txt"), "model.onnx"),
        (("tokens.txt",), "no *.onnx"),
    ],
)
def test_a_sherpa_folder_that_is_none_is_told(files: tuple[str, ...], said: str, tmp_path: Path) -> None:
    found = sherpa.folder_mistake(folder(tmp_path, "other", *files))
    assert found is not None
    assert said in found.message
    assert "SenseVoice" in found.remedy


class FakeSherpa:
    """Answers as ``sherpa_onnx.OfflineRecognizer`` does."""

    def __init__(self, **result: Any) -> None:
        self.result = SimpleNamespace(**{"lang": "", "tokens": [], "timestamps": []} | result)
        self.accepted: list[tuple[float, int]] = []

    def create_stream(self) -> Any:
        def accept(rate: float, samples: np.ndarray) -> None:
            self.accepted.append((rate, len(samples)))

        return SimpleNamespace(accept_waveform=accept, result=self.result)

    def decode_stream(self, stream: Any) -> None:
        assert self.accepted


def heard_by_sherpa(languages: set[str], **result: Any) -> Any:
    return sherpa.SherpaRecogniser(FakeSherpa(**result), "it@1", frozenset(languages)).transcribe(tone(2.0))


def test_pieces_of_words_become_words_with_seconds() -> None:
    told = heard_by_sherpa(
        {"en"}, text="SO TERRIBLE", tokens=[" SO", " TER", "RI", "BLE"], timestamps=[0.1, 0.5, 0.6, 0.9]
    )
    assert told.text == "so terrible"
    assert [(word.text, word.begins, word.ends) for word in told.words] == [
        ("so", 0.1, 0.5),
        ("terrible", 0.5, 1.5),
    ]
    assert (told.language, told.confidence) == ("en", None)


def test_chinese_is_timed_by_the_character() -> None:
    told = heard_by_sherpa(
        set(), text="质量很好。", lang="<|zh|>", tokens=list("质量很好"), timestamps=[0.1, 0.3, 0.5, 0.7]
    )
    assert [(word.text, word.begins) for word in told.words] == [
        ("质", 0.1),
        ("量", 0.3),
        ("很", 0.5),
        ("好", 0.7),
    ]
    assert told.language == "zh"


def test_a_word_is_as_sure_as_its_least_sure_piece() -> None:
    told = heard_by_sherpa(
        {"en"},
        text="bad lamp",
        tokens=["\u2581bad", "\u2581la", "mp"],
        timestamps=[0.0, 0.4, 0.6],
        ys_log_probs=[0.0, np.log(0.5), np.log(0.9)],
    )
    assert [word.confidence for word in told.words] == [1.0, 0.5]


def test_a_model_without_times_gives_words_without_seconds() -> None:
    told = heard_by_sherpa({"en"}, text="bad lamp", tokens=[" bad", " lamp"])
    assert [(word.text, word.begins, word.ends) for word in told.words] == [
        ("bad", None, None),
        ("lamp", None, None),
    ]


def test_cantonese_is_read_as_chinese() -> None:
    assert heard_by_sherpa(set(), text="好正", lang="<|yue|>").language == "zh"


def test_a_damaged_sherpa_model_is_told(tmp_path: Path) -> None:
    pytest.importorskip("sherpa_onnx", reason="sherpa-onnx, an optional package, is not installed")
    place = folder(tmp_path, "zipformer-en", *TRANSDUCER, "tokens.txt")
    program = (
        "import sys\n"
        "from analytics.engine.sentiment.recogniser import SpeechPlug, load_recogniser\n"
        "from recommender.errors import RecommenderError\n"
        "try: load_recogniser(SpeechPlug(sys.argv[1]))\n"
        "except RecommenderError as error: print(error)\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program, f"sherpa-onnx:{place}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    assert "sherpa-onnx:zipformer-en cannot be loaded" in answer.stdout


def test_it_is_what_the_protocol_says() -> None:
    assert isinstance(sherpa.SherpaRecogniser(FakeSherpa(), "it@1", frozenset()), Recogniser)


@pytest.mark.parametrize(
    ("kind", "files", "more"),
    [
        ("transducer", ("encoder", "decoder", "joiner", "tokens"), ("model_type",)),
        ("whisper", ("encoder", "decoder", "tokens"), ("language",)),
        ("sense_voice", ("model", "tokens"), ()),
        ("paraformer", ("paraformer", "tokens"), ()),
    ],
)
def test_the_library_takes_what_it_is_given(kind: str, files: tuple[str, ...], more: tuple[str, ...]) -> None:
    library = pytest.importorskip("sherpa_onnx", reason="sherpa-onnx, an optional package, is not installed")
    make = getattr(library.OfflineRecognizer, f"from_{kind}")
    assert {*files, *more, "num_threads", "provider"} <= set(inspect.signature(make).parameters)
