"""The search page says what became of the question."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

from recommender.models import Category, Item
from recommender.services import search as searching
from tests.services.shop import damaged_query, serving_space
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


def test_what_the_query_worker_could_not_read_is_told_in_the_readers_language(
    shop: Shop, as_: Any, settings: Any
) -> None:
    serving_space(settings)
    name = damaged_query()
    assert "不是能够读取的图片" in shown(as_("guest"), {"Accept-Language": "zh-CN"}, image=name)
    english = shown(as_("guest"), {"Accept-Language": "en"}, image=name)
    assert "is not a picture that can be read" in english


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


def test_a_picture_that_is_not_kept_any_more_is_told(shop: Shop, as_: Any) -> None:
    gone = "queries/" + "0" * 64 + ".webp"
    told = shown(as_("guest"), {"Accept-Language": "zh-CN"}, q="bag", image=gone)
    assert "不再保留" in told
    assert shop.items[0].title in shown(as_("guest"), q="bag", image=gone)
    assert "no longer kept" in shown(as_("guest"), {"HX-Request": "true"}, image=gone)
    assert "no longer kept" not in shown(as_("guest"), q="bag")


def test_a_weight_without_end_counts_in_full(shop: Shop, as_: Any) -> None:
    html = shown(as_("guest"), q="bag", w_image="9" * 5000)
    assert re.findall(r'name="w_image"[^>]* value="(\d+)"', html) == ["100"]


def test_terms_say_to_a_screen_reader_which_way_they_count(shop: Shop, as_: Any) -> None:
    html = shown(as_("guest"), q="bag", plus="blue", minus="leather")
    assert "More of this: </span><span>blue" in html
    assert "Less of this: </span><span>leather" in html


# -- prices -------------------------------------------------------------------------------------------------

RADIO = re.compile(r'name="currency" value="([^"]*)"( checked)?><span>([^<]*)</span>(?:<span[^>]*>(\d+)<)?')
RANGE = re.compile(r'href="([^"]*)" data-price data-min="([^"]*)" data-max="([^"]*)"( aria-current="true")?')


@pytest.fixture
def mixed(shop: Shop) -> Shop:
    """Eight bags in dollars, four in euro."""
    Item.objects.filter(pk__in=[item.pk for item in shop.items[8:]]).update(currency="EUR")
    searching.forget()
    return shop


def test_with_one_currency_there_is_none_to_choose(shop: Shop, as_: Any) -> None:
    html = shown(as_("guest"), category=shop.category.pk)
    assert 'name="currency"' not in html
    assert len(RANGE.findall(html)) >= 2
    assert "currency=" not in html


@pytest.mark.parametrize(
    ("language", "unset", "heading"), [("zh-hans", "不限", "以 USD 计价"), ("en", "Any", "Price in USD")]
)
def test_currencies_can_be_chosen_and_say_how_many_they_leave(
    mixed: Shop, as_: Any, language: str, unset: str, heading: str
) -> None:
    html = shown(as_("guest"), {"Accept-Language": language}, category=mixed.category.pk)
    assert RADIO.findall(html) == [
        ("", " checked", unset, ""),
        ("USD", "", "USD", "8"),
        ("EUR", "", "EUR", "4"),
    ]
    assert heading in html


def test_a_limit_alone_says_in_which_currency_it_is(mixed: Shop, as_: Any) -> None:
    html = shown(as_("guest"), category=mixed.category.pk, min="26")
    assert RADIO.findall(html) == [("", " checked", "USD", "8"), ("EUR", "", "EUR", "4")]
    assert '<strong class="number">2</strong> results' in html


def test_a_range_is_a_link_that_leaves_what_it_says_and_can_be_left_again(mixed: Shop, as_: Any) -> None:
    client = as_("guest")
    address, low, high, _on = RANGE.findall(shown(client, category=mixed.category.pk, offset=3))[-1]
    asked = dict(parse_qsl(unescape(address).partition("?")[2]))
    assert asked == {"category": str(mixed.category.pk), "min": low, "currency": "USD"}
    assert (low, high) != ("", "")
    html = shown(client, **asked)
    wide, *ranges = RANGE.findall(html)
    assert dict(parse_qsl(unescape(wide[0]).partition("?")[2])) == {"category": str(mixed.category.pk)}
    assert [one[3] != "" for one in ranges] == [False] * (len(ranges) - 1) + [True]


def test_where_no_result_is_in_the_main_currency_ranges_are_in_that_of_the_most(
    mixed: Shop, as_: Any
) -> None:
    Item.objects.filter(currency="USD").update(category=None)
    client = as_("guest")
    html = shown(client, category=mixed.category.pk)
    assert RADIO.findall(html) == [("", " checked", "Any", ""), ("EUR", "", "EUR", "4")]
    address, *_ = RANGE.findall(html)[-1]
    assert dict(parse_qsl(unescape(address).partition("?")[2]))["currency"] == "EUR"
    html = shown(client, category=mixed.category.pk, min="1")
    assert RADIO.findall(html) == [("", " checked", "USD", "0"), ("EUR", "", "EUR", "4")]


@pytest.mark.parametrize("end", ["min", "max"])
def test_a_limit_beyond_all_prices_is_no_error(mixed: Shop, as_: Any, end: str) -> None:
    html = shown(as_("guest"), category=mixed.category.pk, **{end: "1E+999999"})
    assert f'<strong class="number">{8 * (end == "max")}</strong> results' in html


def test_a_currency_that_makes_no_sense_counts_as_not_given(mixed: Shop, as_: Any) -> None:
    html = shown(as_("guest"), category=mixed.category.pk, currency="dollars")
    assert '<strong class="number">12</strong> results' in html


def test_prices_that_do_not_say_their_currency_can_be_chosen(mixed: Shop, as_: Any) -> None:
    Item.objects.filter(external_id="bag-0").update(currency="")
    searching.forget()
    html = shown(as_("guest"), currency="-")
    assert ("-", " checked", "not stated", "1") in RADIO.findall(html)
    assert mixed.items[0].title in html
    assert mixed.items[1].title not in html


def test_limits_that_exclude_every_price_are_told_and_counted_no_results(shop: Shop, as_: Any) -> None:
    asked = {"q": "bag", "min": "30", "max": "10"}
    assert "最低价高于最高价" in shown(as_("guest"), {"Accept-Language": "zh-CN"}, **asked)
    html = shown(as_("guest"), **asked)
    assert "The lowest price is above the highest." in html
    assert "Nothing found" not in html
    assert "results" not in re.sub(r"<[^>]*>", "", html)


def test_beside_an_error_what_was_chosen_stays_chosen(shop: Shop, as_: Any) -> None:
    bags = Category.objects.get(path="Bags")
    asked = {"q": "bag", "min": "30", "max": "10", "category": str(bags.pk), "language": "en"}
    fragment = as_("guest").get("/search/", asked, headers={"HX-Request": "true"}).content.decode()
    assert "The lowest price is above the highest." in fragment
    assert "hx-swap-oob" not in fragment
    whole = shown(as_("guest"), **asked)
    assert f'<input type="hidden" name="category" value="{bags.pk}">' in whole
    assert '<input type="hidden" name="language" value="en">' in whole
