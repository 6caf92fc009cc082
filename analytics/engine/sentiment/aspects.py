"""What a review is about, and what it feels about each: aspects by a lexicon, polarity by the words around.

In English a network reads the sentence around each name (``aspects_polarity``); a clause with Chinese in it
is read whole by the text model.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analytics.contracts import AspectOpinion, Word
from analytics.engine.sentiment.aspects_lexicon import Lexicon, merged, read_lexicon
from analytics.engine.sentiment.aspects_polarity import NETWORK, AspectPolarity, Named
from analytics.engine.sentiment.text import TextModel, chinese_share

SHIPPED = Path(__file__).parent / "weights" / "aspects"
LEXICON = "lexicon.json"
#: Read of one review; the rest is hardly about anything new.
_LONGEST = 4000
_MOST_CLAUSES = 40
_MOST_WORDS = 4
_CLAUSE = re.compile(
    r"[.!?;,:\n]+(?=\s|$)|[。！？；，、…\n]+"
    r"|\s(?:but|although|though|however|yet|while|whereas)\s|但是|不过|可是|然而|虽然"
)
_SENTENCE = re.compile(r"[.!?]+(?=\s|$)|[。！？\n]+")
_AROUND = 200


@dataclass(frozen=True, slots=True)
class Mention:
    """An aspect named in a clause: which review, which aspect, where the clause stands and where the name."""

    review: int
    aspect: str
    clause: tuple[int, int]
    place: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Findings:
    """What some texts name.

    Attributes:
        mentions: of all ``texts``, text by text.
        places: by text and clause, which of ``clauses`` says how what is named there is felt.
        clauses: what the text model reads.
    """

    texts: Sequence[str]
    mentions: Sequence[Mention]
    places: Mapping[tuple[int, tuple[int, int]], int]
    clauses: Sequence[str]


class AspectModel:
    """Finds aspects and their polarity; made by ``load``."""

    def __init__(self, lexicon: Lexicon, text: TextModel, polarity: AspectPolarity | None = None) -> None:
        """``polarity`` reads English; without it ``text`` reads every clause, as it does in Chinese."""
        self.lexicon = lexicon
        self.text = text
        self._polarity = polarity
        self._pattern, self._aspects = _compiled(lexicon)

    @classmethod
    def load(
        cls, folder: Path | None = None, *, extra: Path | None = None, text: TextModel | None = None
    ) -> AspectModel:
        """The model in ``folder``, the shipped one where none is given.

        Args:
            extra: a site's own lexicon, added to the model's.
            text: the text model to read clauses with, where one is loaded already.

        Raises:
            RecommenderError: a lexicon cannot be read, or is not of the form above.
        """
        folder = folder or SHIPPED
        lexicon = read_lexicon(folder / LEXICON)
        if extra:
            lexicon = merged(lexicon, read_lexicon(extra))
        polarity = AspectPolarity.load(folder) if (folder / NETWORK).is_file() else None
        return cls(lexicon, text or TextModel.load(), polarity)

    def read(self, texts: Sequence[str]) -> list[tuple[AspectOpinion, ...]]:
        """The aspects of each text, the most telling first; none where it names none."""
        named = self.find(texts)
        return self.judge(named, self.text.read(named.clauses))

    def find(self, texts: Sequence[str]) -> Findings:
        """What the texts name, and the clauses that ``self.text`` has to read before it can be judged."""
        mentions = [mention for number, text in enumerate(texts) for mention in self._mentions(number, text)]
        whole = [mention for mention in mentions if not (self._polarity and _is_english(texts, mention))]
        places = list(dict.fromkeys((mention.review, mention.clause) for mention in whole))
        clauses = [texts[review][start:end] for review, (start, end) in places]
        return Findings(texts, mentions, dict(zip(places, range(len(places)), strict=True)), clauses)

    def judge(self, named: Findings, read: np.ndarray) -> list[tuple[AspectOpinion, ...]]:
        """As ``read``; ``read`` (n, 3) are the readings of the clauses."""
        felt = self._felt(named, (read[:, 2] - read[:, 0]).tolist())
        found: list[dict[str, list[Mention]]] = [defaultdict(list) for _text in named.texts]
        for mention in named.mentions:
            found[mention.review][mention.aspect].append(mention)
        return [_opinions(text, aspects, felt) for text, aspects in zip(named.texts, found, strict=True)]

    def _felt(self, named: Findings, clauses: Sequence[float]) -> dict[Mention, float]:
        """-1 to 1 for each mention: as the clause is, or as the network reads the sentence around it."""
        felt, english = {}, []
        for mention in named.mentions:
            at = named.places.get((mention.review, mention.clause))
            if at is None:
                english.append(mention)
            else:
                felt[mention] = clauses[at]
        if self._polarity and english:
            around = [sentence_of(named.texts[mention.review], mention.place) for mention in english]
            read = self._polarity.read(around)
            felt.update(zip(english, (read[:, 2] - read[:, 0]).tolist(), strict=True))
        return felt

    def _mentions(self, number: int, text: str) -> list[Mention]:
        """The aspects named in ``text``, each once a clause."""
        mentions: dict[tuple[str, tuple[int, int]], Mention] = {}
        lowered = _lower(text[:_LONGEST])
        if not self._pattern.search(lowered):
            return []
        for clause in clauses_of(text[:_LONGEST])[:_MOST_CLAUSES]:
            for match in self._pattern.finditer(lowered, *clause):
                for aspect in self._aspects[match.group()]:
                    mentions.setdefault((aspect, clause), Mention(number, aspect, clause, match.span()))
        return list(mentions.values())


def _opinions(
    text: str, aspects: Mapping[str, list[Mention]], felt: Mapping[Mention, float]
) -> tuple[AspectOpinion, ...]:
    """The aspects that ``text`` names, the most telling first."""
    opinions = []
    for aspect, mentions in aspects.items():
        worth = [felt[mention] for mention in mentions]
        # Of what is shown as equally strong the first counts.
        strongest = mentions[max(range(len(worth)), key=lambda place: round(abs(worth[place]), 4))]
        words = _clause_words(text, strongest, max(worth, key=abs))
        opinions.append(AspectOpinion(aspect, round(sum(worth) / len(worth), 4), words))
    return tuple(sorted(opinions, key=lambda opinion: -abs(opinion.polarity)))


def _is_english(texts: Sequence[str], mention: Mention) -> bool:
    return not chinese_share(texts[mention.review][slice(*mention.clause)])


def sentence_of(text: str, place: tuple[int, int]) -> Named:
    """The sentence around ``place``, its name apart; at most ``_AROUND`` characters on either side."""
    start, stop = place
    left, right = text[max(0, start - _AROUND) : start], text[stop : stop + _AROUND]
    ended = _SENTENCE.search(right)
    return Named(_SENTENCE.split(left)[-1], text[start:stop], right[: ended.start()] if ended else right)


def _clause_words(text: str, mention: Mention, weight: float) -> tuple[Word, ...]:
    start, end = mention.clause
    return (Word(text[start:end], start, end, round(weight, 4)),)


def clauses_of(text: str) -> list[tuple[int, int]]:
    """(start, end) of the stretches between marks and contrasting words."""
    clauses, at = [], 0
    marks = [match.span() for match in _CLAUSE.finditer(text)]
    for end, following in (*marks, (len(text), len(text))):
        begun = text[at:end].lstrip()
        if begun:
            start = end - len(begun)
            clauses.append((start, start + len(begun.rstrip())))
        at = following
    return clauses


def _compiled(lexicon: Lexicon) -> tuple[re.Pattern[str], dict[str, tuple[str, ...]]]:
    """A pattern that finds any word of the lexicon, and the aspects each stands for."""
    aspects: dict[str, tuple[str, ...]] = {}
    for aspect, languages in lexicon.items():
        for words in languages.values():
            for word in words:
                aspects[word.lower()] = (*aspects.get(word.lower(), ()), aspect)
    spelled = _any_of(word for word in aspects if word and word[0].isascii())
    others = _any_of(word for word in aspects if word and not word[0].isascii())
    return re.compile(rf"(?<![a-z]){spelled}(?![a-z])|{others}"), aspects


def _any_of(words: Iterable[str]) -> str:
    """A pattern of the longest of ``words`` that stands at a place.

    Words are gathered by their first character, which is looked for before any of them is tried: at nearly
    every place none begins.
    """
    begun: dict[str, list[str]] = defaultdict(list)
    for word in sorted(words, key=len, reverse=True):
        begun[word[0]].append(re.escape(word[1:]))
    if not begun:
        return "(?!)"
    firsts = "".join(map(re.escape, begun))
    tails = (f"{re.escape(first)}(?:{'|'.join(rest)})" for first, rest in begun.items())
    return f"(?=[{firsts}])(?:{'|'.join(tails)})"


def _lower(text: str) -> str:
    """Lower case, character for character."""
    if len(whole := text.lower()) == len(text):
        return whole
    return "".join(low if len(low := character.lower()) == 1 else character for character in text)
