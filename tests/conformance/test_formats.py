"""Laws that every registered format obeys; a new format is found here by being registered."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import pytest

from recommender.contracts import RawRecord, RowProblem
from recommender.engine.formats import FORMATS, open_source
from recommender.errors import FormatError
from tests.engine.formats.reading import write, write_lines, write_zip

TITLES = ("Red dress", "蓝色 衬衫", "Mütze")


def _table(count: int) -> str:
    return "id,title\n" + "".join(f"{i},{TITLES[i % 3]}\n" for i in range(count))


def _rows(count: int) -> list[dict]:
    return [{"id": i, "title": TITLES[i % 3]} for i in range(count)]


def _film(i: int) -> str:
    return f"{i}|{TITLES[i % 3]}|01-Jan-1995||http://x.example/{i}|" + "|".join(["0"] * 18 + ["1"]) + "\n"


def _coco(count: int) -> str:
    images = [
        {"id": i, "file_name": f"{i}.jpg", "coco_url": f"http://x.example/{i}.jpg"} for i in range(count)
    ]
    said = [{"image_id": i, "id": i, "caption": TITLES[i % 3]} for i in range(count)]
    return json.dumps({"info": {}, "images": images, "annotations": said})


def _pictures(count: int) -> dict[str, bytes]:
    return {f"images/{i}.jpg": b"" for i in range(count)}


#: A small file of each format with ``count`` items.
MAKERS = {
    "csv": lambda path, count: write(path / "a.csv", _table(count)),
    "jsonl": lambda path, count: write_lines(path / "a.jsonl", _rows(count)),
    "json": lambda path, count: write(path / "a.json", json.dumps(_rows(count))),
    "coco": lambda path, count: write(path / "c.json", _coco(count)),
    "movielens": lambda path, count: write(path / "u.item", "".join(map(_film, range(count)))),
    "zip": lambda path, count: write_zip(path / "a.zip", {"items.csv": _table(count), **_pictures(count)}),
}
NAMES = [form.name for form in FORMATS]


def _all(path: Path) -> list[RawRecord | RowProblem]:
    with open_source(path) as source:
        return list(source.records(source.guess_mapping()))


def _all_or_error(path: Path) -> list[RawRecord | RowProblem]:
    """Nothing where the file is refused in words; any other exception fails the test."""
    try:
        return _all(path)
    except FormatError as error:
        if not error.message:
            raise
        return []


def test_every_format_is_under_these_laws():
    assert sorted(MAKERS) == sorted(NAMES)
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_format_knows_its_own_and_only_its_own(name, tmp_path):
    with open_source(MAKERS[name](tmp_path, 5)) as source:
        assert source.format == name


@pytest.mark.parametrize("name", NAMES)
def test_every_row_comes_out_once_with_its_key_its_place_and_its_raw_text(name, tmp_path):
    found = _all(MAKERS[name](tmp_path, 7))
    assert [one.values["external_id"] for one in found] == [str(i) for i in range(7)]
    assert all(isinstance(one, RawRecord) and one.source and one.row >= 1 for one in found)
    assert [one.row for one in found] == sorted({one.row for one in found})
    assert all(isinstance(cell, str) for one in found for cell in one.raw.values())
    text = {one.values.get("title") or one.values["description"] for one in found}
    assert text == set(TITLES)


@pytest.mark.parametrize("name", NAMES)
def test_reading_twice_gives_the_same_and_ends_at_the_end(name, tmp_path):
    with open_source(MAKERS[name](tmp_path, 6)) as source:
        mapping = source.guess_mapping()
        assert list(source.records(mapping)) == list(source.records(mapping))
        assert source.progress() == 1.0


@pytest.mark.parametrize("name", NAMES)
def test_a_preview_is_text_under_the_columns(name, tmp_path):
    with open_source(MAKERS[name](tmp_path, 6)) as source:
        rows = source.preview(3)
        assert len(rows) == 3
        assert all(tuple(row) == source.columns for row in rows)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_cut_anywhere_gives_problems_or_a_clear_error_and_never_a_wrong_row(name, tmp_path):
    path = MAKERS[name](tmp_path, 40)
    good = {one.values["external_id"]: dict(one.values) for one in _all(path)}
    whole = path.read_bytes()
    for cut in range(1, len(whole), max(1, len(whole) // 25)):
        path.write_bytes(whole[:cut])
        found = _all_or_error(path)
        rows = [one for one in found if isinstance(one, RawRecord)]
        # The last row of a text file may end early without a trace; every other is as it was.
        assert all(dict(one.values) == good.get(one.values["external_id"]) for one in rows[:-1])


@pytest.mark.parametrize("name", NAMES)
def test_damage_in_the_middle_never_escapes_as_another_exception(name, tmp_path):
    path = MAKERS[name](tmp_path, 30)
    whole = bytearray(path.read_bytes())
    for at in range(0, len(whole), max(1, len(whole) // 60)):
        for junk in (b"\0", b"\xff", b'"', b"{"):
            path.write_bytes(whole[:at] + junk + whole[at + 1 :])
            found = _all_or_error(path)
            assert all(one.reason and one.remedy for one in found if isinstance(one, RowProblem))


@pytest.mark.parametrize("name", NAMES)
def test_memory_does_not_grow_with_the_file(name, tmp_path):
    def peak(count: int) -> int:
        path = MAKERS[name](tmp_path, count)
        tracemalloc.start()
        with open_source(path) as source:
            tracemalloc.reset_peak()  # opening looks at the beginning of the file, which is let go again
            for _ in source.records(source.guess_mapping()):
                pass
            _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(6_000) < peak(2_000) + 300_000
