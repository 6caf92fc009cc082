"""The command that brings a site's media into a bucket."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from recommender.services import stored


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "old"
    for name in ("originals/ab/abc.mp3", "derived/ab/abc/480.webp", "imports/goods.csv", "drafts/half"):
        path = root / name
        path.parent.mkdir(parents=True)
        path.write_bytes(name.encode())
    (root / "derived/ab/abc/tmpx1y2").write_bytes(b"half")
    return root


def names() -> list[str]:
    folders = ("originals", "derived", "imports", "drafts")
    return [entry.name for one in folders for entry in stored.files_below(one)]


@pytest.mark.usefixtures("bucket")
def test_media_are_copied_under_their_names_without_what_is_half_done(folder: Path) -> None:
    call_command("copy_media", folder)
    assert names() == ["originals/ab/abc.mp3", "derived/ab/abc/480.webp", "imports/goods.csv"]
    assert stored.content_of("originals/ab/abc.mp3") == b"originals/ab/abc.mp3"
    assert (folder / "originals/ab/abc.mp3").exists()


@pytest.mark.usefixtures("bucket")
def test_a_second_run_copies_what_came_since(folder: Path, capsys: Any) -> None:
    call_command("copy_media", folder)
    (folder / "originals/ab/new.mp3").write_bytes(b"new")
    call_command("copy_media", folder)
    assert "Files copied: 1 (0.0 MB)" in capsys.readouterr().out
    assert stored.content_of("originals/ab/new.mp3") == b"new"


@pytest.mark.usefixtures("bucket")
def test_what_the_bucket_has_in_another_size_is_replaced_by_what_is_here(folder: Path, capsys: Any) -> None:
    stored.put("originals/ab/abc.mp3", b"cut o")
    call_command("copy_media", folder)
    assert stored.content_of("originals/ab/abc.mp3") == b"originals/ab/abc.mp3"
    assert "Files copied: 3 (" in capsys.readouterr().out
    call_command("copy_media", folder)
    assert "Files copied: 0 (" in capsys.readouterr().out


@pytest.mark.local_media
def test_without_a_bucket_nothing_is_moved(folder: Path) -> None:
    with pytest.raises(CommandError, match="MEDIA_STORAGE"):
        call_command("copy_media", folder)
    assert (folder / "originals/ab/abc.mp3").exists()


def test_a_bucket_that_is_away_and_a_folder_that_is_not_there_are_told(
    folder: Path, media_away: Any, tmp_path: Path
) -> None:
    with pytest.raises(CommandError, match="There is no folder"):
        call_command("copy_media", tmp_path / "nowhere")
    with media_away(), pytest.raises(CommandError, match="Start again to go on"):
        call_command("copy_media", folder)
