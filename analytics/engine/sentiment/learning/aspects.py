"""Train the aspect model on things named in sentences; its word vectors come from ``aspects_words``."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch

from analytics.engine.sentiment.aspects import LEXICON, SHIPPED
from analytics.engine.sentiment.aspects_grams import rows_of
from analytics.engine.sentiment.aspects_polarity import NETWORK, AspectPolarity, Named, cut, packed
from analytics.engine.sentiment.calibration import (
    expected_calibration_error,
    fit_temperature,
    softmax,
)
from analytics.engine.sentiment.learning.aspects_corpus import DOMAINS, Terms, terms
from analytics.engine.sentiment.learning.aspects_grams import fit_grams
from analytics.engine.sentiment.learning.aspects_network import Course, Network, fit
from analytics.engine.sentiment.learning.text_corpora import Labelled, sst2

CARD = "card.json"
MEMBERS = 3
COURSE = Course(epochs=8, rate=2e-3, batch=64)
FILMS = Course(epochs=2, rate=2e-3, batch=128, decay=1e-4)
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
    model = calibrated(words, train, begun(words, sst2(data).train, seed, say), seed, say)
    figures: dict[str, float] = {}
    for domain, (_, test) in parts.items():
        read = model.read(test.named)
        figures[f"{domain} accuracy"] = float((read.argmax(1) == test.labels).mean())
        figures[f"{domain} calibration error"] = expected_calibration_error(read, test.labels)
    _write(output, model, {"seed": seed, "terms": len(train.labels), "figures": figures})
    return figures


def begun(
    words: AspectPolarity, films: Labelled, seed: int, say: Callable[[str], None]
) -> Mapping[str, torch.Tensor]:
    """What every member begins with: a network that has read whole sentences and phrases about films.

    There are ten times as many of those as of things named (He et al. 2018, "Exploiting Document Knowledge
    for Aspect-level Sentiment Classification").

    Args:
        films: 0 negative, 2 positive.
    """
    torch.manual_seed(seed)
    network = _untaught(words)
    pack = packed([Named(text, "", "") for text in films.texts], words.vocabulary)
    loss = fit(network, network.films, pack, films.labels // 2, FILMS, seed)
    say(f"aspects: read {len(films.labels)} sentences about films, loss {loss:.3f}")
    return {
        name: value for name, value in network.state_dict().items() if not name.startswith(("head", "films"))
    }


def calibrated(
    words: AspectPolarity,
    train: Terms,
    start: Mapping[str, torch.Tensor],
    seed: int,
    say: Callable[[str], None],
) -> AspectPolarity:
    """A model with ``words``' vectors, taught ``train``; its temperature is fitted on a part kept apart.

    Args:
        start: what ``begun`` says.
    """
    # In runs of as many, since every so-many-th sentence was held out already.
    apart = train.sentences // _CALIBRATED % _CALIBRATED == 0
    trial = fitted(words, train.take(np.flatnonzero(~apart)), start, seed, say)
    tried = train.take(np.flatnonzero(apart))
    chosen = trial.scores(tried.named).argmax(1)
    say(f"aspects: accuracy on {len(chosen)} training terms kept apart {(chosen == tried.labels).mean():.4f}")
    temperature = fit_temperature(softmax(trial.scores(tried.named)), tried.labels, with_bias=False).value
    whole = fitted(words, train, start, seed, say)
    return AspectPolarity({**whole.arrays, "temperature": np.array(temperature)})


def fitted(
    words: AspectPolarity,
    train: Terms,
    start: Mapping[str, torch.Tensor],
    seed: int,
    say: Callable[[str], None],
) -> AspectPolarity:
    """A model with ``words``' vectors, members and a linear model taught ``train``, not calibrated."""
    arrays = {name: words.arrays[name] for name in ("vocabulary", "table")}
    arrays |= fit_grams([rows_of(*cut(one)) for one in train.named], train.labels)
    pack = packed(train.named, words.vocabulary)
    for number in range(MEMBERS):
        torch.manual_seed(seed * MEMBERS + number)
        network = _untaught(words)
        network.load_state_dict({**network.state_dict(), **start})
        loss = fit(network, network.head, pack, train.labels, COURSE, seed * MEMBERS + number)
        say(f"aspects: member {number + 1} of {MEMBERS} learned {len(train.labels)} terms, loss {loss:.3f}")
        arrays |= {f"member{number}.{name}": array for name, array in network.arrays().items()}
    return AspectPolarity({**arrays, "members": np.array(MEMBERS), "temperature": np.array(1.0)})


def _untaught(words: AspectPolarity) -> Network:
    """A network over ``words``' vectors, which stay as they are."""
    table = torch.from_numpy(words.arrays["table"].astype(np.float32) / 127)
    return Network(lambda rows: table[rows], table.shape[1])


def _write(output: Path, model: AspectPolarity, card: dict[str, object]) -> None:
    output.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(output / NETWORK, **model.arrays)  # type: ignore[arg-type]
    (output / CARD).write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    if not (output / LEXICON).is_file():
        shutil.copyfile(SHIPPED / LEXICON, output / LEXICON)
