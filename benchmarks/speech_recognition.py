"""How many words each recogniser gets wrong, and what its transcripts do to the sentiment of voice reviews.

    python -m benchmarks.speech_recognition [--data DIR] [--recogniser SPEC] [--most CLIPS]

Recognisers: ``pocketsphinx`` where it is installed, that of ``SPEECH_RECOGNISER``, and those named. Macro-F1
is on voices of the demo world, whose mood was planted with their label: there prosody alone is all but
perfect, which no human voice is.
"""

from __future__ import annotations

import csv
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from analytics.contracts import LABELS, Sentiment, Spoken, Transcript
from analytics.engine.sentiment import load_scorer
from analytics.engine.sentiment.calibration import accuracy, macro_f1
from analytics.engine.sentiment.recogniser import Recogniser, SpeechPlug, load_recogniser
from analytics.engine.sentiment.scorer import Scorer
from analytics.engine.sentiment.transcripts import unfit
from benchmarks._report import data_parser, machine, publish, require, verdict
from benchmarks._words import word_error_rate
from recommender.contracts import Clip
from recommender.engine.preprocess.audio import load_clip

#: A recogniser is worth switching on by default where no more of the words of human speech are wrong.
BAR = 0.25
STATEMENTS = {"1": "Kids are talking by the door", "2": "Dogs are sitting by the door"}
KENNEDY = (
    "And so, my fellow Americans, ask not what your country can do for you, "
    "ask what you can do for your country."
)
ENGLISH, CHINESE = "demo world, English voices", "demo world, Chinese voices"
HUMAN = ("RAVDESS (acted English)", "a speech of 1961")
WORLD = 7
Row = dict[str, Any]


@dataclass(frozen=True)
class Recording:
    """What was said, and how it was meant where that is known (a place in LABELS)."""

    said: str
    clip: Clip
    label: int = -1


def acted(data: Path, most: int) -> list[Recording]:
    """RAVDESS recordings, drawn over actors, emotions and both statements."""
    with (data / "speech" / "ravdess.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    chosen = np.random.default_rng(0).permutation(len(rows))[:most]
    return [
        Recording(STATEMENTS[rows[number]["statement"]], load_clip(data / "speech" / rows[number]["file"]))
        for number in chosen
    ]


def made_up(language: str, most: int) -> list[Recording]:
    """Synthesised reviews of a demo world with the label they were written to mean."""
    from recommender.engine.demo.attachments import SPOKEN_MOST, review_voice
    from recommender.engine.demo.world import build_world

    world = build_world(WORLD, 600, 200, 8000, 3000)
    opinions = [one for one in world.reviews if one.voice and one.language == language]
    found = []
    for one in opinions[:most]:
        label = int(np.digitize(np.mean(list(one.aspects.values())), [-0.3, 0.3]))
        found.append(Recording(one.text[:SPOKEN_MOST], review_voice(one), label))
    return found


def heard_by(recogniser: Recogniser, recordings: Sequence[Recording]) -> tuple[list[Transcript], float]:
    """Their transcripts, and the seconds of processor time that a second of sound took."""
    began = time.process_time()
    found = [recogniser.transcribe(one.clip) for one in recordings]
    taken = time.process_time() - began
    return found, taken / sum(one.clip.seconds for one in recordings)


def row(by: str, on: str, count: int, **values: float) -> Row:
    names = ("word error rate", "counts", "core seconds a second", "macro-F1", "accuracy")
    return {"by": by, "on": on, "recordings": count} | {name: values.get(name, "") for name in names}


def errors(
    by: str, on: str, recordings: Sequence[Recording], found: Sequence[Transcript], pace: float
) -> Row:
    pairs = [(one.said, told.text) for one, told in zip(recordings, found, strict=True)]
    counts = sum(not unfit(told, ()) for told in found) / len(found)
    values = {"word error rate": word_error_rate(pairs), "counts": counts, "core seconds a second": pace}
    return row(by, on, len(found), **values)


def feelings(by: str, on: str, sentiments: Sequence[Sentiment], recordings: Sequence[Recording]) -> Row:
    labels = np.array([one.label for one in recordings])
    read = np.array([LABELS.index(one.overall.label) if one.overall else 1 for one in sentiments])
    values = {"macro-F1": macro_f1(read, labels), "accuracy": accuracy(read, labels)}
    return row(by, on, len(labels), **values)


def without(recordings: Sequence[Recording], on: str) -> list[Row]:
    """What is read where nobody listens to the words."""
    scorer = load_scorer()
    voices = scorer.score([Spoken(clips=(one.clip,)) for one in recordings])
    texts = scorer.score([Spoken(one.said) for one in recordings])
    return [
        feelings("voice alone, not listened to", on, voices, recordings),
        feelings("the same words, written", on, texts, recordings),
    ]


def listened(
    scorer: Scorer, name: str, on: str, recordings: Sequence[Recording], found: Sequence[Transcript]
) -> list[Row]:
    """The same voices with their transcripts, alone and beside the written words."""
    voices, both = [], []
    for one, told in zip(recordings, found, strict=True):
        voices.append(Spoken(clips=(one.clip,), language="en", heard=(told,)))
        both.append(Spoken(one.said, clips=(one.clip,), language="en", heard=(told,)))
    return [
        feelings(f"voice, words by {name}", on, scorer.score(voices), recordings),
        feelings(f"voice, words written and by {name}", on, scorer.score(both), recordings),
    ]


def measured(spec: str, sets: dict[str, list[Recording]]) -> list[Row]:
    """All rows of one recogniser."""
    plug = SpeechPlug(spec, os.environ.get("ENCODER_DEVICE", "auto"))
    recogniser = load_recogniser(plug)
    rows = []
    for on, recordings in sets.items():
        found, pace = heard_by(recogniser, recordings)
        one = errors(plug.name, on, recordings, found, pace)
        if on == CHINESE and (recogniser.languages and "zh" not in recogniser.languages):
            # In a language that it does not know every word is wrong; how much would count says something.
            one["word error rate"] = ""
        rows.append(one)
        if on == ENGLISH:
            rows += listened(load_scorer(recogniser=recogniser), plug.name, on, recordings, found)
    return rows


def main() -> None:
    parser = data_parser(__doc__)
    parser.add_argument("--recogniser", action="append", default=[], metavar="SPEC")
    parser.add_argument("--most", type=int, default=60, metavar="CLIPS", help="of each set")
    options = parser.parse_args()
    require("recognisers of speech", options.data / "speech")
    about = machine()
    specs = [*options.recogniser, os.environ.get("SPEECH_RECOGNISER", "")]
    specs += ["pocketsphinx"] if find_spec("pocketsphinx") else []
    sets = {
        HUMAN[0]: acted(options.data, options.most),
        HUMAN[1]: [Recording(KENNEDY, load_clip(options.data / "speech" / "jfk.flac"))],
        ENGLISH: made_up("en", options.most),
        CHINESE: made_up("zh", options.most // 3),
    }
    rows = without(sets[ENGLISH], ENGLISH)
    for spec in dict.fromkeys(filter(None, specs)):
        rows += measured(spec, sets)
    rates = [one["word error rate"] for one in rows if one["on"] == HUMAN[0] and one["word error rate"] != ""]
    earned = bool(rates) and min(rates) <= BAR
    publish("speech_recognition", rows, about, bar_word_error_rate=BAR, bar_on=HUMAN[0], bar_reached=earned)
    sys.exit(verdict({f"word error rate at most {BAR:g} on {HUMAN[0]}": earned}))


if __name__ == "__main__":
    main()
