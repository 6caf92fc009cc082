"""How well the aspect model tells what is felt about things named, beside a tf-idf window and whole clauses.

    python -m benchmarks.sentiment_aspects [--rated FILE] [--data DATA]     (about half an hour)

SemEval-2014, restaurants and laptops: three classes (terms with both feelings, "conflict", left out), every
fifth sentence of each training file held out. The window is five words on either side of the name.
A fifth of a file is few terms, so the recipe is also taught anew, each time with another fifth held out, by
the answers of a teacher that never saw that fifth (the published vectors of words, from which it begins, saw
none), and what is read then is judged together: of as many fifths as there are such answers of. The recipe
learns from rated sentences as well (``aspects_rated``): without their file it is not taught anew. Settings
were chosen on fifth 1 (counted from 0). The temperature was found there too, by a model and a teacher that
saw neither fifth 0 nor 1; fifth 1 itself is read at the temperature that the same model needs on fifth 0.
That model learned from fifths 2 to 4, which are read at its temperature: of their labels that one number
knows.

"If perfect" is the calibration error, mean and 95th percentile, of as many terms whose labels are drawn from
the very probabilities that were read: what chance alone makes of a model that is perfectly calibrated.
"""

from __future__ import annotations

import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from analytics.engine.sentiment.aspects import SHIPPED, AspectModel, clauses_of
from analytics.engine.sentiment.aspects_polarity import AspectPolarity, Named, words_of
from analytics.engine.sentiment.calibration import (
    chance_calibration_error,
    expected_calibration_error,
    macro_f1,
)
from analytics.engine.sentiment.learning.aspects import (
    begun,
    calibrated,
    fitted,
    shipped_words,
    taught,
    temperature,
)
from analytics.engine.sentiment.learning.aspects_corpus import (
    CALIBRATED_ON,
    CALIBRATION_UNSEEN,
    DOMAINS,
    SHIPPED_HELD,
    Held,
    Terms,
    both,
    terms,
)
from analytics.engine.sentiment.learning.aspects_lessons import answered
from analytics.engine.sentiment.learning.aspects_rated import NONE, Rated, rated
from analytics.engine.sentiment.learning.text_corpora import sst2
from analytics.engine.sentiment.text import TextModel
from benchmarks._report import data_parser, machine, publish, require, verdict
from recommender.errors import RecommenderError

#: Floor and aim of accuracy, and the most that the calibration error may be.
BARS = {"restaurants": (0.73, 0.78), "laptops": (0.68, 0.73)}
CALIBRATION = 0.05
REACHED = ("floor", "aim")
WINDOW = 5


def main() -> None:
    parser = data_parser(__doc__)
    parser.add_argument(
        "--rated",
        type=Path,
        default=os.environ.get("MMSITE_RATED") or None,
        help="vaderSentiment-3.3.2.tar.gz, the source archive (default: MMSITE_RATED)",
    )
    given = parser.parse_args()
    needed = ("semeval14", "sst2")
    require("what is felt about things named", *(given.data / "sentiment" / name for name in needed))
    beside = sentences(given.rated, parser.error)
    about = machine()
    model, text = AspectPolarity.load(SHIPPED), TextModel.load()
    rows = []
    for domain in DOMAINS:
        train, test = terms(given.data, domain)
        rows += [
            judged(domain, "this model", model.read(test.named), test),
            judged(domain, "text model on the clause", clauses(text, test), test),
            judged(domain, "tf-idf window", window(train, test), test),
            judged(domain, "always the commonest", np.tile(np.bincount(train.labels) / len(train.labels),
                                                           (len(test.labels), 1)), test),
        ]  # fmt: skip
    rows += in_turn(given.data, beside, model)
    taken = speed(given.data)
    publish("sentiment_aspects", rows, about, bars=BARS, window=WINDOW, thousand_sentences_s=taken,
            rated_sentences=len(beside.texts))  # fmt: skip
    ours = [row for row in rows if row["by"] == "this model"]
    bars = {f"{row['set']}, floor and calibration": row["reached"] in REACHED for row in ours}
    sys.exit(verdict(bars, whole=bool(beside.texts)))


def judged(domain: str, name: str, read: np.ndarray, test: Terms) -> dict[str, object]:
    """One row of the table; ``read`` (n, 3)."""
    accuracy = float((read.argmax(1) == test.labels).mean())
    error = expected_calibration_error(read, test.labels)
    by_chance, at_most = chance_calibration_error(read)
    floor, aim = BARS[domain]
    reached = "aim" if accuracy >= aim else "floor" if accuracy >= floor else "no"
    reached += "" if error <= CALIBRATION else ", not calibrated"
    return {
        "set": domain, "terms": len(test.labels), "by": name, "accuracy": accuracy,
        "macro F1": macro_f1(read.argmax(1), test.labels), "calibration error": error,
        "if perfect": by_chance, "if perfect, 95%": at_most,
        "reached": reached if name == "this model" else "",
    }  # fmt: skip


