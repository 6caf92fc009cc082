"""From a question to an order of items: similarity and words fused, and junk told as such."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recommender.contracts import MODALITIES
from recommender.engine.ranking import reciprocal_rank_fusion
from recommender.errors import EncoderUnavailable
from recommender.models import EncoderSpace
from recommender.services import queries
from recommender.services.aside import aside
from recommender.services.index import index_is_away, live_index
from recommender.services.lexical import WordMatches, find_words
from recommender.services.measured import CANDIDATES, staged
from recommender.services.search.calibrations import scales
from recommender.services.search.comparison import Comparison, Judged, Part
from recommender.services.search.question import ENCODER_DOWN, INDEX_DOWN, NOTHING_CLOSE, SearchQuery
from recommender.services.spaces import current_space

#: Results by similarity, and by words, at most.
MOST_SIMILAR, MOST_WORDS = 200, 200
#: Candidates that are compared exactly.
_SHORTLIST = 256
#: What is shown where nothing matches.
FEW = 8
#: Of the ranking by some of the words, and of that by similarity where nothing is really similar; beside all
#: words, and what matches, which have 1.
_WORTH_OF_SOME = 0.25
#: Standard scores below which nothing is a result, as a number and as a share of the best one's.
_LEAST_SCORE, _LEAST_SHARE = 0.5, 0.55
#: Standard scores by which a match has to be clearer where no item has any word of the question.
_UNHEARD = 0.4
#: What a result's parts are called.
PARTS = (*MODALITIES, "lexical")


@dataclass(frozen=True)
class Ranking:
    """Items (n,), best first, each with what speaks for it.

    Attributes:
        scores: (n,) what ranked them.
        parts: (n, 4) in the order of ``PARTS``: similarity by modality, 0 as by chance and 1 as for a typical
            match, then the share of the words that an item has; nan where there is nothing to tell.
        notice: as in ``SearchPage``.
    """

    ids: np.ndarray
    scores: np.ndarray
    parts: np.ndarray
    notice: str = ""


class Search:
    """One question, encoded once, answered under any filters.

    Attributes:
        live: the index it is answered from; None before anything has been encoded.

    Raises:
        RecommenderError: a picture or sound of the question cannot be encoded.
    """

    def __init__(self, query: SearchQuery) -> None:
        self._query = query
        self.live = live_index()
        self._space = current_space()
        self._is_down = self._space is None or self.live is None
        self._comparison = self._compared()
        self._words = " ".join([query.text, *query.plus] if query.is_words_only else [query.text]).strip()

    def under(self, among: np.ndarray | None) -> Ranking:
        """The results among the items with these ids (n,) ascending; among all, if None."""
        near, words = self._candidates(among)
        CANDIDATES.observe(len(near), "search", "meaning")
        CANDIDATES.observe(len(words.ids), "search", "words")
        ids = np.array(list(dict.fromkeys([*near, *words.ids])), np.int64)
        judged = self._judged(ids)
        refused = self._refused(ids, judged)
        similar = _best(ids, judged, MOST_SIMILAR)
        by_words = [pk for pk in words.ids if pk not in refused]
        fully = [pk for pk in by_words if words.shares[pk] == 1.0]
        matches = self._any_match(judged, words)
        worth = (1.0, 1.0 if matches else _WORTH_OF_SOME, _WORTH_OF_SOME)
        scores = reciprocal_rank_fusion([fully, similar, by_words[len(fully) :]], weights=worth)
        order = sorted(scores, key=lambda pk: pk in refused)
        notice = self._notice()
        if not notice and not words.complete and not matches:
            order, notice = order[:FEW], NOTHING_CLOSE if order else ""
        return Ranking(
            ids=np.array(order, np.int64),
            scores=np.array([scores[pk] for pk in order], np.float32),
            parts=_parts(ids, judged, words, order),
            notice=notice,
        )

    def _notice(self) -> str:
        """What was not asked, or did not answer, while this question was."""
        if index_is_away():
            return INDEX_DOWN
        return ENCODER_DOWN if self._is_down else ""

    # -- what to compare ------------------------------------------------------------------------------------

    @staged("candidates")
    def _candidates(self, among: np.ndarray | None) -> tuple[list[int], WordMatches]:
        """What is near, and what has the words.

        Of words alone both are looked for at once, the one in memory and the other in the database: each may
        have a core of its own.
        """
        if not self._words:
            return self._nearest(among), WordMatches()
        if not self._query.is_words_only:
            near = self._nearest(among)
            return near, self._ordering(near) if near else self._matching(among, is_meant=False)
        looking = aside(self._nearest, among)
        words = self._matching(among, is_meant=self._comparison is not None)
        near = looking.result()
        missed = self._comparison is not None and not near
        return near, self._matching(among, is_meant=False) if missed else words

    def _nearest(self, among: np.ndarray | None) -> list[int]:
        if self._comparison is None or self.live is None:
            return []
        asked, left_out = self._comparison, np.array(self._query.item_ids, np.int64)
        near = self.live.nearest(
            asked.query, _SHORTLIST, among=among, exclude=left_out, typical=asked.typical
        )
        return near.tolist()  # type: ignore[no-any-return]

    def _matching(self, among: np.ndarray | None, *, is_meant: bool) -> WordMatches:
        """Where meaning answers too, items with some of the words matter only if none has all."""
        below = 1 if is_meant else None
        found = find_words(self._words, limit=MOST_WORDS, among=among, partly_below=below)
        return found.without(self._query.item_ids)

    def _ordering(self, near: Sequence[int]) -> WordMatches:
        """Beside what is shown, words only order what is near: alone they would say too much."""
        return find_words(self._words, limit=MOST_WORDS, among=np.array(near), partly_below=0)

    # -- by similarity --------------------------------------------------------------------------------------

    def _compared(self) -> Comparison | None:
        if self._space is None or self.live is None:
            return None
        parts = self._parts_of_items()
        try:
            parts += self._encoded_parts(self._space)
        except EncoderUnavailable:
            self._is_down = True
        if not any(part.sign > 0 for part in parts):
            return None
        return Comparison(parts, self._query.weights, scales(self._space, self.live), self._space.dim)

    @staged("encode")
    def _encoded_parts(self, space: EncoderSpace) -> list[Part]:
        query = self._query
        asked = [("text", "text", query.text.strip(), 1.0)] if query.text.strip() else []
        asked += [("image", "name", query.image, 1.0)] if query.image else []
        asked += [("audio", "name", query.audio, 1.0)] if query.audio else []
        asked += [("text", "text", word, 1.0) for word in query.plus]
        asked += [("text", "text", word, -1.0) for word in query.minus]
        vectors = queries.encode_query(space, [{"modality": kind, key: said} for kind, key, said, _ in asked])
        return [
            Part({kind: one}, sign, shows=kind != "text")
            for (kind, _, _, sign), one in zip(asked, vectors, strict=True)
        ]

    def _parts_of_items(self) -> list[Part]:
        if not self._query.item_ids or self.live is None:
            return []
        rows = self.live.vectors(np.array(self._query.item_ids))
        blocks = rows.reshape(len(rows), len(MODALITIES), -1)
        found = [
            {name: block for name, block in zip(MODALITIES, row, strict=True) if block.any()}
            for row in blocks
        ]
        return [Part(vectors, shows=True) for vectors in found if vectors]

    def _judged(self, ids: np.ndarray) -> Judged | None:
        if self._comparison is None or self.live is None or not len(ids):
            return None
        return self._comparison.judge(self.live.vectors(ids))

    def _any_match(self, judged: Judged | None, words: WordMatches) -> bool:
        """Words that occur nowhere in the catalogue are some evidence that nothing in it is meant.

        What is like an item of the catalogue is worth showing, however little like it that is.
        """
        if self._query.item_ids and judged is not None:
            return True
        margin = _UNHEARD if self._query.is_words_only and not words.shares else 0.0
        return judged is not None and bool((judged.surplus >= margin).any())

    def _refused(self, ids: np.ndarray, judged: Judged | None) -> set[int]:
        """What a minus term names, or is like."""
        if not self._query.minus or not len(ids):
            return set()
        refused = set(ids[judged.refused].tolist()) if judged is not None else set()
        for word in self._query.minus:
            refused.update(find_words(word, limit=len(ids), among=ids, partly_below=0).complete)
        return refused


def _best(ids: np.ndarray, judged: Judged | None, most: int) -> list[int]:
    """The most similar, without the tail that has little of what the best have; but always a few."""
    if judged is None or not len(ids):
        return []
    order = np.argsort(-judged.scores, kind="stable")[:most]
    scores = judged.scores[order]
    order = order[np.isfinite(scores)]
    enough = scores >= max(_LEAST_SCORE, _LEAST_SHARE * float(scores[0]))
    return ids[order[: max(FEW, np.count_nonzero(enough))]].tolist()


def _parts(ids: np.ndarray, judged: Judged | None, words: WordMatches, order: Sequence[int]) -> np.ndarray:
    """(m, 4) of the items in ``order``, from what is known of all ``ids`` (n,)."""
    place = {pk: number for number, pk in enumerate(ids.tolist())}
    parts = np.full((len(order), len(PARTS)), np.nan, np.float32)
    if judged is not None and order:
        parts[:, : len(MODALITIES)] = judged.relevance[[place[pk] for pk in order]]
    parts[:, -1] = [words.shares.get(pk, np.nan) for pk in order]
    return parts
