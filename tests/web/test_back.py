"""Where a form leads back to."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from recommender.web.back import asked_back


def back(target: str) -> str:
    return asked_back(RequestFactory().post("/", {"next": target}), "/otherwise/")


@pytest.mark.parametrize("target", ["/", "/item/5/?q=red#reviews"])
def test_a_path_of_this_site_is_gone_back_to(target: str) -> None:
    assert back(target) == target


def test_a_path_in_other_letters_is_written_as_addresses_are() -> None:
    assert back("/search/?q=\u7535") == "/search/?q=%E7%94%B5"


@pytest.mark.parametrize(
    "target",
    ["", "feed", "?q=1", "//elsewhere.example/", "https://elsewhere.example/", "/\\elsewhere.example",
     "javascript:alert(1)", "/a\r\nSet-Cookie: b=c"],
)  # fmt: skip
def test_what_is_no_path_of_this_site_is_not(target: str) -> None:
    assert back(target) == "/otherwise/"
