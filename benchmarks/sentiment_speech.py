"""The mood of voices that were never trained on: acted English and German, and a made-up shop's, with peers.

python -m benchmarks.sentiment_speech [--data DIR]

Of few clips chance alone makes an error, so the recipe is also taught anew five times, each time without four
of the twenty actors, and what it says of those is judged together. Acted speech stands between silences of a
second; what is made of it without them is told as well.

"If perfect" is the calibration error, mean and 95th percentile, of as many clips whose labels are drawn from
the very probabilities that were read: what chance alone makes of a model that is perfectly calibrated.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from analytics.engine.sentiment.calibration import (
    accuracy,
    chance_calibration_error,
    expected_calibration_error,
    macro_f1,
)
from analytics.engine.sentiment.head import WEIGHTS, Head
from analytics.engine.sentiment.learning.speech import (
    DEMO_SEEDS,
    RECIPE,
    Voices,
    acted_english,
    acted_german,
    demo_voices,
    fit_voices,
    together,
    unseen,
)
from analytics.engine.sentiment.speech_features import FEATURES
from analytics.engine.sentiment.speech_trunk import Trunk
from benchmarks._report import data_parser, machine, publish, require, verdict

#: Where a clip's row keeps the statistics of its cepstra, and how loud it is.
CEPSTRA, LOUDNESS = slice(0, 80), slice(186, 187)
#: Actors held out at once.
TOGETHER = 4
MOST_ERROR = 0.05
Row = dict[str, Any]


def row(name: str, on: str, read: np.ndarray, labels: np.ndarray, floor: float | str = "") -> Row:
    by_chance, at_most = chance_calibration_error(read)
    return {
        "reading": name, "on": on, "macro-F1": macro_f1(read.argmax(1), labels),
        "accuracy": accuracy(read.argmax(1), labels),
        "calibration error": expected_calibration_error(read, labels), "if perfect": by_chance,
        "if perfect, 95%": at_most, "floor": floor, "clips": len(labels),
    }  # fmt: skip


def linear(columns: slice) -> Callable[[Voices, Voices], np.ndarray]:
    """Logistic regression on some columns of the rows."""

    def read(train: Voices, test: Voices) -> np.ndarray:
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000, class_weight="balanced"))
        model.fit(train.views[0][:, columns], train.labels)
        return np.asarray(model.predict_proba(test.views[0][:, columns]))

    return read


def in_turn(english: Voices, shop: list[Voices]) -> np.ndarray:
    """(2, n, 3) readings of every recording, with silence and without, by the recipe without its actor."""
    read = np.zeros((2, len(english.labels), 3))
    for first in range(1, int(english.speakers.max()) + 1, TOGETHER):
        apart = np.isin(english.speakers, range(first, first + TOGETHER))
        head, _ = fit_voices(together([english.take(~apart), *shop]), RECIPE, {})
        for view, part in enumerate(read):
            part[apart] = head.read(english.views[view][apart])
        print(f"taught without actors {first} to {first + TOGETHER - 1}", flush=True)
    return read


def main() -> None:
    options = data_parser(__doc__).parse_args()
    require("the mood of voices", options.data / "speech")
    about = machine()
    trunk = Trunk.load(WEIGHTS / "speech")
    english = acted_english(options.data, trunk)
    train, test = english.take(~unseen(english)), english.take(unseen(english))
    head, name = Head.load(WEIGHTS / "speech", "speech"), "RAVDESS, actors 17-20"
    chance = np.random.default_rng(0).dirichlet(np.ones(3), len(test.labels))
    rows = [
        row("chance", name, chance, test.labels),
        row("loudness alone", name, linear(LOUDNESS)(train, test), test.labels),
        row("MFCC statistics, logistic regression", name, linear(CEPSTRA)(train, test), test.labels),
        row("prosody, logistic regression", name, linear(slice(0, FEATURES))(train, test), test.labels),
        row("the shipped model", name, head.read(test.views[0]), test.labels, 0.60),
        row("the shipped model", f"{name}, without silence", head.read(test.views[1]), test.labels),
    ]
    for place, part in (
        ("EmoDB (German)", acted_german(options.data, trunk)),
        ("demo world 7", demo_voices(7, trunk, 1)),
    ):
        rows.append(row("the shipped model", place, head.read(part.views[0]), part.labels))
    read = in_turn(english, [demo_voices(number, trunk) for number in DEMO_SEEDS])
    for part, place in zip(read, ("", ", without silence"), strict=True):
        rows.append(
            row("its recipe, taught anew", f"RAVDESS, four actors in turn{place}", part, english.labels)
        )
    publish("sentiment_speech", rows, about, aim=0.72, most_error=MOST_ERROR)
    [judged] = [row for row in rows if row["floor"]]
    bars = {
        f"{name}, macro-F1": judged["macro-F1"] >= judged["floor"],
        f"{name}, calibration error": judged["calibration error"] <= MOST_ERROR,
    }
    sys.exit(verdict(bars))


if __name__ == "__main__":
    main()
