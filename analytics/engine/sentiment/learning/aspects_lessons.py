"""Words of sentences as if they were things named, and what a larger network said of each.

Labelled things are few. The teacher (``aspects_teacher``) can be asked how every word with a content is felt
about; the small network learns its answers (Hinton et al. 2015, "Distilling the Knowledge in a Neural
Network"). They are kept with the weights, under a mark of what was asked, not the sentences.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analytics.engine.sentiment.aspects_polarity import Named
from analytics.engine.sentiment.head import DAMAGE
from analytics.engine.sentiment.learning.aspects_corpus import DOMAINS, Held, training_texts
from recommender.errors import RecommenderError

#: Of the model's folder, what only training reads: not among its files, by which the scorer is known.
TRAINING = "training"
FILE = "teacher.npz"
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
_REMEDY = "Make them anew: manage.py train_sentiment aspects-teacher --base e5-small-q4.bin."


@dataclass(frozen=True, slots=True)
class Lessons:
    """Words that count as things named, and probabilities (n, 3) float32 that the teacher gave the labels."""

    named: tuple[Named, ...]
    wanted: np.ndarray


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


def _words(text: str) -> Iterator[Named]:
    for match in _CONTENT.finditer(text):
        if match.group().lower() not in _EMPTY:
            yield Named(text[: match.start()], match.group(), text[match.end() :])


def lessons(data: Path, folder: Path, held: Held) -> Lessons:
    """What ``asked`` asks, with the answers kept in ``folder``.

    Raises:
        RecommenderError: there are none by a teacher that never saw ``held``, or they answer something else.
    """
    named, kept, key = asked(data, held), _kept(folder), _key(held)
    if f"read{key}" not in kept or f"mark{key}" not in kept:
        unseen = " and ".join(map(str, held))
        raise RecommenderError(
            f"No answers of a teacher that never saw the fifths {unseen} are in {folder}.", _REMEDY
        )
    wanted = kept[f"read{key}"].astype(np.float32)
    if kept[f"mark{key}"] != _mark(named) or wanted.shape != (len(named), 3):
        raise RecommenderError(f"The teacher's answers in {folder} are about other sentences.", _REMEDY)
    return Lessons(named, wanted / wanted.sum(1, keepdims=True))


def answered(folder: Path) -> set[Held]:
    """Which fifths the teachers never saw whose answers are kept."""
    found = [_READ.fullmatch(name) for name in _kept(folder)]
    return {tuple(int(fifth) for fifth in match[1].split("+")) for match in found if match}


def _key(held: Held) -> str:
    return "+".join(map(str, sorted(held)))


def save_lessons(
    folder: Path, held: Held, named: Sequence[Named], read: np.ndarray, beside: Sequence[Held] = ()
) -> None:
    """Keep the probabilities (n, 3) that a teacher gave which never saw ``held``.

    Args:
        beside: of which others the answers stay; those of an earlier teacher should not.
    """
    key = _key(held)
    ours = {
        f"read{key}": np.rint(read * _STEPS).astype(np.uint8),
        f"mark{key}": np.array(_mark(named), np.int64),
    }
    place = folder / TRAINING
    place.mkdir(parents=True, exist_ok=True)
    kept = _kept(folder) if beside else {}
    others = {f"{kind}{_key(other)}" for other in beside for kind in ("read", "mark")}
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
        raise RecommenderError(f"{path} cannot be read ({error}).", _REMEDY) from error


def _mark(named: Sequence[Named]) -> int:
    said = "\n".join(f"{len(one.left)} {one.name} {whole(one)}" for one in named)
    return zlib.crc32(said.encode("utf-8", "replace"))
