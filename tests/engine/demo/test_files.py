"""A world as files for the import."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest

from recommender.engine.demo import World, build_world, write_world
from recommender.engine.demo.files import review_media
from recommender.engine.demo.world import LAST_MOMENT


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(seed=3, items=32, people=6, events=200, reviews=40)


@pytest.fixture(scope="module")
def files(world: World, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return list(write_world(world, tmp_path_factory.mktemp("world"), processes=1))


def rows(content: bytes | str) -> list[dict[str, str]]:
    text = content.decode("utf-8") if isinstance(content, bytes) else content
    return list(csv.DictReader(io.StringIO(text, newline="")))


def table(archive: Path, name: str) -> list[dict[str, str]]:
    with zipfile.ZipFile(archive) as opened:
        return rows(opened.read(name))


def named_files(row: dict[str, str]) -> list[str]:
    columns = ("image_paths", "audio_paths", "video_paths", "photo_paths")
    return [name for column in columns for name in row.get(column, "").split("|") if name]


def test_items_come_before_what_was_done_with_them_and_reviews_last(files: list[Path]) -> None:
    assert [path.name for path in files] == ["catalog-1.zip", "interactions.csv", "reviews.zip"]


def test_every_product_is_a_row_in_both_languages(world: World, files: list[Path]) -> None:
    found = table(files[0], "catalog.csv")
    assert {row["external_id"] for row in found} == {one.external_id for one in world.products}
    assert all(row["title"] and row["title_zh"] and row["category_zh"] for row in found)


def test_the_newest_product_comes_last(world: World, files: list[Path]) -> None:
    newest = min(world.products, key=lambda one: one.launched_days_ago)
    assert table(files[0], "catalog.csv")[-1]["external_id"] == newest.external_id


@pytest.mark.parametrize(("place", "name"), [(0, "catalog.csv"), (2, "reviews.csv")])
def test_an_archive_holds_the_media_its_rows_name_and_no_other(
    files: list[Path], place: int, name: str
) -> None:
    wanted = sorted(medium for row in table(files[place], name) for medium in named_files(row))
    with zipfile.ZipFile(files[place]) as archive:
        assert sorted(archive.namelist()) == sorted([name, *wanted])
    assert wanted


def test_every_event_and_review_is_a_row_that_ends_before_the_last_moment(
    world: World, files: list[Path]
) -> None:
    events = rows(files[1].read_text(encoding="utf-8"))
    reviews = table(files[2], "reviews.csv")
    assert (len(events), len(reviews)) == (len(world.events), len(world.reviews))
    assert max(row["timestamp"] for row in events + reviews) <= LAST_MOMENT.isoformat()


def test_the_history_can_end_now(world: World, tmp_path: Path) -> None:
    later = LAST_MOMENT + timedelta(days=100)
    bare = World(world.seed, (), world.people, (), ())
    assert [path.name for path in write_world(bare, tmp_path, now=later)] == [
        "interactions.csv",
        "reviews.zip",
    ]
    from recommender.engine.demo.files import _event_row

    first = _event_row(world, world.events[-1], later)["timestamp"]
    assert first > LAST_MOMENT.isoformat()


def test_files_that_are_there_are_not_made_again(world: World, files: list[Path]) -> None:
    before = [path.stat().st_mtime_ns for path in files]
    made: list[int] = []
    again = list(
        write_world(world, files[0].parent, processes=1, progress=lambda done, _n: made.append(done))
    )
    assert again == files
    assert [path.stat().st_mtime_ns for path in again] == before
    assert made == []


def test_progress_ends_with_everything_made(world: World, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    first = next(write_world(world, tmp_path, processes=1, progress=lambda *news: told.append(news)))
    with zipfile.ZipFile(first) as archive:
        assert told[-1][0] == len(archive.namelist()) - 1
    assert told[-1][1] >= told[-1][0]


def test_a_photo_shows_the_same_damage_every_time(world: World) -> None:
    opinion = next(one for one in world.reviews if one.photo)
    pair = (world.products[opinion.product], opinion)
    assert review_media(pair)[0] == review_media(pair)[0]
