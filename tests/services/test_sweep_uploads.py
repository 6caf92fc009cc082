"""Uploads, and copies of them, that may go; what somebody needs, or put there himself, stays."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from recommender.models import ImportBatch
from recommender.services import imports, stored, sweep

pytestmark = pytest.mark.django_db

TABLE = b"id,title,price\n1,Hat,5\n2,Cap,6\n"
DRAWN = "imports/0123456789abcdef0123456789abcdef"


@pytest.fixture
def folder(settings: Any) -> Path:
    made = Path(settings.MEDIA_ROOT) / "imports"
    made.mkdir(parents=True)
    return made


def upload() -> ImportBatch:
    return imports.receive_upload(SimpleUploadedFile("items.csv", TABLE))


def aged(path: Path, content: bytes = TABLE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (0, 0))
    return path


@pytest.fixture(params=[sweep.purge, upload], ids=["hourly", "at the next upload"])
def purge(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.mark.usefixtures("bucket")
def test_an_upload_that_is_not_in_the_bucket_yet_stays_while_it_is_needed(folder: Path, purge: Any) -> None:
    waiting = aged(folder / f"{'a' * 32}.csv")
    over = aged(folder / f"{'b' * 32}.csv")
    ImportBatch.objects.create(filename="a.csv", path=f"imports/{waiting.name}", state="queued")
    ImportBatch.objects.create(filename="b.csv", path=f"imports/{over.name}", state="done")
    purge()
    assert waiting.exists()
    assert not over.exists()


def test_it_stays_while_the_bucket_is_away(folder: Path, media_away: Any) -> None:
    waiting = aged(folder / f"{'a' * 32}.csv")
    ImportBatch.objects.create(filename="a.csv", path=f"imports/{waiting.name}", state="queued")
    with media_away():
        assert imports.may_go([waiting]) == []


@pytest.mark.usefixtures("bucket")
def test_what_somebody_put_beside_the_copies_stays(folder: Path, purge: Any) -> None:
    own = [aged(folder / "goods.csv"), aged(folder / "2026" / "goods.csv")]
    purge()
    assert all(path.exists() for path in own)


@pytest.mark.usefixtures("bucket")
def test_a_copy_that_is_taken_up_as_the_storage_is_asked_stays(
    folder: Path, monkeypatch: Any, purge: Any
) -> None:
    copy = aged(folder / Path(upload().path).name)
    asked = stored.exists

    def taken_up(name: str) -> bool:
        os.utime(copy)
        return asked(name)

    monkeypatch.setattr(stored, "exists", taken_up)
    purge()
    assert copy.exists()


def test_only_what_the_site_named_itself_goes_from_among_the_uploads(monkeypatch: Any) -> None:
    own = ["imports/goods.csv", "imports/2026/goods.csv", "imports/tmp_goods.csv", f"{DRAWN}0.csv"]
    drawn = [DRAWN, f"{DRAWN}.csv", f"imports/tmp-{DRAWN[8:]}.csv-ab12_34z"]
    for name in own + drawn:
        stored.put(name, TABLE)
    monkeypatch.setattr(sweep, "_DRAFT_HOURS", -1)  # a day later
    assert sweep.would_go().files == len(drawn)
    sweep.purge()
    assert sorted(entry.name for entry in stored.files_below("imports")) == sorted(own)


@pytest.mark.local_media
def test_a_draft_of_an_upload_has_a_name_that_is_known_as_such(folder: Path, monkeypatch: Any) -> None:
    drafts: list[str] = []
    rename = Path.rename

    def noted(draft: Path, target: Path) -> Path:
        drafts.append(draft.name)
        return rename(draft, target)

    monkeypatch.setattr(Path, "rename", noted)
    batch = upload()
    stored.put(f"imports/{drafts[0]}", b"as one that was killed leaves it")
    assert [entry.name for entry in imports.left_over()] == [f"imports/{drafts[0]}"]
    assert stored.exists(batch.path)
