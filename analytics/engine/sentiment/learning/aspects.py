"""Train the aspect network on things named in sentences; its word vectors come from ``aspects_words``."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from analytics.engine.sentiment.aspects import LEXICON, SHIPPED
from analytics.engine.sentiment.aspects_polarity import NETWORK, AspectPolarity, packed
from analytics.engine.sentiment.calibration import (
    expected_calibration_error,
    fit_temperature,
    softmax,
)
from analytics.engine.sentiment.learning.aspects_corpus import DOMAINS, Terms, terms
from analytics.engine.sentiment.learning.aspects_network import Course, Network, fit

CARD = "card.json"
MEMBERS = 3
COURSE = Course(epochs=8, rate=2e-3, batch=64)
#: One training sentence in so many is kept apart to fit the temperature, by members trained without it.
_CALIBRATED = 5


def train_aspects(data: Path, output: Path, *, seed: int, say: Callable[[str], None]) -> dict[str, float]:
    """Learn from the data sets in ``data`` and write ``output``; words and vectors are the shipped ones.

    Returns:
        Accuracy and calibration error on the held-out sentences, by domain.

    Raises:
        RecommenderError: a data set is missing, or the shipped word vectors are.
    """
    parts = {domain: terms(data, domain) for domain in DOMAINS}
    train = parts["restaurants"][0] + parts["laptops"][0]
    words = AspectPolarity.load(SHIPPED)
    model = calibrated(words, train, seed, say)
    figures: dict[str, float] = {}
    for domain, (_, test) in parts.items():
        read = model.read(test.named)
        figures[f"{domain} accuracy"] = float((read.argmax(1) == test.labels).mean())
        figures[f"{domain} calibration error"] = expected_calibration_error(read, test.labels)
    _write(output, model, {"seed": seed, "terms": len(train.labels), "figures": figures})
    return figures


def calibrated(words: AspectPolarity, train: Terms, seed: int, say: Callable[[str], None]) -> AspectPolarity:
    """A model with ``words``' vectors, taught ``train``; its temperature is fitted on a part kept apart."""
    # In runs of as many, since every so-many-th sentence was held out already.
    apart = train.sentences // _CALIBRATED % _CALIBRATED == 0
    trial = fitted(words, train.take(np.flatnonzero(~apart)), seed, say)
    tried = train.take(np.flatnonzero(apart))
    chosen = trial.scores(tried.named).argmax(1)
    say(f"aspects: accuracy on {len(chosen)} training terms kept apart {(chosen == tried.labels).mean():.4f}")
    temperature = fit_temperature(softmax(trial.scores(tried.named)), tried.labels, with_bias=False).value
    return AspectPolarity({**fitted(words, train, seed, say).arrays, "temperature": np.array(temperature)})


def fitted(words: AspectPolarity, train: Terms, seed: int, say: Callable[[str], None]) -> AspectPolarity:
    """A model with ``words``' vectors and members taught ``train``, not calibrated."""
    arrays = {name: words.arrays[name] for name in ("vocabulary", "table")}
    table = torch.from_numpy(arrays["table"].astype(np.float32) / 127)
    pack = packed(train.named, words.vocabulary)
    for number in range(MEMBERS):
        torch.manual_seed(seed * MEMBERS + number)
        network = Network(lambda rows: table[rows], table.shape[1])
        loss = fit(network, network.head, pack, train.labels, COURSE, seed * MEMBERS + number)
        say(f"aspects: member {number + 1} of {MEMBERS} learned {len(train.labels)} terms, loss {loss:.3f}")
        arrays |= {f"member{number}.{name}": array for name, array in network.arrays().items()}
    return AspectPolarity({**arrays, "members": np.array(MEMBERS), "temperature": np.array(1.0)})


def _write(output: Path, model: AspectPolarity, card: dict[str, object]) -> None:
    output.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(output / NETWORK, **model.arrays)  # type: ignore[arg-type]
    (output / CARD).write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    if not (output / LEXICON).is_file():
        shutil.copyfile(SHIPPED / LEXICON, output / LEXICON)
