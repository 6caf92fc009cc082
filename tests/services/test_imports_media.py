"""Media that come with a catalogue: kept once by content, replaced on change, refused when they are none."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.storage import default_storage

from recommender.models import ImportBatch, Item, Media
from recommender.services import stored
from tests.services.importing import archive, bring_in, outcome, picture, table

pytestmark = pytest.mark.django_db

ROWS = "id,title,image\n1,Hat,a.png\n2,Cap,b.png\n"


def files_kept(settings) -> list[str]:
    """Names in the storage, and of drafts that were left."""
    drafts = Path(settings.MEDIA_ROOT) / "drafts"
    return [entry.name for entry in stored.files_below("originals")] + [
        path.name for path in drafts.glob("*")
    ]


def test_pictures_are_kept_under_their_checksum(tmp_path):
    path = archive(tmp_path / "a.zip", {"items.csv": ROWS, "a.png": picture("red"), "b.png": picture("blue")})
    batch = bring_in(path)
    assert (outcome(batch), batch.media_added) == ((2, 0, 0, 0), 2)
    medium = Item.objects.get(external_id="1").media.get()
    assert medium.file == f"originals/{medium.checksum[:2]}/{medium.checksum}.png"
    assert default_storage.open(medium.file).read() == picture("red")
    assert (medium.kind, medium.mime, medium.source) == ("image", "image/png", "a.png")
    assert (medium.state, medium.bytes) == (Media.State.PENDING, len(picture("red")))


def test_equal_pictures_are_kept_once(tmp_path, settings):
    path = archive(tmp_path / "a.zip", {"items.csv": ROWS, "a.png": picture(), "b.png": picture()})
    bring_in(path)
    assert Media.objects.count() == 2
    assert len(files_kept(settings)) == 1


def test_the_same_archive_twice_reads_no_picture_again(tmp_path, monkeypatch):
    path = archive(tmp_path / "a.zip", {"items.csv": ROWS, "a.png": picture("red"), "b.png": picture("blue")})
    bring_in(path)
    before = list(Media.objects.values())

    def never(*_args):
        raise AssertionError("read again")

    monkeypatch.setattr("recommender.services.imports.attachments.store_media", never)
    assert outcome(bring_in(path)) == (0, 0, 2, 0)
    assert list(Media.objects.values()) == before


def test_a_changed_picture_under_the_same_name_replaces_the_old_one(tmp_path):
    files = {"items.csv": ROWS, "a.png": picture("red"), "b.png": picture("blue")}
    bring_in(archive(tmp_path / "a.zip", files))
    batch = bring_in(archive(tmp_path / "a.zip", files | {"a.png": picture("green")}))
    assert outcome(batch) == (0, 1, 1, 0)
    medium = Item.objects.get(external_id="1").media.get()
    assert default_storage.open(medium.file).read() == picture("green")


def test_a_picture_that_is_no_longer_named_goes(tmp_path):
    both = "id,title,image\n1,Hat,a.png|b.png\n"
    files = {"items.csv": both, "a.png": picture("red"), "b.png": picture("blue")}
    bring_in(archive(tmp_path / "a.zip", files))
    assert [m.source for m in Item.objects.get().media.all()] == ["a.png", "b.png"]
    bring_in(archive(tmp_path / "a.zip", files | {"items.csv": "id,title,image\n1,Hat,b.png\n"}))
    assert [m.source for m in Item.objects.get().media.all()] == ["b.png"]


def test_a_new_order_of_pictures_is_kept(tmp_path):
    files = {"a.png": picture("red"), "b.png": picture("blue")}
    for order in ("a.png|b.png", "b.png|a.png"):
        bring_in(archive(tmp_path / "a.zip", files | {"items.csv": f"id,title,image\n1,Hat,{order}\n"}))
        assert [m.source for m in Item.objects.get().media.all()] == order.split("|")


def test_a_missing_picture_is_an_issue_and_leaves_the_old_one(tmp_path):
    files = {"items.csv": ROWS, "a.png": picture("red"), "b.png": picture("blue")}
    bring_in(archive(tmp_path / "a.zip", files))
    table_ = "id,title,image\n1,Hat!,gone.png\n2,Cap,b.png\n"
    batch = bring_in(archive(tmp_path / "a.zip", files | {"items.csv": table_}))
    assert outcome(batch) == (0, 1, 1, 0)
    assert "gone.png" in batch.issues.get().value
    assert Item.objects.get(external_id="1").media.count() == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "neither a picture"),
        (b"", "is empty"),
        (b"RIFF\0\0\0\0WAVEfmt ", "is a sound, not a picture"),
        (b"#EXTM3U\nhttp://127.0.0.1/x", "neither a picture"),
    ],
)
def test_what_is_no_picture_is_refused_by_its_content_and_its_item_goes_in(
    tmp_path, settings, content, reason
):
    path = archive(tmp_path / "a.zip", {"items.csv": "id,title,image\n1,Hat,a.png\n", "a.png": content})
    batch = bring_in(path)
    assert outcome(batch) == (1, 0, 0, 0)
    assert reason in batch.issues.get().reason
    assert not files_kept(settings)


def test_a_damaged_picture_in_an_archive_costs_only_itself(tmp_path):
    content = picture("red", (400, 400))
    path = archive(tmp_path / "a.zip", {"items.csv": ROWS, "a.png": content, "b.png": picture("blue")})
    raw = path.read_bytes()
    path.write_bytes(raw.replace(content[60:90], bytes(30)))
    batch = bring_in(path)
    assert batch.state == ImportBatch.State.DONE
    assert batch.media_added == 1
    assert "damaged" in batch.issues.get().reason


def test_an_address_waits_to_be_fetched(tmp_path):
    rows = [{"id": "1", "title": "Hat", "image_url": "https://x.example/1.jpg"}]
    path = table(tmp_path / "a.csv", rows)
    bring_in(path)
    medium = Media.objects.get()
    assert (medium.source, medium.file, medium.state) == ("https://x.example/1.jpg", "", Media.State.PENDING)
    assert outcome(bring_in(path)) == (0, 0, 1, 0)


def test_a_fetched_address_is_known_again(tmp_path):
    rows = [{"id": "1", "title": "Hat", "image_url": "https://x.example/1.jpg"}]
    bring_in(table(tmp_path / "a.csv", rows))
    Media.objects.update(checksum="f" * 64, file="originals/ff/f.jpg", state=Media.State.READY)
    bring_in(table(tmp_path / "a.csv", [rows[0] | {"title": "New hat"}]))
    assert Media.objects.get().state == Media.State.READY


def test_sounds_and_films_are_attached_by_kind(tmp_path):
    wav = b"RIFF\x24\0\0\0WAVEfmt " + bytes(40)
    mp4 = b"\0\0\0\x18ftypisom" + bytes(40)
    rows = "id,title,audio,video\n1,Bell,ring.wav,show.mp4\n"
    bring_in(archive(tmp_path / "a.zip", {"items.csv": rows, "s/ring.wav": wav, "v/show.mp4": mp4}))
    kinds = Media.objects.order_by("kind").values_list("kind", "mime")
    assert list(kinds) == [("audio", "audio/wav"), ("video", "video/mp4")]
