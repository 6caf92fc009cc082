"""Every encoding a catalogue comes in, and those it must not come in."""

from __future__ import annotations

import gzip

import pytest

from recommender.engine.formats import open_source
from recommender.errors import FormatError
from tests.engine.formats.reading import read, write

CHINESE = "编号,标题,价格\n" + "".join(f"{i},红色连衣裙 第{i}款 夏季新品,{i}.50\n" for i in range(1, 40))
GERMAN = "id,title\n" + "".join(f"{i},Kleid für Mädchen\n" for i in range(1, 40))


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "gbk", "utf-32"]
)
def test_chinese_is_read_in_every_usual_encoding(tmp_path, encoding):
    records, problems = read(write(tmp_path / "a.csv", CHINESE, encoding))
    assert not problems
    assert len(records) == 39
    assert records[0].values["title"] == "红色连衣裙 第1款 夏季新品"


def test_an_accent_far_into_a_long_file_is_found(tmp_path):
    text = "id,title\n" + "".join(f"{i},plain title number {i}\n" for i in range(30_000)) + "x,红色的连衣裙\n"
    records, problems = read(write(tmp_path / "a.csv", text, "gb18030"))
    assert not problems
    assert records[-1].values["title"] == "红色的连衣裙"


def test_a_western_encoding_is_an_error_that_names_the_line(tmp_path):
    path = write(tmp_path / "a.csv", GERMAN, "latin-1")
    with pytest.raises(FormatError, match=r"a\.csv: line 2 holds the byte 0xfc") as caught:
        open_source(path)
    assert "UTF-8" in caught.value.remedy


def test_one_damaged_row_in_a_good_file_is_refused_alone(tmp_path):
    lines = [line.encode() for line in GERMAN.splitlines(keepends=True)]
    lines[7] = "7,Kleid für".encode("latin-1") + b"\n"
    path = tmp_path / "a.csv"
    path.write_bytes(b"".join(lines))
    records, problems = read(path)
    assert len(records) == 38
    assert [(problem.row, problem.raw["id"]) for problem in problems] == [(8, "7")]
    assert "0xfc" in problems[0].reason
    problems[0].raw["title"].encode()  # can be stored


def test_utf_16_cut_in_the_middle_of_a_character_loses_the_last_row_only(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(CHINESE.encode("utf-16")[:-5])
    records, problems = read(path)
    assert len(records) == 38
    assert len(records) + len(problems) == 39


def test_a_picture_is_no_table(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20)
    with pytest.raises(FormatError, match=r"a\.csv"):
        open_source(path)


@pytest.mark.parametrize(
    ("name", "content", "remedy"),
    [
        ("goods.csv.gz", gzip.compress(b"id,title\n1,Hat\n"), "Unpack"),
        ("goods.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "CSV UTF-8"),
        ("goods.xlsx", b"PK\x03\x04" + bytes(600), "CSV UTF-8"),
        ("goods.pdf", b"%PDF-1.7\n" + bytes(600), "table"),
    ],
)
def test_what_is_no_table_is_named_with_what_to_do(tmp_path, name, content, remedy):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(FormatError) as error:
        open_source(path)
    assert name in error.value.message
    assert remedy in error.value.remedy