def sentences(archive: Path | None, refuse: Callable[[str], NoReturn]) -> Rated:
    """The rated sentences; none, and a line that says so, where no ``archive`` is named."""
    if not archive:
        print("Left out: the recipe of every fifth in turn, as no --rated (or MMSITE_RATED) is named.")
        return NONE
    try:
        return rated(archive)
    except RecommenderError as error:
        refuse(str(error))


def in_turn(data: Path, beside: Rated, shipped: AspectPolarity) -> list[dict[str, object]]:
    """What the recipe and the window say of the terms of every fifth that a teacher was tuned without.

    Without rated sentences the recipe is left out.
    """
    read: dict[tuple[str, str], list[np.ndarray]] = defaultdict(list)
    tests: dict[str, list[Terms]] = defaultdict(list)
    turns = _turns()
    name = f"fifths {', '.join(str(held[0]) for held in turns)} in turn"
    models = taught_anew(data, beside, turns, shipped) if beside.texts else {}
    for held in turns:
        for domain in DOMAINS:
            train, test = terms(data, domain, held)
            tests[domain].append(test)
            if held in models:
                read[domain, f"its recipe, {name}"].append(models[held].read(test.named))
            read[domain, f"tf-idf window, {name}"].append(window(train, test))
    whole = {domain: sum(found[1:], found[0]) for domain, found in tests.items()}
    return [judged(domain, by, np.concatenate(one), whole[domain]) for (domain, by), one in read.items()]


def taught_anew(
    data: Path, beside: Rated, turns: list[Held], shipped: AspectPolarity
) -> dict[Held, AspectPolarity]:
    """The recipe without each of the fifths ``turns``; the one that ships without its own."""
    # Whatever is missing is missed now rather than when hours of training are over.
    for held in (*turns, CALIBRATION_UNSEEN):
        taught(data, SHIPPED, held, beside)
    start = begun(shipped_words(), sst2(data).train, seed=0, say=print)
    models = {held: anew(data, beside, held, start, shipped) for held in turns if held != SHIPPED_HELD}
    return {SHIPPED_HELD: shipped, **models}


def _turns() -> list[Held]:
    """The fifths without which teachers' answers are kept."""
    return sorted(held for held in answered(SHIPPED) if len(held) == 1)


def anew(
    data: Path, beside: Rated, held: Held, start: Mapping[str, Any], shipped: AspectPolarity
) -> AspectPolarity:
    """The recipe without the fifth ``held``, and with what a teacher said that never saw it either."""
    model = fitted(shipped_words(), *taught(data, SHIPPED, held, beside), start, seed=0, say=print)
    if held != CALIBRATED_ON:
        return calibrated(model, float(shipped.arrays["temperature"]))
    unseen = taught(data, SHIPPED, CALIBRATION_UNSEEN, beside)
    doubter = fitted(shipped_words(), *unseen, start, seed=0, say=print)
    return calibrated(model, temperature(doubter, both(data, SHIPPED_HELD)[1]))


def clauses(text: TextModel, test: Terms) -> np.ndarray:
    """(n, 3) what the text model says of the clause around each name."""
    return text.read([_clause(one) for one in test.named])


def _clause(one: Named) -> str:
    whole, place = one.left + one.name + one.right, len(one.left)
    around = [clause for clause in clauses_of(whole) if clause[0] <= place < clause[1]]
    return whole[slice(*around[0])] if around else whole


def window(train: Terms, test: Terms) -> np.ndarray:
    """(n, 3) by tf-idf of words and characters near the name, and logistic regression."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline, make_union

    parts = make_union(
        TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True),
        TfidfVectorizer(analyzer="char", ngram_range=(2, 5), min_df=2, sublinear_tf=True),
    )
    model = make_pipeline(parts, LogisticRegression(C=4, max_iter=300))
    model.fit([_near(one) for one in train.named], train.labels)
    return np.asarray(model.predict_proba([_near(one) for one in test.named]))


def _near(one: Named) -> str:
    words = words_of(one.left)[-WINDOW:] + words_of(one.name) + words_of(one.right)[:WINDOW]
    return " ".join(words)


def speed(data: Path) -> float:
    """Seconds for a thousand sentences, aspects found and read; the best of three."""
    model = AspectModel.load()
    _, test = terms(data, "restaurants")
    texts = list(dict.fromkeys(one.left + one.name + one.right for one in test.named))
    texts = (texts * (1000 // len(texts) + 1))[:1000]
    spent = []
    for _ in range(3):
        began = time.perf_counter()
        model.read(texts)
        spent.append(time.perf_counter() - began)
    return round(min(spent), 3)


if __name__ == "__main__":
    main()
