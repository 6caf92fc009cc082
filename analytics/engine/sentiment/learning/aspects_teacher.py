"""Tune a pretrained encoder to say how each thing named in a sentence is felt about, and keep its answers.

A sentence is read once for all that is named in it: the vectors of a name's words, and the mean of the
sentence's, go to one linear layer. It reads sentences about films first, of which there are more, and rated
ones about electronics (``aspects_rated``). Each of the kept sets of answers is by an encoder that never saw
one or two fifths of the labelled sentences: the one that a model is judged by, and the one on which the
temperature is fitted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from analytics.engine.sentiment.aspects_polarity import Named
from analytics.engine.sentiment.learning.aspects_corpus import (
    CALIBRATION_UNSEEN,
    DOMAINS,
    SHIPPED_HELD,
    Held,
    Terms,
    both,
    terms,
)
from analytics.engine.sentiment.learning.aspects_lessons import (
    Lessons,
    asked,
    asked_of,
    ratings,
    save_lessons,
    whole,
)
from analytics.engine.sentiment.learning.aspects_rated import NONE, Rated
from analytics.engine.sentiment.learning.text_corpora import Labelled, sst2
from analytics.engine.sentiment.learning.text_teacher_packed import Packed, open_packed
from analytics.engine.sentiment.learning.tuning import (
    BEFORE,
    SPREAD,
    Course,
    cut_table,
    padded,
    tune,
)

Say = Callable[[str], None]
#: Signs of a sentence that are read, and sentences of a batch that is read.
_LONGEST, _READ = 110, 64
#: The lower layers stay as they are, so that a step has less to compute.
_FROZEN = 4
#: How far a label is trusted; what the sentence counts beside the name; numbers left out before the head.
_TRUST, _AROUND, _DROPPED = 0.95, 0.5, 0.1
#: Sentences about films, each of so many words at least.
_FILMS, _LONG = 6000, 14
#: What each of the teachers never sees: those of the model that ships come first, then those by which the
#: recipe is judged on the other fifths.
UNSEEN: tuple[Held, ...] = (SHIPPED_HELD, CALIBRATION_UNSEEN, (1,), (2,), (3,), (4,))
FILMS = Course(rounds=1.0, batch=32, rate=1.2e-4)
COURSE = Course(rounds=4.0, batch=16, rate=1e-4)


def train_aspects_teacher(
    data: Path, output: Path, *, base: Path, seed: int, say: Say, rated: Rated = NONE
) -> dict[str, float]:
    """Tune the encoder ``base`` once for each of ``UNSEEN``, and write what it says of words to ``output``.

    Args:
        base: the file of ``text_teacher_packed.open_packed``.
        seed: in which order it learns.
        rated: read beside the films, and asked about.

    Returns:
        Accuracy on what each never saw, by domain and fifths.

    Raises:
        RecommenderError: a set is not there, or ``base`` is no encoder.
    """
    packed = open_packed(base)
    questions = {held: asked(data, held) for held in UNSEEN}
    others = asked_of(rated)
    labelled = [named for domain in DOMAINS for part in terms(data, domain) for named in part.named]
    begin = _films(sst2(data).train) + ratings(rated)
    every = [*(one for part in questions.values() for one in part), *others, *labelled, *begin.named]
    teacher = TermTeacher(packed, every)
    teacher.tune(begin.named, begin.wanted, FILMS, seed, say)
    begun = teacher.state()
    figures: dict[str, float] = {}
    for place, (held, named) in enumerate(questions.items()):
        teacher.begin(begun)
        train, _ = both(data, held)
        teacher.tune(train.named, train.labels, COURSE, seed, say)
        for domain in DOMAINS:
            name = f"{domain}, without {' and '.join(map(str, held))}"
            figures[name] = _right(teacher, terms(data, domain, held)[1])
            say(f"aspects teacher, {name}: {figures[name]:.4f} right")
        of_rated = Lessons(others, teacher.read(others)) if others else None
        save_lessons(output, held, Lessons(named, teacher.read(named)), of_rated, beside=UNSEEN[:place])
    return figures


def _films(films: Labelled) -> Lessons:
    """Long sentences about films, each negative or positive for certain."""
    long = [place for place, text in enumerate(films.texts) if len(text.split()) >= _LONG]
    chosen = np.sort(np.random.default_rng(0).permutation(long)[:_FILMS])
    named = tuple(Named(films.texts[place], "", "") for place in chosen)
    return Lessons(named, np.eye(3, dtype=np.float32)[films.labels[chosen]])


def _right(teacher: TermTeacher, test: Terms) -> float:
    return float((teacher.read(test.named).argmax(1) == test.labels).mean())


@dataclass(frozen=True, slots=True)
class _Sentence:
    """Numbers of words, and of each thing named its place among all, and from where to where it stands."""

    row: np.ndarray
    spans: tuple[tuple[int, int, int], ...]

    def __len__(self) -> int:
        return len(self.row)


class TermTeacher:
    """An encoder with one linear answer of three labels for each thing named.

    Args:
        packed: the encoder; its table of words is cut.
        named: all that it will learn or read; of the table of words only their rows are kept.
    """

    def __init__(self, packed: Packed, named: Sequence[Named]) -> None:
        import torch

        model, self._tokenize = packed.model, packed.tokenize
        cuts = _cuts(named)
        pieces = {piece for one in cuts.values() for piece in one.pieces()}
        first = self._tokenize([BEFORE.strip()])[0]
        self._rows = cut_table(model, [[packed.unknown], first, *self._tokenize([*pieces, *cuts])])
        # A piece that is cut elsewhere may be told in words that are gone.
        self._rows[self._rows < 0] = self._rows[packed.unknown]
        self._start, self._before, self._end = np.split(self._rows[first], [1, len(first) - 1])
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model = model.to(device)
        self.head = torch.nn.Linear(2 * model.config.hidden_size, 3, device=device)
        torch.nn.init.zeros_(self.head.weight)
        torch.nn.init.zeros_(self.head.bias)
        self.model.embeddings.requires_grad_(False)
        self.model.encoder.layer[:_FROZEN].requires_grad_(False)

    def state(self) -> tuple[dict[str, Any], ...]:
        parts = (self.model.state_dict(), self.head.state_dict())
        return tuple({name: value.clone() for name, value in part.items()} for part in parts)

    def begin(self, state: tuple[dict[str, Any], ...]) -> None:
        """Be as it was when ``state`` was taken."""
        self.model.load_state_dict(state[0])
        self.head.load_state_dict(state[1])

    def tune(self, named: Sequence[Named], labels: np.ndarray, course: Course, seed: int, say: Say) -> None:
        """Learn ``labels`` of things named: whole numbers (n,), or probabilities (n, 3) float32."""
        import torch

        sentences = self._sentences(named)
        wanted = torch.from_numpy(labels)

        def loss_of(chosen: np.ndarray) -> Any:
            scores, places = self._scores([sentences[place] for place in chosen])
            told = wanted[places].to(scores.device)
            return torch.nn.functional.cross_entropy(scores, told, label_smoothing=1.5 * (1 - _TRUST))

        tune(self.model, self.head, sentences, course, seed, loss_of, say)

    def read(self, named: Sequence[Named]) -> np.ndarray:
        """(n, 3) probabilities of negative, neutral, positive."""
        import torch

        sentences = self._sentences(named)
        order = np.argsort([len(one) for one in sentences], kind="stable")
        found = np.zeros((len(named), 3))
        self.model.eval()
        self.head.eval()
        with torch.no_grad():
            for at in range(0, len(order), _READ):
                scores, places = self._scores([sentences[place] for place in order[at : at + _READ]])
                found[places] = scores.softmax(1).cpu().numpy()
        return found

    def _sentences(self, named: Sequence[Named]) -> list[_Sentence]:
        cuts = list(_cuts(named).values())
        pieces = list({piece for one in cuts for piece in one.pieces()})
        found = self._tokenize(pieces)
        told = {piece: self._rows[one[1:-1]] for piece, one in zip(pieces, found, strict=True)}
        return [self._sentence(one, told) for one in cuts]

    def _sentence(self, cuts: _Cuts, rows: Mapping[str, np.ndarray]) -> _Sentence:
        told = [rows[piece] for piece in cuts.pieces()]
        row = np.concatenate([self._start, self._before, *told])[: _LONGEST - 1]
        sizes = 1 + len(self._before) + np.cumsum([0, *map(len, told)])
        begins = dict(zip(cuts.edges, np.minimum(sizes, len(row)), strict=True))
        # What stands behind the longest that is read is read as the last sign.
        spans = [(place, begins[a], max(begins[b], begins[a] + 1)) for place, a, b in cuts.spans]
        return _Sentence(np.append(row, self._end), tuple(spans))

    def _scores(self, sentences: Sequence[_Sentence]) -> tuple[Any, np.ndarray]:
        """(n, 3) log odds of all that is named in the sentences, and its places (n,)."""
        import torch

        numbers, there = padded([one.row for one in sentences])
        device = self.head.weight.device
        mask = torch.from_numpy(there).to(device)
        given = torch.from_numpy(numbers).to(device)
        found = self.model(input_ids=given, attention_mask=mask.long()).last_hidden_state
        weights = mask[:, :, None].float()
        mean = torch.nn.functional.normalize((found * weights).sum(1) / weights.sum(1), dim=1)
        spans = [(row, *span) for row, one in enumerate(sentences) for span in one.spans]
        at = torch.stack([found[row, start:stop].mean(0) for row, _, start, stop in spans])
        around = mean[[row for row, *_ in spans]] * _AROUND
        joined = torch.cat([around, torch.nn.functional.normalize(at, dim=1)], 1) * SPREAD
        scores = self.head(torch.nn.functional.dropout(joined, _DROPPED, self.head.training))
        return scores, np.array([place for _, place, *_ in spans])


@dataclass(frozen=True, slots=True)
class _Cuts:
    """Where a sentence is cut, so that each name is a piece, and which names there are."""

    text: str
    edges: tuple[int, ...]
    spans: tuple[tuple[int, int, int], ...]

    def pieces(self) -> list[str]:
        return [self.text[start:stop] for start, stop in pairwise(self.edges)]


def _cuts(named: Sequence[Named]) -> dict[str, _Cuts]:
    """By sentence; a space before a name is cut off with it, as the encoder's words begin with theirs."""
    spans: dict[str, list[tuple[int, int, int]]] = {}
    for place, one in enumerate(named):
        text = whole(one)
        start, stop = len(one.left.rstrip(" ")), len(one.left + one.name)
        span = (place, start, stop) if one.name else (place, 0, len(text))
        spans.setdefault(text, []).append(span)
    return {
        text: _Cuts(
            text, tuple(sorted({0, len(text), *(end for span in found for end in span[1:])})), tuple(found)
        )
        for text, found in spans.items()
    }
