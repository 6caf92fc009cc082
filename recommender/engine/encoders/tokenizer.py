"""A joint vocabulary for English and Chinese: word pieces, single Chinese characters, bytes for the rest."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from recommender.errors import EncoderError
from recommender.said import gettext_noop as _
from recommender.said import say

if TYPE_CHECKING:
    import torch

PAD = 0
FIRST_BYTE = 1
FIRST_PIECE = FIRST_BYTE + 256
VOCABULARY = 8192
#: A run of Latin letters, one digit, or any other single visible character that is no plain punctuation.
_UNITS = re.compile(r"[a-z]+|[0-9]|[^\sa-z0-9!-/:-@\[-`{-~。，、；：？！“”‘’（）《》【】…—·]")


def units(text: str) -> list[str]:
    """Lower-cased words, single digits and single other characters; accents are dropped, widths folded."""
    folded = unicodedata.normalize("NFKD", text).lower()
    bare = "".join(mark for mark in folded if not unicodedata.combining(mark))
    return _UNITS.findall(unicodedata.normalize("NFC", bare))


class JointTokenizer:
    """Text to token numbers: 0 pads, 1-256 are bytes, then the pieces, and the highest of all ends a text.

    A word that is not in the vocabulary is cut greedily into the longest known pieces (Wu et al. 2016,
    section 4.1); pieces within a word are written ``##piece``. The ending token is the highest number,
    because the text tower pools where the number is largest, as CLIP's does.

    Args:
        pieces: the vocabulary in the order of its numbers.
        context_length: tokens a text, the ending one included.
        vocab_size: numbers there are; those between the last piece and the end are free for later pieces.

    Raises:
        EncoderError: more pieces than numbers.
    """

    def __init__(self, pieces: Sequence[str], context_length: int = 48, vocab_size: int = VOCABULARY) -> None:
        if FIRST_PIECE + len(pieces) >= vocab_size:
            told = _("{n} pieces do not fit a vocabulary of {size}.")
            raise EncoderError(say(told, n=len(pieces), size=vocab_size))
        self.pieces = tuple(pieces)
        self.context_length = context_length
        self.vocab_size = vocab_size
        self.end = vocab_size - 1
        self._number = {piece: FIRST_PIECE + order for order, piece in enumerate(self.pieces)}
        self._longest = max((len(piece) for piece in self.pieces), default=1)

    @classmethod
    def from_file(cls, path: Path, context_length: int, vocab_size: int) -> JointTokenizer:
        """Read one piece a line, UTF-8.

        Raises:
            EncoderError: the vocabulary is absent.
        """
        if not path.is_file():
            told = say(_("The vocabulary {path} is missing."), path=str(path))
            raise EncoderError(told, _("Restore the encoder's folder."))
        return cls(path.read_text(encoding="utf-8").splitlines(), context_length, vocab_size)

    def encode(self, text: str) -> list[int]:
        """Token numbers of one text, at most ``context_length``, the last one being ``end``."""
        numbers: list[int] = []
        for unit in units(text):
            numbers += self._cut(unit)
            if len(numbers) >= self.context_length - 1:
                break
        return [*numbers[: self.context_length - 1], self.end]

    def _cut(self, unit: str) -> list[int]:
        numbers, start = [], 0
        while start < len(unit):
            prefix = "##" if start else ""
            for stop in range(min(len(unit), start + self._longest), start, -1):
                number = self._number.get(prefix + unit[start:stop])
                if number is not None:
                    numbers.append(number)
                    start = stop
                    break
            else:
                numbers += [FIRST_BYTE + byte for byte in unit[start].encode()]
                start += 1
        return numbers

    def __call__(self, texts: str | Sequence[str], context_length: int | None = None) -> torch.Tensor:
        """Padded token numbers (n, longest in the batch), int64; ``context_length`` fixes the width."""
        import torch

        rows = [self.encode(text) for text in ([texts] if isinstance(texts, str) else texts)]
        width = context_length or max((len(row) for row in rows), default=1)
        table = torch.full((len(rows), width), PAD, dtype=torch.long)
        for order, row in enumerate(rows):
            table[order, : len(row)] = torch.tensor(row)
        return table


def build_vocabulary(
    texts: Iterable[str], *, words: int = 7000, fragments: int = 700, least: int = 2
) -> list[str]:
    """Pieces for a corpus: letters, frequent words and characters, then frequent fragments of words.

    Args:
        texts: the corpus.
        words: most whole words and characters kept.
        fragments: most fragments kept.
        least: occurrences a whole word needs.
    """
    counts = Counter(unit for text in texts for unit in units(text))
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    pieces = dict.fromkeys([*letters, *("##" + letter for letter in letters), *"0123456789"])
    kept = [unit for unit, count in counts.most_common(words) if count >= least]
    pieces.update(dict.fromkeys(kept))
    inner: Counter[str] = Counter()
    for unit, count in counts.items():
        for start in range(len(unit)):
            for stop in range(start + 2, min(len(unit), start + 6) + 1):
                if start or stop < len(unit):
                    inner[("##" if start else "") + unit[start:stop]] += min(count, 20)
    pieces.update(dict.fromkeys(piece for piece, _ in inner.most_common(fragments)))
    return list(pieces)
