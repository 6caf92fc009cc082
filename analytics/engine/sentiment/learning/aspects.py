"""Train the aspect model on things named in sentences; its word vectors come from ``aspects_words``."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch
from torch import nn

from analytics.engine.sentiment.aspects import LEXICON, SHIPPED
from analytics.engine.sentiment.aspects_polarity import NETWORK, AspectPolarity, Named, packed
from analytics.engine.sentiment.calibration import expected_calibration_error, fit_temperature
from analytics.engine.sentiment.head import DAMAGE
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
from analytics.engine.sentiment.learning.aspects_lessons import TRAINING, Lessons, answered, lessons
from analytics.engine.sentiment.learning.aspects_network import Course, Network, fit
from analytics.engine.sentiment.learning.aspects_rated import NONE, Rated
from analytics.engine.sentiment.learning.text_corpora import Labelled, sst2
from recommender.errors import RecommenderError

CARD = "card.json"
#: The vectors of words as they were before the teacher's answers changed them.
WORDS = "words.npz"
MEMBERS = 3
COURSE = Course(epochs=2, rate=2e-3, batch=128, decay=1e-3)
FILMS = Course(epochs=2, rate=2e-3, batch=128, decay=1e-4)
#: How far a label is trusted, and how often it counts beside each of the teacher's answers.
_TRUST, _TIMES = 0.93, 3
#: What one of the table's bytes is divided by.
_LARGEST = 127


def train_aspects(
    data: Path, output: Path, *, seed: int, say: Callable[[str], None], rated: Rated = NONE
) -> dict[str, float]:
    """Learn from the data sets in ``data`` and write ``output``.

    Words, their vectors and, where ``output`` has none, the teacher's answers are the shipped ones.

    Args:
        rated: to learn from as well; the model that ships did.

    Returns:
        Accuracy and calibration error on the held-out sentences, by domain.

    Raises:
        RecommenderError: a data set is missing, or the shipped vectors are, or the teacher's answers.
    """
    if not rated.texts:
        say("aspects: no rated sentences are learned from (--rated); the model that ships learned from some")
    teachers = output if SHIPPED_HELD in answered(output) else SHIPPED
    ours, others = (taught(data, teachers, held, rated) for held in (SHIPPED_HELD, CALIBRATION_UNSEEN))
    _, apart = both(data, CALIBRATED_ON)
    words = shipped_words()
    start = begun(words, sst2(data).train, seed, say)
    model = fitted(words, *ours, start, seed, say)
    value = temperature(fitted(words, *others, start, seed, say), apart)
    say(f"aspects: temperature {value:.3f} by {len(apart.labels)} things that neither model nor teacher saw")
    model = calibrated(model, value)
    figures: dict[str, float] = {}
    for domain in DOMAINS:
        _, test = terms(data, domain)
        read = model.read(test.named)
        figures[f"{domain} accuracy"] = float((read.argmax(1) == test.labels).mean())
        figures[f"{domain} calibration error"] = expected_calibration_error(read, test.labels)
    train, told = ours
    counts = {"terms": len(train.labels), "lessons": len(told.named), "rated": len(rated.texts)}
    _write(output, model, {"seed": seed, **counts, "temperature": value, "figures": figures})
    return figures


def shipped_words() -> AspectPolarity:
    """The model that ships, with the vectors of words as they were before the teacher's answers changed them.

    Raises:
        RecommenderError: it is missing or damaged, or the vectors are.
    """
    model, path = AspectPolarity.load(SHIPPED), SHIPPED / TRAINING / WORDS
    try:
        with np.load(path) as stored:
            return AspectPolarity({**model.arrays, "table": stored["table"]}).checked()
    except DAMAGE as error:
        raise RecommenderError(
            f"{path} cannot be read ({error}).", "Restore it from the repository."
        ) from error


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
    table = torch.from_numpy(words.arrays["table"].astype(np.float32) / _LARGEST)
    network = Network(lambda rows: table[rows], table.shape[1])
    pack = packed([Named(text, "", "") for text in films.texts], words.vocabulary)
    loss = fit(network, network.films, pack, films.labels // 2, FILMS, seed)
    say(f"aspects: read {len(films.labels)} sentences about films, loss {loss:.3f}")
    return {
        name: value for name, value in network.state_dict().items() if not name.startswith(("head", "films"))
    }


def fitted(
    words: AspectPolarity,
    train: Terms,
    told: Lessons,
    start: Mapping[str, torch.Tensor],
    seed: int,
    say: Callable[[str], None],
) -> AspectPolarity:
    """A model with members taught ``train`` and the lessons ``told``; its temperature is 1.

    The first member changes the vectors of words, ``words``', with which the others begin, rounded and cut at
    1 and -1 as they are kept; it reads them so as well from then on.

    Args:
        start: what ``begun`` says.
    """
    arrays = {"vocabulary": words.arrays["vocabulary"]}
    pack = packed([*told.named, *train.named * _TIMES], words.vocabulary)
    wanted = np.concatenate([told.wanted, *[_trusted(train.labels)] * _TIMES])
    table = torch.from_numpy(words.arrays["table"].astype(np.float32) / _LARGEST)
    for number in range(MEMBERS):
        torch.manual_seed(seed * MEMBERS + number)
        embed = nn.Embedding.from_pretrained(table, freeze=number > 0)
        network = Network(embed, table.shape[1])
        network.load_state_dict({**network.state_dict(), **start})
        loss = fit(network, network.head, pack, wanted, COURSE, seed * MEMBERS + number)
        say(f"aspects: member {number + 1} of {MEMBERS} learned {len(wanted)} things, loss {loss:.3f}")
        rows = np.rint(embed.weight.detach().numpy().clip(-1, 1) * _LARGEST).astype(np.int8)
        table = torch.from_numpy(rows.astype(np.float32) / _LARGEST)
        arrays |= {f"member{number}.{name}": array for name, array in network.arrays().items()}
    return AspectPolarity(
        {**arrays, "table": rows, "members": np.array(MEMBERS), "temperature": np.array(1.0)}
    )


def taught(data: Path, teachers: Path, held: Held, rated: Rated = NONE) -> tuple[Terms, Lessons]:
    """What a model learns from that never sees the fifths ``held``.

    Args:
        teachers: the folder with the answers of teachers.
        rated: about which there are answers too.

    Raises:
        RecommenderError: a data set is missing, or the answers of a teacher that never saw them either.
    """
    train, _ = both(data, held)
    return train, lessons(data, teachers, held, rated)


def temperature(model: AspectPolarity, apart: Terms) -> float:
    """By what the log odds of ``model`` are to be divided, so that it is as sure of ``apart`` as it is right.

    Args:
        apart: unknown to the model's teacher as well. What a teacher has learned it answers too surely, and
            so does a model that learned from it, even of what was kept apart from the model.
    """
    return fit_temperature(model.read(apart.named), apart.labels, with_bias=False).value


def calibrated(model: AspectPolarity, value: float) -> AspectPolarity:
    """The same at the temperature ``value``."""
    return AspectPolarity({**model.arrays, "temperature": np.array(value)})


def _trusted(labels: np.ndarray) -> np.ndarray:
    """(n, 3) float32 probabilities: a label as far as it is trusted, the others alike."""
    wanted = np.full((len(labels), 3), (1 - _TRUST) / 2, np.float32)
    wanted[np.arange(len(labels)), labels] = _TRUST
    return wanted


def _write(output: Path, model: AspectPolarity, card: dict[str, object]) -> None:
    output.mkdir(parents=True, exist_ok=True)
    draft = output / f".draft-{NETWORK}"
    try:
        np.savez_compressed(draft, **model.arrays)  # type: ignore[arg-type]
        draft.replace(output / NETWORK)
    finally:
        draft.unlink(missing_ok=True)
    (output / CARD).write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    if not (output / LEXICON).is_file():
        shutil.copyfile(SHIPPED / LEXICON, output / LEXICON)
