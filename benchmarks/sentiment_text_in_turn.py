"""How well the recipe reads Chinese reviews where every fifth is held out in turn, beside tf-idf.

One fifth of the smaller sets is a matter of luck: the accuracy of an equal model wavers by a point either
way. Here all that reads Chinese is taught anew for each fifth, from the other four of each set and from
labels alone, without the teacher's readings, so what ships is a little better taught.

    python -m benchmarks.sentiment_text_in_turn [--data DATA]

About an hour on two cores.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from analytics.engine.sentiment.learning import text_corpora as corpora
from analytics.engine.sentiment.learning.text import relearn_chinese
from benchmarks._report import data_parser, machine, publish, require
from benchmarks.sentiment_text import FLOORS, Row, judge, tfidf

FIFTHS = 5
RECIPE, PEER = "its recipe, every fifth in turn", "tf-idf + logistic regression, every fifth in turn"


def main() -> None:
    given = data_parser(__doc__).parse_args()
    require("Chinese reviews in turn", given.data / "sentiment")
    about = machine()
    read: dict[tuple[str, str], list[np.ndarray]] = defaultdict(list)
    tests: dict[str, list[corpora.Labelled]] = defaultdict(list)
    for fifth in range(FIFTHS):
        sets = corpora.chinese(given.data, fifth)
        held = [one.test for one in sets]
        model = relearn_chinese([corpora.without(one.train, held) for one in sets], say=print)
        for one in sets:
            tests[one.name].append(one.test)
            read[one.name, RECIPE].append(model.read(one.test.texts))
            read[one.name, PEER].append(tfidf(one))
            print(fifth, one.name, *(_right(read[one.name, by][-1], one.test) for by in (RECIPE, PEER)))
    rows = [judged(name, by, found, tests[name]) for (name, by), found in read.items()]
    publish("sentiment_text_in_turn", rows, about, floors=FLOORS)


def judged(name: str, by: str, read: list[np.ndarray], tests: list[corpora.Labelled]) -> Row:
    """One row of the table: all fifths together, and how far they lie apart."""
    whole = corpora.TextSet(name, tests[0], sum(tests[1:], tests[0]))
    accuracies = [_right(*one) for one in zip(read, tests, strict=True)]
    row = judge(whole, by, np.concatenate(read)) | {
        "fifths": f"{min(accuracies):.4f} to {max(accuracies):.4f}"
    }
    return {key: value for key, value in row.items() if key != "reached"}


def _right(read: np.ndarray, test: corpora.Labelled) -> float:
    """Accuracy between negative and positive."""
    return float((read[:, [0, 2]].argmax(1) * 2 == test.labels).mean())


if __name__ == "__main__":
    main()
