"""What is kept of pages: nothing of one reader may show on another's."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.test import Client

from recommender.contracts import SOURCES
from recommender.models import Item
from recommender.services import events
from recommender.services.events import Actor
from tests.conftest import Cast
from tests.web.conftest import Shop


def page(client: Client, address: str = "/", **headers: Any) -> str:
    answer = client.get(address, **headers)
    assert answer.status_code == 200
    return answer.content.decode()


def test_each_reader_sees_their_own_name_and_token(shop: Shop, as_: Any, cast: Cast) -> None:
    mary, oscar = as_("member"), as_("outsider")
    first, second = page(mary), page(oscar)
    assert ">mary<" in first
    assert ">mary<" not in second
    assert ">oscar<" in second
    tokens = [re.findall(r'"X-CSRFToken": "(\w+)"', html) for html in (first, second)]
    assert tokens[0] != tokens[1]
    again = page(mary)
    assert set(re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', again)) == set(
        re.findall(r'"X-CSRFToken": "(\w+)"', again)
    )


def test_nothing_is_left_to_fill_in(shop: Shop, as_: Any) -> None:
    for role in ("guest", "member", "superuser"):
        for address in ("/", "/", f"/?category={shop.category.pk}", "/?offset=4"):
            assert "\x00" not in page(as_(role), address)


def test_a_name_cannot_smuggle_markup_or_slots_into_a_page(shop: Shop) -> None:
    user = User.objects.create_user("<b>bold</b>&co", password="x")
    client = Client()
    client.force_login(user)
    for _ in range(2):
        html = page(client)
        assert "<b>bold" not in html
        assert "&lt;b&gt;bold&lt;/b&gt;&amp;co" in html


def test_a_title_cannot_smuggle_markup_into_a_card(shop: Shop, as_: Any) -> None:
    Item.objects.filter(pk=shop.items[3].pk).update(title='<script>"x"</script>')
    html = page(as_("guest"))
    assert "<script>&quot;" not in html
    assert "&lt;script&gt;&quot;x&quot;&lt;/script&gt;" in html


def test_the_address_of_the_page_is_that_of_the_request(shop: Shop, as_: Any) -> None:
    guest = as_("guest")
    page(guest, "/")
    html = page(guest, f"/?category={shop.category.pk}&x=%22")
    assert f'value="/?category={shop.category.pk}&amp;x=%22"' in html


def test_roles_and_themes_have_frames_of_their_own(shop: Shop, as_: Any) -> None:
    assert "/manage/" not in page(as_("member"))
    assert "/manage/" in page(as_("catalogue_admin"))
    dark = as_("member")
    dark.cookies["theme"] = "dark"
    assert 'data-bs-theme="dark"' in page(dark)
    assert 'data-bs-theme="dark"' not in page(as_("member"))


def test_a_page_in_chinese_stays_apart_from_one_in_english(shop: Shop, as_: Any) -> None:
    member = as_("member")
    english = page(member)
    chinese = page(member, HTTP_ACCEPT_LANGUAGE="zh-hans")
    assert "包袋" in chinese
    assert "包袋" not in english
    assert page(member).count("Bag number") == english.count("Bag number")


def test_a_message_is_told_once(shop: Shop, as_: Any) -> None:
    member = as_("member")
    member.post("/preferences/mixture/", {"crowd": "50"})
    assert "Your mixture is kept." in page(member)
    assert "Your mixture is kept." not in page(member)


def test_a_feed_with_every_slider_at_nought_says_so(shop: Shop, as_: Any) -> None:
    member = as_("member")
    told = "Every slider stands at 0"
    assert told not in page(member)
    shown = page(member)
    bag = re.search(r'data-item="(\d+)"', shown)
    assert bag
    member.post(f"/item/{bag[1]}/act/like/")
    silent = member.post("/preferences/mixture/", dict.fromkeys(SOURCES, "0"), HTTP_HX_REQUEST="true")
    assert told in silent.content.decode()
    assert told in page(member)
    member.post("/preferences/mixture/", {"crowd": "50"})
    assert told not in page(member)


def test_what_was_seen_is_shown_again_when_it_is_asked_for(shop: Shop, as_: Any) -> None:
    member = as_("member")
    assert "Also what you have seen" not in page(member)
    bag = re.search(r'data-item="(\d+)"', page(member))
    assert bag
    member.post(f"/item/{bag[1]}/act/like/")
    shown = page(member)
    assert 'href="/?seen=1">Also what you have seen' in shown
    assert f'data-item="{bag[1]}"' not in shown
    again = member.get("/?seen=1").content.decode()
    assert f'data-item="{bag[1]}"' in again
    assert 'href="/">Without what you have seen' in again
    assert '<input type="hidden" name="seen" value="1">' in again
    assert 'name="seen"' not in page(member)


def test_what_is_liked_shows_on_the_next_page(shop: Shop, as_: Any, cast: Cast) -> None:
    member = as_("member")
    before = page(member)
    events.toggle(Actor(user=cast.member), shop.items[0], "like")
    assert page(member) != before
    assert f'data-item="{shop.items[0].pk}"' not in page(member)


def test_a_renamed_category_of_the_page_is_shown_by_its_new_name(shop: Shop, as_: Any) -> None:
    address = f"/?category={shop.category.pk}"
    assert "<h2>Bags</h2>" in page(as_("guest"), address)
    shop.category.name = "Satchels"
    shop.category.save()
    assert "<h2>Satchels</h2>" in page(as_("guest"), address)


def test_the_search_form_shows_the_words_that_were_asked_for_and_no_others(shop: Shop, as_: Any) -> None:
    guest = as_("guest")
    for words, shown in (("lamp", "lamp"), ("<b>mug", "&lt;b&gt;mug"), ("", "")):
        html = page(guest, "/search/?" + urlencode({"q": words}))
        assert f'name="q" value="{shown}"' in html
        assert ("autofocus" in html) is (not words)
        assert "\x00" not in html
    html = page(guest, "/search/?" + urlencode({"q": "lamp", "plus": "blue"}))
    assert 'name="plus" value="blue"' in html
    assert 'name="plus" value' not in page(guest, "/search/?q=lamp")
