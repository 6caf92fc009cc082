"""The search page says what became of the question."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from tests.web.conftest import Shop

START = "needs something to search for"
LEFT_OUT = "What there should be less of was left out"


def shown(client: Any, headers: dict[str, str] | None = None, **asked: Any) -> str:
    return client.get("/search/?" + urlencode(asked), headers=headers or {}).content.decode()


def test_a_minus_term_alone_is_told_what_it_needs(shop: Shop, as_: Any) -> None:
    html = shown(as_("guest"), minus="red")
    assert START in html
    assert "search-start" in html
    assert START in shown(as_("guest"), {"HX-Request": "true"}, minus="red")


def test_the_start_of_search_has_no_notice(shop: Shop, as_: Any) -> None:
    assert 'class="notice' not in shown(as_("guest"))


def test_a_minus_term_beside_filters_alone_is_told_to_be_left_out(shop: Shop, as_: Any) -> None:
    html = shown(as_("guest"), minus="red", category=shop.category.pk)
    assert LEFT_OUT in html
    assert shop.items[0].title in html
    assert LEFT_OUT not in shown(as_("guest"), category=shop.category.pk)


def test_a_minus_term_beside_words_has_no_such_notice(shop: Shop, as_: Any) -> None:
    html = shown(as_("guest"), q="bag", minus="red")
    assert not any(notice in html for notice in (START, LEFT_OUT))
