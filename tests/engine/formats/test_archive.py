"""ZIP archives: what they may hold, and what they must not do."""

from __future__ import annotations

import stat
import struct
import tracemalloc
import zipfile

import pytest

from recommender.engine.formats import archive as archives
from recommender.engine.formats import open_source
from recommender.errors import FormatError, MediaError
from tests.engine.formats.reading import read, write, write_zip

TABLE = "id,title,image\n1,Hat,images/hat.jpg\n2,Cap,cap.jpg\n"


def test_a_table_and_its_pictures_are_read_together(tmp_path):
    path = write_zip(
        tmp_path / "a.zip", {"items.csv": TABLE, "images/hat.jpg": b"HAT", "deep/down/cap.jpg": b"CAP"}
    )
    with open_source(path) as source:
        assert source.format == "zip"
        records = list(source.records(source.guess_mapping()))
        assert [record.media[0].member for record in records] == ["images/hat.jpg", "deep/down/cap.jpg"]
        assert source.open_media(records[0].media[0]).read() == b"HAT"


def test_a_picture_that_is_not_there_is_named_and_its_item_goes_in(tmp_path):
    path = write_zip(tmp_path / "a.zip", {"items.csv": TABLE, "images/hat.jpg": b"HAT"})
    records, problems = read(path)
    assert len(records) == 2
    assert records[1].values["media_kinds"] == ()
    assert [(problem.row, problem.column, problem.value) for problem in problems] == [(3, "image", "cap.jpg")]


def test_an_archive_of_several_tables_is_read_by_kind(tmp_path):
    path = write_zip(
        tmp_path / "a.zip",
        {"items.csv": "id,title\n1,Hat\n", "events.csv": "user,item,kind,timestamp\nann,1,like,2024-01-02\n",
         "reviews.jsonl": '{"id": 5, "user": "ann", "item": "1", "text": "Lovely", "rating": 5}\n',
         "__MACOSX/._items.csv": b"\0\1", "README.md": "hello"},
    )  # fmt: skip
    with open_source(path) as source:
        assert source.kinds == ("item", "interaction", "review")
    assert read(path, "interaction")[0][0].values["kind"] == "like"
    assert read(path, "review")[0][0].values["rating"] == 5


def test_pictures_named_after_an_item_are_its_own_where_no_column_names_any(tmp_path):
    path = write_zip(tmp_path / "a.zip", {"styles.csv": "id,title\n17,Hat\n18,Cap\n", "images/17.jpg": b"x"})
    records, problems = read(path)
    assert [len(record.media) for record in records] == [1, 0]
    assert not problems


@pytest.mark.parametrize(
    "name", ["../evil.csv", "/etc/evil.csv", "a/../../evil.jpg", "C:\\evil.csv", "..\\evil.csv"]
)
def test_an_archive_that_leaves_its_folder_is_refused_whole(tmp_path, name):
    path = write_zip(tmp_path / "a.zip", {"items.csv": TABLE, name: b"x"})
    with pytest.raises(FormatError, match="leaves its own folder"):
        open_source(path)


def test_a_link_in_an_archive_is_refused(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("items.csv", TABLE)
        link = zipfile.ZipInfo("images/hat.jpg")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(FormatError, match="is a link"):
        open_source(path)


def test_an_archive_that_explodes_is_refused_before_it_is_unpacked(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("items.csv", TABLE)
        with archive.open("bomb.csv", "w") as bomb:
            for _ in range(24):
                bomb.write(bytes(1 << 20))
    with pytest.raises(FormatError, match=r"would grow to \d+ times"):
        open_source(path)


def test_an_archive_whose_files_overlap_is_refused(tmp_path):
    """Many directory entries that share the same packed bytes."""
    path = write_zip(tmp_path / "a.zip", {"items.csv": TABLE * 400})
    raw = path.read_bytes()
    start = raw.index(b"PK\x01\x02")
    end = raw.index(b"PK\x05\x06")
    entry = raw[start:end]
    copies = [entry.replace(b"items.csv", b"item%d.csv" % i) for i in range(1, 10) for _ in range(1)]
    directory = b"".join([entry, *copies])
    count = len(copies) + 1
    tail = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), start, 0)
    path.write_bytes(raw[:start] + directory + tail)
    with pytest.raises(FormatError, match="overlap"):
        open_source(path)


