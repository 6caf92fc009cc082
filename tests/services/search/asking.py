"""Asking questions, for the tests of search."""

from __future__ import annotations

from typing import Any

from recommender.models import Item
from recommender.services import search as searching
from recommender.services.events import Actor
from recommender.services.search import SearchPage, SearchQuery

NOBODY = Actor()
Items = dict[str, Item]


def ask(text: str = "", actor: Actor = NOBODY, **options: Any) -> SearchPage:
    searching.forget()
    return searching.search(SearchQuery(text=text, **options), actor)


def names(page: SearchPage) -> list[str]:
    return [card.item.external_id for card in page.cards]
