"""Cells to values, and the words for those that are none."""

from __future__ import annotations

import contextlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.engine.formats import values
from recommender.engine.formats.values import PARSERS, Unreadable


@pytest.mark.parametrize(
    ("written", "amount", "currency"),
    [
        ("12.50", "12.50", ""),
        ("12,50", "12.50", ""),
        ("$12.99 - $29.99", "12.99", "USD"),
        ("12.99 – 29.99 EUR", "12.99", "EUR"),
        ("from 14.99", "14.99", ""),
        ("1,299.00", "1299.00", ""),
        ("1.299,00", "1299.00", ""),
        ("1,299", "1299.00", ""),
        ("1.299.000", "1299000.00", ""),
        ("1 299,5", "1299.50", ""),
        ("0,125", "0.12", ""),
        ("$12", "12.00", "USD"),
        ("12 €", "12.00", "EUR"),
        ("¥99.9", "99.90", "CNY"),
        ("99元", "99.00", "CNY"),
        ("CHF 1'250.50", "1250.50", "CHF"),
        ("9.99 usd", "9.99", "USD"),
        ("１２．５０", "12.50", ""),
        (12.5, "12.50", ""),
        (1e-7, "0.00", ""),
        (0, "0.00", ""),
    ],
)
def test_prices_are_read_as_people_write_them(written, amount, currency):
    assert values.price(written) == (Decimal(amount), currency)


def test_a_letter_in_a_price_is_found_out():
    with pytest.raises(Unreadable) as caught:
        values.price("12,5O")
    assert caught.value.reason == "is not a price"
    assert "12.50" in caught.value.remedy


@pytest.mark.parametrize("written", ["—", "-", "None", "N/A", ""])
def test_signs_for_no_price_are_none(written):
    assert values.price(written) is None


@pytest.mark.parametrize(
    "written",
    [
        "29.99 - 12.99",
        "from",
        "from - to",
        "1 - 2 - 3",
        "-5",
        "free",
        "12-15",
        "12..5,",
        "1e999",
        "nan",
        "∞",
        "12.5.0 x",
        "9" * 30,
        "from " * 20_000,
        "1" + " " * 50_000 + "x",
        True,
        [1],
        "$$",
    ],
)
def test_what_is_no_price_is_refused(written):
    with pytest.raises(Unreadable):
        values.price(written)


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("881250949", "1997-12-04T15:55:49+00:00"),
        (881250949, "1997-12-04T15:55:49+00:00"),
        ("1700000000123", "2023-11-14T22:13:20.123000+00:00"),
        ("2024-05-31", "2024-05-31T00:00:00+00:00"),
        ("2024-05-31T14:05:00Z", "2024-05-31T14:05:00+00:00"),
        ("2024-05-31 14:05:00+08:00", "2024-05-31T06:05:00+00:00"),
        ("2024-05-31 14:05:00 UTC", "2024-05-31T14:05:00+00:00"),
        ("2024-5-3", "2024-05-03T00:00:00+00:00"),
        ("2024-5-3 9:05", "2024-05-03T09:05:00+00:00"),
        ("2024-5-3T9:05:00Z", "2024-05-03T09:05:00+00:00"),
        ("2024-5-3 9:05:00+08:00", "2024-05-03T01:05:00+00:00"),
        ("2024-5-3 9:05:00 utc", "2024-05-03T09:05:00+00:00"),
        ("2024年5月3日", "2024-05-03T00:00:00+00:00"),
        ("2024年5月3日14:05", "2024-05-03T14:05:00+00:00"),
        ("2024年5月3日 9:05:30", "2024-05-03T09:05:30+00:00"),
        ("2024/05/31 14:05", "2024-05-31T14:05:00+00:00"),
        ("20240531", "2024-05-31T00:00:00+00:00"),
        ("01-Jan-1995", "1995-01-01T00:00:00+00:00"),
        ("09 13, 2009", "2009-09-13T00:00:00+00:00"),
    ],
)
def test_times_are_read_as_programs_write_them(written, moment):
    assert values.timestamp(written).isoformat() == moment