def test_a_picture_that_shares_its_bytes_with_another_file_is_refused_where_it_is_met(tmp_path):
    """Few enough that the archive as a whole unpacks to no more than it holds."""
    names = {f"{name}.jpg": b"x" * 3 for name in "ab"}
    path = write_zip(tmp_path / "a.zip", {"items.csv": "id,title,image\n1,Hat,a.jpg\n", **names})
    raw = path.read_bytes()
    entry = raw.rindex(b"PK\x01\x02")  # of b.jpg, which is made to begin where a.jpg does
    start = struct.pack("<I", raw.index(b"a.jpg") - 30)
    path.write_bytes(raw[: entry + 42] + start + raw[entry + 46 :])
    with open_source(path) as source:
        record = next(iter(source.records(source.guess_mapping())))
        with pytest.raises(FormatError, match=r"a\.jpg cannot be read \(Overlapped entries\)"):
            source.open_media(record.media[0])


def test_of_two_files_in_one_place_the_later_is_meant_and_of_two_by_one_name_none(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("items.csv", "id,title,image\n1,Hat,hat.jpg\n2,Cap,cap.jpg\n3,Sock,x/cap.jpg\n")
        for name, content in (
            ("hat.jpg", b"OLD"),
            ("./hat.jpg", b"NEW"),
            ("x/cap.jpg", b""),
            ("y/cap.jpg", b""),
        ):
            archive.writestr(name, content)
    with open_source(path) as source:
        found = list(source.records(source.guess_mapping()))
        records, (problem,) = (
            [f for f in found if hasattr(f, "media")],
            [f for f in found if hasattr(f, "reason")],
        )
        assert source.open_media(records[0].media[0]).read() == b"NEW"
        assert [[ref.member for ref in record.media] for record in records[1:]] == [[], ["x/cap.jpg"]]
        assert (problem.row, problem.value) == (3, "cap.jpg")


def test_a_name_that_cannot_be_written_is_no_file_in_an_archive(tmp_path):
    lines = '{"id": "1\\ud800", "title": "Hat", "image": "\\ud800.jpg"}\n'
    path = write_zip(tmp_path / "a.zip", {"items.jsonl": lines, "hat.jpg": b"x"})
    records, problems = read(path)
    assert not [ref for record in records for ref in record.media]
    assert problems


def test_opening_an_archive_takes_little_memory_for_each_of_its_files(tmp_path):
    def peak(count: int) -> int:
        files = {f"{kind}/{i}.{kind}": b"" for kind in ("jpg", "labels") for i in range(count)}
        path = write_zip(tmp_path / "a.zip", {"items.csv": TABLE, **files})
        tracemalloc.start()
        archives.Archive(path, path.name).close()
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    # The directory itself is read in one piece, 60 to 70 bytes a file here, and let go again.
    assert peak(4_000) < peak(1_000) + 6_000 * 100


def test_too_many_files_are_counted_and_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MAX_MEMBERS", 2)
    path = write_zip(tmp_path / "a.zip", {"items.csv": TABLE, "a.jpg": b"", "b.jpg": b"", "c.jpg": b""})
    with pytest.raises(FormatError, match="holds 4 files; 2 are the limit"):
        open_source(path)


def test_too_much_in_all_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MAX_UNPACKED", 1000)
    path = write_zip(tmp_path / "a.zip", {"items.csv": TABLE * 40})
    with pytest.raises(FormatError, match="unpack to more"):
        open_source(path)


def test_an_archive_in_an_archive_is_refused(tmp_path):
    inner = write_zip(tmp_path / "inner.zip", {"items.csv": TABLE}).read_bytes()
    for name in ("inner.zip", "inner.TAR", "data.csv.gz"):
        with pytest.raises(FormatError, match="another archive"):
            open_source(write_zip(tmp_path / "a.zip", {"items.csv": TABLE, name: inner}))
    with pytest.raises(FormatError, match="archive within an archive"):
        open_source(write_zip(tmp_path / "b.zip", {"items.csv": inner}))


def test_a_truncated_archive_is_refused(tmp_path):
    whole = write_zip(tmp_path / "whole.zip", {"items.csv": TABLE * 100}).read_bytes()
    path = tmp_path / "cut.zip"
    path.write_bytes(whole[:-40])
    with pytest.raises(FormatError, match="not a whole ZIP"):
        open_source(path)


def test_damage_within_an_archive_is_named_where_it_is_met(tmp_path):
    path = write_zip(
        tmp_path / "a.zip", {"items.csv": TABLE, "images/hat.jpg": bytes(range(256)) * 200, "cap.jpg": b"x"}
    )
    raw = bytearray(path.read_bytes())
    at = raw.index(b"images/hat.jpg") + 40
    raw[at : at + 20] = b"\xff" * 20
    path.write_bytes(raw)
    with open_source(path) as source:
        record = next(iter(source.records(source.guess_mapping())))
        with pytest.raises(FormatError, match=r"images/hat\.jpg is damaged"):
            source.open_media(record.media[0]).read()


def test_a_password_is_refused(tmp_path):
    path = write_zip(tmp_path / "a.zip", {"items.csv": TABLE})
    raw = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(mark) + offset] |= 1
    path.write_bytes(raw)
    with pytest.raises(FormatError, match="password"):
        open_source(path)


