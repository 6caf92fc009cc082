"""Serving of uploaded media: whole, by range, and never as a page."""

from __future__ import annotations

import os
from typing import Any

import pytest
from django.http import Http404, HttpRequest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from recommender.services import stored
from recommender.web.media import byte_range, media

SOUND = "originals/ab/abcd.mp3"


@pytest.fixture
def sound(db: None) -> bytes:
    content = os.urandom(200_000)
    stored.put(SOUND, content)
    return content


def get(path: str, **headers: str) -> Any:
    request: HttpRequest = RequestFactory().get(f"/media/{path}", headers=headers)
    return media(request, path)


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def test_a_file_is_served_whole_with_its_type(sound: bytes) -> None:
    response = get(SOUND)
    assert (response.status_code, response["Content-Type"]) == (200, "audio/mpeg")
    assert response["Content-Length"] == str(len(sound))
    assert body(response) == sound


def test_a_range_gives_just_those_bytes(sound: bytes) -> None:
    response = get(SOUND, Range="bytes=1000-70000")
    assert response.status_code == 206
    assert response["Content-Range"] == f"bytes 1000-70000/{len(sound)}"
    assert body(response) == sound[1000:70001]


def test_the_last_bytes_can_be_asked_for(sound: bytes) -> None:
    assert body(get(SOUND, Range="bytes=-500")) == sound[-500:]


def test_a_range_beyond_the_end_is_refused(sound: bytes) -> None:
    response = get(SOUND, Range=f"bytes={len(sound)}-")
    assert response.status_code == 416
    assert response["Content-Range"] == f"bytes */{len(sound)}"


def test_a_known_file_is_not_sent_again(sound: bytes) -> None:
    assert get(SOUND, **{"If-None-Match": get(SOUND)["ETag"]}).status_code == 304


def test_what_is_uploaded_cannot_act_as_a_page(sound: bytes) -> None:
    response = get(SOUND)
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]
    assert "immutable" in response["Cache-Control"]


def test_an_unknown_type_is_a_download() -> None:
    stored.put("originals/ab/page.html", b"<script>")
    response = get("originals/ab/page.html")
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"] == "attachment"


@pytest.mark.parametrize(
    "path",
    [
        "imports/catalogue.csv",
        "../db.sqlite3",
        "originals/../imports/catalogue.csv",
        "originals/..\\imports\\catalogue.csv",
        "originals\\..\\imports/catalogue.csv",
        "originals/ab/photo.jpg",
        "originals/ab/photo.tif",
        "originals/ab/photo.jpg/",
        "originals/ab/" + 300 * "a" + ".mp3",
        "originals/ab/" + 260 * "a" + ".mp3",
        "originals/ab/" + 86 * "长" + ".mp3",
        "originals/" + 100 * "长" + "/a.mp3",
        "originals/ab/abcd\x00.mp3",
        "originals/ab",
        "originals/ab/absent.mp3",
        "",
    ],
)
def test_nothing_else_is_served(sound: bytes, path: str) -> None:
    stored.put("imports/catalogue.csv", b"secret")
    for ending in ("jpg", "tif"):
        stored.put(f"originals/ab/photo.{ending}", b"tells where it was taken")
    with pytest.raises(Http404):
        get(path)


@given(size=st.integers(1, 50), first=st.integers(0, 60), last=st.integers(0, 60))
def test_every_range_agrees_with_the_slow_obvious_way(size: int, first: int, last: int) -> None:
    wanted = [n for n in range(size) if first <= n <= last]
    got = byte_range(f"bytes={first}-{last}", size)
    assert (list(range(*got)) if got else []) == wanted