@pytest.mark.parametrize(
    "written",
    [
        "yesterday",
        "-5",
        "1e30",
        "2024-13-01",
        "0001-01-01",
        "9999-12-31T23:59:59-12:00",
        "2024-05-31 14:05:00+08:00 UTC",
        "2024-05-31 GMT UTC",
        "24-5-3",
        "2024-5-32",
    ],
)
def test_what_is_no_time_is_refused(written):
    with pytest.raises(Unreadable, match="is not a time"):
        values.timestamp(written)


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2024-05-31", "2024-05-31T00:00:00+00:00"),
        ("2024-05-31T14:05:00+08:00", "2024-05-31T06:05:00+00:00"),
        ("1936-02-05", "1936-02-05T00:00:00+00:00"),
        ("1936-2-5", "1936-02-05T00:00:00+00:00"),
        ("20240531", "2024-05-31T00:00:00+00:00"),
        (1_716_000_000, "2024-05-18T02:40:00+00:00"),
        ("1716000000123", "2024-05-18T02:40:00.123000+00:00"),
    ],
)
def test_dates_of_items_are_of_any_year(written, moment):
    assert values.published(written).isoformat() == moment


@pytest.mark.parametrize(
    "written", ["soon", "2024", 2019, "1", "2024-13-01", "0000-00-00", "0001-01-01", "2100-01-01", "1e30"]
)
def test_what_is_no_date_of_an_item_is_refused(written):
    with pytest.raises(Unreadable, match="is not a date"):
        values.published(written)


def test_availability_is_understood_in_both_languages():
    assert [values.availability(word) for word in ("In Stock", "缺货", "archived", True, 0, "")] == [
        "available", "unavailable", "retired", "available", "unavailable", "",
    ]  # fmt: skip
    with pytest.raises(Unreadable):
        values.availability("perhaps")


def test_kinds_are_understood_by_their_usual_names():
    words = ("Add to cart", "收藏", "buy", "PV", "liked")
    assert [values.kind(word) for word in words] == ["save", "save", "purchase", "view", "like"]


def test_names_come_with_bars_or_as_a_list():
    assert values.names(" a.jpg | b.jpg |") == ["a.jpg", "b.jpg"]
    assert values.names('["a.jpg", "b|c.jpg"]') == ["a.jpg", "b|c.jpg"]
    assert values.names([{"large": "http://x.example/l.jpg", "thumb": "t"}]) == ["http://x.example/l.jpg"]


def test_captions_keep_their_places():
    assert values.captions("front||back") == ["front", "", "back"]


def test_categories_are_paths():
    assert values.category("Clothing>Dresses › Long") == "Clothing > Dresses > Long"
    assert values.category([["Baby", "Cups"], ["Other"]]) == "Baby > Cups"
    assert values.categories("Animation|Comedy") == ["Animation", "Comedy"]
    with pytest.raises(Unreadable):
        values.category("x" * 121)


def test_a_list_that_a_table_holds_as_json_is_the_list():
    assert values.category('[["Baby", "Cups"], ["Other"]]') == "Baby > Cups"
    assert values.text('["Soft.", "Red."]') == "Soft.\nRed."
    assert values.attribute('["light", "safe"]') == ["light", "safe"]
    assert values.category('["Sale"') == '["Sale"'
    assert values.attribute("[1]") == "[1]"


def test_stars_are_whole():
    assert values.stars("5.0") == 5
    for written in ("0", "6", "4.5", "good"):
        with pytest.raises(Unreadable):
            values.stars(written)


def test_a_key_written_as_a_float_is_the_whole_number():
    assert values.key(17.0) == "17"


def test_languages_are_codes():
    assert [values.language(word) for word in ("zh-CN", "English", "中文", "pt_BR")] == [
        "zh",
        "en",
        "zh",
        "pt",
    ]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)


@pytest.mark.parametrize("parser", sorted(PARSERS))
@given(value=anything)
def test_no_cell_brings_a_parser_down(parser, value):
    with contextlib.suppress(Unreadable):
        repr(PARSERS[parser](value)).encode("utf-8")
