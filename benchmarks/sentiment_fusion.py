"""Words alone, photo alone and both together on posts (MVSA), five folds that keep equal texts together.

python -m benchmarks.sentiment_fusion [--data DIR]
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from analytics.engine.sentiment.calibration import accuracy, expected_calibration_error, macro_f1
from analytics.engine.sentiment.learning.fusion import try_posts
from analytics.engine.sentiment.learning.image import posts
from analytics.engine.sentiment.learning.text import relearn_posts
from benchmarks._report import data_parser, machine, publish, require, verdict
from recommender.engine.encoders import load_encoder

BAR = "2 points of macro-F1 over words alone, or switched off"
LEAST_GAIN, SHIPPED = 0.02, "cross-modal attention"


def main() -> None:
    options = data_parser(__doc__).parse_args()
    require("posts of words and a photo", options.data / "sentiment" / "mvsa")
    about = machine()
    encoder: Any = load_encoder(device="cpu")
    found = posts(options.data, encoder)
    trial = try_posts(found, 0, print)
    likeliest = np.eye(3)[np.full(len(found.labels), np.bincount(found.labels).argmax())]
    product = trial.readings["text"] * trial.readings["image"]
    readings = {
        "always the commonest label": likeliest,
        "words alone (tf-idf, words and characters)": trial.readings["text"],
        "photo alone": trial.readings["image"],
        "both, plain product of probabilities": product / product.sum(axis=1, keepdims=True),
        "both, gated late fusion": trial.readings["gated"],
        "both, cross-modal attention": trial.readings["attention"],
    }
    rows = judged(readings, trial.readings["text"], found.labels)
    shipped = try_posts(found, 0, print, relearn_posts)
    of_shipped = {
        "words alone (text model, its expert of posts learned in the fold)": shipped.readings["text"],
        "those words and the photo, gated late fusion": shipped.readings["gated"],
        "those words and the photo, cross-modal attention": shipped.readings["attention"],
    }
    rows += judged(of_shipped, shipped.readings["text"], found.labels)
    publish("sentiment_fusion", rows, about, posts=len(found.labels), folds=5, seed=0, bar=BAR)
    gains = {row["reading"]: float(str(row["over words"])) for row in rows}
    sys.exit(verdict({name: gain >= LEAST_GAIN for name, gain in gains.items() if name.endswith(SHIPPED)}))


def judged(
    readings: Mapping[str, np.ndarray], words: np.ndarray, labels: np.ndarray
) -> list[dict[str, object]]:
    """Rows of the table; ``words`` (n, 3) is what a gain is counted from."""
    alone = macro_f1(words.argmax(1), labels)
    return [
        {
            "reading": name,
            "macro-F1": macro_f1(read.argmax(1), labels),
            "over words": macro_f1(read.argmax(1), labels) - alone,
            "accuracy": accuracy(read.argmax(1), labels),
            "calibration error": expected_calibration_error(read, labels),
        }
        for name, read in readings.items()
    ]


if __name__ == "__main__":
    main()
