"""Words of sentences as if they were things named, and what a larger network said of each.

Labelled things are few. The teacher (``aspects_teacher``) can be asked how every word with a content is felt
about; the small network learns its answers (Hinton et al. 2015, "Distilling the Knowledge in a Neural
Network"). They are kept with the weights, under a mark of what was asked, not the sentences. It is asked
about rated sentences (``aspects_rated``) as well, whose ratings the small network learns beside them.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analytics.engine.sentiment.aspects_polarity import Named
from analytics.engine.sentiment.head import DAMAGE
from analytics.engine.sentiment.learning.aspects_corpus import DOMAINS, Held, training_texts
from analytics.engine.sentiment.learning.aspects_rated import NONE, Rated
from recommender.errors import RecommenderError

#: Of the model's folder, what only training reads: not among its files, by which the scorer is known.
TRAINING = "training"
FILE = "teacher.npz"
#: Begins the names of answers about rated sentences.
_RATED = "rated"
#: Of a probability.
_STEPS = 255
_READ = re.compile(r"read(\d(?:\+\d)*)")
_CONTENT = re.compile(r"[A-Za-z][A-Za-z'-]{2,}")
#: Words that nobody has feelings about.
_EMPTY = frozenset(
    re.findall(
        r"\S+",
        """the and for was with that this have are but not you they very had has were from all would there
        can our their will when just get got one out your what been its it's also which who them about
        than then she his her him did does too how any some more most only other into over after even
        such here where why these those because could should while being don't didn't""",
    )
)
_REMEDY = "Make them anew: manage.py train_sentiment aspects-teacher --base e5-small-q4.bin{rated}."
#: Named by the remedy where rated sentences are learned from.
_WITH = " --rated vaderSentiment-3.3.2.tar.gz"


@dataclass(frozen=True, slots=True)
class Lessons:
    """What counts as things named, and probabilities (n, 3) float32 of labels to be learned of each."""

    named: tuple[Named, ...]
    wanted: np.ndarray

    def __add__(self, other: Lessons) -> Lessons:
        return Lessons(self.named + other.named, np.concatenate([self.wanted, other.wanted]))


def whole(one: Named) -> str:
    return one.left + one.name + one.right


def asked(data: Path, held: Held) -> tuple[Named, ...]:
    """Every word with a content of the training sentences.

    Args:
        held: see ``aspects_corpus.terms``; no word is of a sentence that is held out then.

    Raises:
        RecommenderError: a data set is not there.
    """
    texts = [text for domain in DOMAINS for text in training_texts(data, domain, held)]
    return tuple(one for text in texts for one in _words(text))


def asked_of(rated: Rated) -> tuple[Named, ...]:
    """Every word with a content of rated sentences."""
    return tuple(one for text in rated.texts for one in _words(text))


def ratings(rated: Rated) -> Lessons:
    """What people said of the whole sentences."""
    return Lessons(tuple(Named(text, "", "") for text in rated.texts), rated.shares)


def _words(text: str) -> Iterator[Named]:
    for match in _CONTENT.finditer(text):
        if match.group().lower() not in _EMPTY:
            yield Named(text[: match.start()], match.group(), text[match.end() :])


def lessons(data: Path, folder: Path, held: Held, rated: Rated = NONE) -> Lessons:
    """What ``asked`` asks, with the answers kept in ``folder``; of ``rated`` as well, and its ratings.

    Raises:
        RecommenderError: there are none by a teacher that never saw ``held``, or they answer something else.
    """
    kept, with_rated = _kept(folder), bool(rated.texts)
    told = _answers(kept, _Question(folder, held, with_rated), asked(data, held))
    if not with_rated:
        return told
    return told + _answers(kept, _Question(folder, held, True, _RATED), asked_of(rated)) + ratings(rated)


@dataclass(frozen=True, slots=True)
class _Question:
    """Which answers are looked for, and whether the remedy is to make those about rated sentences too."""

    folder: Path
    held: Held
    with_rated: bool
    part: str = ""


def _answers(kept: Mapping[str, np.ndarray], question: _Question, named: tuple[Named, ...]) -> Lessons:
    """Those about ``named``; raises RecommenderError where they are missing or about something else."""
    read, mark = (kept.get(f"{question.part}{kind}{_key(question.held)}") for kind in ("read", "mark"))
    remedy = _REMEDY.format(rated=_WITH if question.with_rated else "")
    if read is None or mark is None:
        unseen = " and ".join(map(str, question.held))
        what = " about rated sentences" if question.part else ""
        raise RecommenderError(
            f"No answers{what} of a teacher that never saw the fifths {unseen} are in {question.folder}.",
            remedy,
        )
    if mark != _mark(named) or read.shape != (len(named), 3):
        raise RecommenderError(
            f"The teacher's answers in {question.folder} are about other sentences.", remedy
        )
    wanted = read.astype(np.float32)
    return Lessons(named, wanted / wanted.sum(1, keepdims=True))


def answered(folder: Path) -> set[Held]:
    """Which fifths the teachers never saw whose answers are kept."""
    found = [_READ.fullmatch(name) for name in _kept(folder)]
    return {tuple(int(fifth) for fifth in match[1].split("+")) for match in found if match}


def _key(held: Held) -> str:
    return "+".join(map(str, sorted(held)))


def save_lessons(
    folder: Path, held: Held, told: Lessons, of_rated: Lessons | None = None, *, beside: Sequence[Held] = ()
) -> None:
    """Keep the probabilities that a teacher gave which never saw ``held``.

    Args:
        told: what it said of ``asked``.
        of_rated: what it said of ``asked_of``.
        beside: of which others the answers stay; those of an earlier teacher should not.
    """
    ours: dict[str, np.ndarray] = {}
    for part, one in (("", told), (_RATED, of_rated)):
        if one:
            ours[f"{part}read{_key(held)}"] = np.rint(one.wanted * _STEPS).astype(np.uint8)
            ours[f"{part}mark{_key(held)}"] = np.array(_mark(one.named), np.int64)
    place = folder / TRAINING
    place.mkdir(parents=True, exist_ok=True)
    kept = _kept(folder) if beside else {}
    others = {
        f"{part}{kind}{_key(other)}"
        for other in set(beside) - {held}
        for part in ("", _RATED)
        for kind in ("read", "mark")
    }
    stay = {name: array for name, array in kept.items() if name in others}
    draft = place / f".draft-{FILE}"
    try:
        np.savez_compressed(draft, allow_pickle=False, **{**stay, **ours})
        draft.replace(place / FILE)
    finally:
        draft.unlink(missing_ok=True)


def _kept(folder: Path) -> dict[str, np.ndarray]:
    path = folder / TRAINING / FILE
    if not path.is_file():
        return {}
    try:
        with np.load(path, allow_pickle=False) as kept:
            return {name: kept[name] for name in kept.files}
    except (*DAMAGE, TypeError, AttributeError) as error:
        remedy = _REMEDY.format(rated=f" [{_WITH.strip()}]")
        raise RecommenderError(f"{path} cannot be read ({error}).", remedy) from error


def _mark(named: Sequence[Named]) -> int:
    said = "\n".join(f"{len(one.left)} {one.name} {whole(one)}" for one in named)
    return zlib.crc32(said.encode("utf-8", "replace"))
