"""The media storage, whichever it is: files are kept once, read in parts, listed, and missed without fuss."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage

from recommender.engine.preprocess.image import open_image
from recommender.errors import MediaError, StorageUnavailable
from recommender.services import stored

NAME = "derived/ab/abc/480.webp"


@pytest.fixture(params=["here", "bucket"], autouse=True)
def _storage(request: pytest.FixtureRequest) -> None:
    if request.param == "bucket":
        request.getfixturevalue("bucket")


def test_what_is_put_is_there_and_no_second_time(tmp_path: Path) -> None:
    assert not stored.exists(NAME)
    for _ in range(2):
        stored.put(NAME, b"0123456789")
    assert stored.content_of(NAME) == b"0123456789"
    assert [(entry.name, entry.bytes) for entry in stored.files_below("derived")] == [(NAME, 10)]


def test_a_file_of_this_machine_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "draft"
    path.write_bytes(b"0123456789")
    with path.open("rb") as draft:
        stored.keep(draft, NAME)
    with stored.local_file(NAME) as copy:
        assert copy.read_bytes() == b"0123456789"


@pytest.mark.parametrize(("start", "stop"), [(0, None), (0, 10), (3, 7), (9, 10), (4, None)])
def test_a_part_comes_with_the_size_of_the_whole(start: int, stop: int | None) -> None:
    stored.put(NAME, b"0123456789")
    part = stored.open_part(NAME, start, stop)
    assert (part.size, b"".join(part.blocks)) == (10, b"0123456789"[start:stop])


def test_what_is_not_there_is_missing_and_no_trouble_of_the_storage() -> None:
    for ask in (stored.open_part, stored.size_of, stored.content_of):
        with pytest.raises(FileNotFoundError):
            ask(NAME)
    stored.remove(NAME)
    assert stored.files_below("derived") == []


def test_a_file_that_is_gone_is_told_alike_wherever_it_was() -> None:
    with pytest.raises(MediaError) as caught, stored.local_file(NAME) as path:
        open_image(path)
    assert (caught.value.message, caught.value.permanent) == ("480.webp does not exist.", True)


def test_a_folder_is_no_file() -> None:
    stored.put(NAME, b"x")
    with pytest.raises(FileNotFoundError):
        stored.open_part("derived/ab")


def test_an_object_that_the_bucket_keeps_back_fails_alone_and_may_be_tried_again(kept_back: Any) -> None:
    stored.put(NAME, b"x")
    stored.put("derived/ab/other/480.webp", b"y")
    kept_back(NAME)
    for ask in (stored.content_of, lambda name: stored.local_file(name).__enter__()):
        with pytest.raises(MediaError) as caught:
            ask(NAME)
        assert str(caught.value) == (
            "480.webp cannot be read (the bucket refuses (InvalidObjectState)). Try again."
        )
        assert not caught.value.permanent
    assert stored.content_of("derived/ab/other/480.webp") == b"y"


def test_whether_the_bucket_is_well_is_asked_once_for_many_objects(
    kept_back: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[None] = []
    probe = stored.problem_now
    monkeypatch.setattr(stored, "problem_now", lambda: asked.append(None) or probe())
    stored.put(NAME, b"x")
    kept_back(NAME)
    for _ in range(3):
        with pytest.raises(MediaError):
            stored.content_of(NAME)
    assert len(asked) == 1


def test_a_bucket_that_refuses_as_a_whole_is_waited_for(bucket_refuses: Any) -> None:
    with bucket_refuses(), pytest.raises(StorageUnavailable):
        stored.content_of(NAME)


def test_a_storage_that_is_away_is_told_in_words_that_name_no_machine(media_away: Any) -> None:
    asked = [
        lambda: stored.put(NAME, b"x"),
        lambda: stored.exists(NAME),
        lambda: stored.content_of(NAME),
        lambda: stored.size_of(NAME),
        lambda: stored.files_below("derived"),
        lambda: stored.remove(NAME),
        stored.must_answer,
    ]
    with media_away():
        assert stored.problem_now() == "the bucket does not answer (EndpointConnectionError)"
        for ask in asked:
            with pytest.raises(StorageUnavailable) as caught:
                ask()
            assert str(caught.value) == "The media storage cannot be used now. Try again soon."
    stored.must_answer()
    assert stored.problem_now() == ""
    assert not default_storage.exists(NAME)
