"""A search from question to page: ranked under its filters, folded, counted, kept for later pages, shown."""

from __future__ import annotations

import hashlib
import logging
import math
import time
from dataclasses import dataclass, replace

import numpy as np
from django.core.cache import cache
from redis.exceptions import RedisError

from recommender.services.events import Actor
from recommender.services.impressions import Shown, note_shown
from recommender.services.later import later
from recommender.services.measured import ANSWERS, staged, timed
from recommender.services.recommend import Card, available_now, make_card, profile_of
from recommender.services.search.browsing import browse
from recommender.services.search.facts import Facts, make_facets
from recommender.services.search.filters import filtered_ids, loosened
from recommender.services.search.folding import fold
from recommender.services.search.prices import settled
from recommender.services.search.question import MINUS_ALONE, Facets, SearchPage, SearchQuery
from recommender.services.search.ranking import PARTS, Search
from recommender.services.spaces import current_space

log = logging.getLogger(__name__)

#: How long somebody may take to ask for the next page.
_KEPT_SECONDS = 60
_SURFACE = "search"


@dataclass(frozen=True)
class Answer:
    """Everything but the cards.

    Attributes:
        ids: all results (n,), best first.
        scores, parts: (n,) and (n, 4) as in ``Ranking``; None where there was no question.
    """

    ids: np.ndarray
    facets: Facets
    scores: np.ndarray | None = None
    parts: np.ndarray | None = None
    folded: int = 0
    notice: str = ""

    def told(self, rank: int) -> dict[str, float]:
        """What speaks for the result at ``rank``."""
        if self.parts is None:
            return {}
        named = zip(PARTS, self.parts[rank].tolist(), strict=True)
        return {name: part for name, part in named if not math.isnan(part)}


@timed("search")
def search(query: SearchQuery, actor: Actor) -> SearchPage:
    """One page of results. A first page is answered for this moment; later ones continue it.

    Raises:
        RecommenderError: a picture or sound of the question cannot be encoded; its price limits exclude all.
    """
    began = time.monotonic()
    query = replace(query, filters=settled(query.filters))
    name = _name(query, actor)
    answer = _kept(name) if query.offset else None
    if answer is None:
        answer = _browsed(query) if query.is_browsing else _searched(query)
        if len(answer.ids) > query.limit:
            later(_keep, name, answer)
    if not query.offset:
        ANSWERS.add(1, _SURFACE, (answer.notice or "found") if len(answer.ids) else "empty")
    cards = _cards(answer, query, actor)
    return SearchPage(
        cards=cards,
        total=len(answer.ids),
        facets=answer.facets,
        folded=answer.folded,
        seconds=time.monotonic() - began,
        notice=answer.notice,
    )


@staged("rank")
def _searched(query: SearchQuery) -> Answer:
    """Ranked once for each set of filters that results or facets need; mostly that is one."""
    asked = Search(query)
    wanted = {query.filters, *loosened(query.filters).values()}
    rankings = {filters: asked.under(filtered_ids(filters)) for filters in wanted}
    facts = Facts(pk for ranking in rankings.values() for pk in ranking.ids.tolist())
    kept = {filters: fold(ranking.ids.tolist(), facts, asked.live) for filters, ranking in rankings.items()}
    ranking, places = rankings[query.filters], kept[query.filters]
    pools = {
        name: rankings[filters].ids[kept[filters]].tolist()
        for name, filters in loosened(query.filters).items()
    }
    return Answer(
        ids=ranking.ids[places],
        facets=make_facets(facts, pools, query.filters),
        scores=ranking.scores[places],
        parts=ranking.parts[places],
        folded=sum(pk in facts for pk in ranking.ids.tolist()) - len(places),
        notice=ranking.notice,
    )


def _browsed(query: SearchQuery) -> Answer:
    ids, facets = browse(query.filters)
    return Answer(ids=ids, facets=facets, notice=MINUS_ALONE if query.minus else "")


# -- pages --------------------------------------------------------------------------------------------------


def _name(query: SearchQuery, actor: Actor) -> str:
    """Of the answer, whichever of its pages is asked for."""
    space = current_space()
    said = repr((replace(query, offset=0, limit=0), sorted(query.weights.items()), space and space.key))
    return f"search:{actor.key}:{hashlib.sha256(said.encode()).hexdigest()}"


def _kept(name: str) -> Answer | None:
    try:
        return cache.get(name)
    except RedisError as error:
        log.warning("Redis does not answer (%s); this page is searched anew.", error)
        return None


def _keep(name: str, answer: Answer) -> None:
    try:
        cache.set(name, answer, _KEPT_SECONDS)
    except RedisError as error:
        log.warning("Redis does not answer (%s); later pages are searched anew.", error)


# -- cards --------------------------------------------------------------------------------------------------


@staged("hydrate")
def _cards(answer: Answer, query: SearchQuery, actor: Actor) -> list[Card]:
    ids: list[int] = answer.ids[query.offset : query.offset + query.limit].tolist()
    items = available_now(ids)
    shown = [(rank, pk, answer.told(rank)) for rank, pk in enumerate(ids, query.offset) if pk in items]
    impressions = note_shown(actor, [_shown(answer, *one) for one in shown], model=_SURFACE)
    profile = profile_of(actor)
    return [
        make_card(items[pk], profile, impression=impression, parts=parts)
        for (_rank, pk, parts), impression in zip(shown, impressions, strict=True)
    ]


def _shown(answer: Answer, rank: int, pk: int, parts: dict[str, float]) -> Shown:
    score = float(answer.scores[rank]) if answer.scores is not None else 0.0
    return Shown(pk, _SURFACE, rank, score, max(parts, key=parts.__getitem__) if parts else "")