def test_chinese_names_from_windows_are_understood(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("items.csv", "编号,标题,图片\n1,帽子,图片/帽子.jpg\n".encode("gb18030"))
        info = zipfile.ZipInfo("xxxx/yyyy.jpg")
        archive.writestr(info, b"HAT")
    raw = path.read_bytes().replace(b"xxxx/yyyy.jpg", "图片/帽子.jpg".encode("gbk"))
    path.write_bytes(raw)
    records, problems = read(path)
    assert not problems
    assert records[0].media[0].member == "图片/帽子.jpg"


def test_a_medium_that_is_too_large_is_refused(tmp_path, monkeypatch):
    path = write_zip(tmp_path / "a.zip", {"items.csv": TABLE, "images/hat.jpg": b"x" * 2000, "cap.jpg": b"x"})
    monkeypatch.setattr(archives, "MAX_MEDIA_BYTES", 1000)
    with open_source(path) as source:
        record = next(iter(source.records(source.guess_mapping())))
        with pytest.raises(MediaError, match=r"images/hat\.jpg"):
            source.open_media(record.media[0])


def test_an_archive_without_a_table_says_so(tmp_path):
    with pytest.raises(FormatError, match="holds no table"):
        open_source(write_zip(tmp_path / "a.zip", {"images/1.jpg": b"x", "readme.txt": "hello"}))


def test_a_picture_changes_its_fingerprint_with_its_content(tmp_path):
    marks = set()
    for content in (b"one", b"two"):
        path = write_zip(tmp_path / "a.zip", {"items.csv": "id,title,image\n1,Hat,a.jpg\n", "a.jpg": content})
        with open_source(path) as source:
            marks.add(source.fingerprint(next(iter(source.records(source.guess_mapping()))).media[0]))
    assert len(marks) == 2


def test_a_table_alone_reaches_no_file_of_the_machine(tmp_path):
    secret = write(tmp_path / "secret.jpg", "x")
    records, problems = read(write(tmp_path / "a.csv", f"id,title,image\n1,Hat,{secret}\n"))
    assert not records[0].media
    assert "only the table was uploaded" in problems[0].reason


def test_the_command_line_reaches_files_below_its_root_only(tmp_path):
    root = tmp_path / "root"
    (root / "images").mkdir(parents=True)
    write(root / "images" / "hat.jpg", "x")
    secret = write(tmp_path / "secret.jpg", "x")
    (root / "link.jpg").symlink_to(secret)
    table = f"id,title,image\n1,Hat,images/hat.jpg\n2,Cap,../secret.jpg\n3,Sock,link.jpg\n4,Coat,{secret}\n"
    records, problems = read(write(root / "a.csv", table), allow_local_paths=True)
    assert [len(record.media) for record in records] == [1, 0, 0, 0]
    assert len(problems) == 3
