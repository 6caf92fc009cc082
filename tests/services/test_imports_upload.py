"""Files from the web page: received, looked at, started, cancelled; and the command beside it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from recommender.errors import FormatError, RecommenderError, StorageUnavailable
from recommender.models import ImportBatch, Interaction, Item, Job, Media
from recommender.services import imports, stored
from tests.services.importing import archive, picture, table

pytestmark = pytest.mark.django_db

TABLE = b"id,title,price\n1,Hat,5\n2,Cap,6\n"


def upload(content: bytes, name: str = "items.csv") -> ImportBatch:
    return imports.receive_upload(SimpleUploadedFile(name, content))


def uploads(settings) -> list[str]:
    """Names in the storage and on this machine."""
    here = Path(settings.MEDIA_ROOT) / "imports"
    return [entry.name for entry in stored.files_below("imports")] + [path.name for path in here.glob("*")]


def test_an_upload_is_kept_and_understood_before_it_is_started(settings):
    batch = upload(TABLE)
    assert (batch.state, batch.kind, batch.format) == (ImportBatch.State.UPLOADED, "item", "csv")
    assert batch.mapping == {"id": "external_id", "title": "title", "price": "price"}
    assert (batch.bytes, len(batch.checksum)) == (len(TABLE), 64)
    assert not Item.objects.exists()
    shown = imports.preview(batch)
    assert shown.rows[0] == {"id": "1", "title": "Hat", "price": "5"}
    assert shown.columns == ("id", "title", "price")
    assert "external_id" in {field.name for field in shown.fields}


def test_a_started_upload_calls_a_worker_once_the_transaction_is_through(
    settings, django_capture_on_commit_callbacks
):
    batch = upload(TABLE)
    with django_capture_on_commit_callbacks() as calls:
        imports.start(batch)
    assert len(calls) == 1
    batch.refresh_from_db()
    assert (batch.state, batch.job.state) == (ImportBatch.State.QUEUED, Job.State.QUEUED)
    imports.run_import(batch.pk)
    assert Item.objects.count() == 2
    assert not uploads(settings)


def test_refused_rows_come_back_with_the_mapping_they_were_refused_under(settings):
    batch = upload(b"a,b,c\n1,Hat,5\n2,Cap,cheap\n")
    chosen = {"a": "external_id", "b": "title", "c": "price"}
    imports.start(batch, kind="item", mapping=chosen, queue=False)
    imports.run_import(batch.pk)
    report = "".join(imports.issues_csv(batch))
    again = upload(report.replace("cheap", "6", 1).encode(), "refused.csv")
    assert (again.kind, again.mapping) == ("item", chosen)
    imports.start(again, queue=False)
    imports.run_import(again.pk)
    assert set(Item.objects.values_list("title", flat=True)) == {"Hat", "Cap"}


def test_a_corrected_mapping_is_used(settings):
    batch = upload(b"a,b\n1,Hat\n")
    imports.start(batch, kind="item", mapping={"a": "external_id", "b": "title"}, queue=False)
    imports.run_import(batch.pk)
    assert Item.objects.get().title == "Hat"


def test_a_mapping_that_cannot_be_starts_nothing():
    batch = upload(TABLE)
    with pytest.raises(FormatError, match="both mapped"):
        imports.start(batch, mapping={"id": "external_id", "title": "title", "price": "title"})
    batch.refresh_from_db()
    assert batch.state == ImportBatch.State.UPLOADED


def test_a_batch_starts_once():
    batch = upload(TABLE)
    imports.start(batch, queue=False)
    with pytest.raises(RecommenderError, match="started already"):
        imports.start(batch, queue=False)


def test_an_upload_can_be_read_as_another_kind():
    batch = upload(b"user,item,text\nann,1,Nice\n", "data.csv")
    assert batch.kind == "review"
    shown = imports.preview(batch, "interaction")
    assert shown.mapping == {"user": "user", "item": "item"}


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n" + bytes(100), b"PK\x03\x04 broken"])
def test_what_cannot_be_read_is_refused_and_not_kept(settings, content):
    with pytest.raises(FormatError) as caught:
        upload(content, "catalogue.csv")
    assert "catalogue.csv" in caught.value.message
    assert not uploads(settings)
    assert not ImportBatch.objects.exists()


def test_a_file_that_is_too_large_is_refused(settings):
    settings.IMPORT_MAX_BYTES = 10
    with pytest.raises(FormatError, match="more than"):
        upload(TABLE)


def test_an_upload_cannot_reach_files_of_the_machine(tmp_path, settings):
    secret = tmp_path / "secret.png"
    secret.write_bytes(picture())
    batch = upload(f"id,title,image\n1,Hat,{secret}\n".encode())
    imports.start(batch, options={"local": True, "media_root": "/"}, queue=False)
    imports.run_import(batch.pk)
    assert not Media.objects.exists()
    assert "only the table was uploaded" in batch.issues.get().reason


def world(tmp_path) -> bytes:
    files = {
        "items.csv": TABLE,
        "interactions.csv": "user,item,kind,timestamp\nann,1,like,2024-01-01\n",
        "reviews.jsonl": '{"id": "r1", "user": "ann", "item": "2", "text": "Nice"}\n',
    }
    return archive(tmp_path / "world.zip", files).read_bytes()


def test_an_archive_of_several_kinds_is_brought_in_one_after_the_other(tmp_path, settings):
    first = upload(world(tmp_path), "world.zip")
    assert list(ImportBatch.objects.order_by("pk").values_list("kind", flat=True)) == [
        "item",
        "interaction",
        "review",
    ]
    imports.start(first, queue=False)
    imports.run_import(first.pk)
    while waiting := ImportBatch.objects.filter(state=ImportBatch.State.QUEUED).first():
        imports.run_import(waiting.pk)
    assert set(ImportBatch.objects.values_list("state", flat=True)) == {ImportBatch.State.DONE}
    assert Interaction.objects.count() == 1
    assert not uploads(settings)


def test_cancelling_before_the_start_discards_the_file(tmp_path, settings):
    first = upload(world(tmp_path), "world.zip")
    imports.cancel(first)
    assert set(ImportBatch.objects.values_list("state", flat=True)) == {ImportBatch.State.CANCELLED}
    assert not uploads(settings)


def test_an_import_that_failed_discards_the_file(settings):
    batch = upload(b"id,title,price\n1,Hat,five\n")
    imports.start(batch, queue=False)
    imports.run_import(batch.pk)
    batch.refresh_from_db()
    assert batch.state == ImportBatch.State.FAILED
    assert not uploads(settings)


def test_an_unexpected_error_is_kept_on_the_batch_and_raised(monkeypatch):
    batch = upload(TABLE)
    imports.start(batch, queue=False)

    def broken(*_args):
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("recommender.services.imports.items.ItemWriter.write", broken)
    with pytest.raises(ZeroDivisionError):
        imports.run_import(batch.pk)
    batch.refresh_from_db()
    assert batch.state == ImportBatch.State.FAILED
    assert "oops" in batch.error


@pytest.mark.local_media
def test_an_import_ends_with_its_reason_where_the_folder_of_media_is_full(tmp_path, full_disk):
    files = {"items.csv": "id,title,image\n1,Hat,a.png\n", "a.png": picture()}
    batch = upload(archive(tmp_path / "goods.zip", files).read_bytes(), "goods.zip")
    imports.start(batch, queue=False)
    with full_disk(), pytest.raises(OSError, match="No space left"):
        imports.run_import(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.job.state) == (ImportBatch.State.FAILED, Job.State.FAILED)
    assert "No space left on device" in batch.error


# -- a storage that is not on this machine ------------------------------------------------------------------


@pytest.mark.usefixtures("bucket")
def test_what_one_machine_received_another_imports(tmp_path, settings):
    files = {"items.csv": "id,title,image\n1,Hat,a.png\n", "a.png": picture()}
    batch = upload(archive(tmp_path / "goods.zip", files).read_bytes(), "goods.zip")
    settings.MEDIA_ROOT = tmp_path / "of-another-machine"
    imports.start(batch, queue=False)
    imports.run_import(batch.pk)
    batch.refresh_from_db()
    assert batch.state == ImportBatch.State.DONE
    assert stored.exists(Media.objects.get().file)
    assert not uploads(settings)


@pytest.mark.usefixtures("bucket")
def test_copies_that_were_not_read_for_a_day_go_when_the_next_file_comes(settings):
    first = upload(TABLE)
    copy = Path(settings.MEDIA_ROOT) / first.path
    os.utime(copy, (0, 0))
    upload(TABLE)
    assert not copy.exists()
    assert imports.preview(first).rows
    assert copy.exists()


@pytest.mark.usefixtures("bucket")
def test_a_copy_that_is_removed_as_it_is_taken_up_is_fetched_again(settings, monkeypatch):
    batch = upload(TABLE)
    copy = Path(settings.MEDIA_ROOT) / batch.path
    marked = os.utime

    def tidied_before(path: Path, *times: object) -> None:
        monkeypatch.setattr(os, "utime", marked)
        copy.unlink()
        marked(path, *times)

    monkeypatch.setattr(os, "utime", tidied_before)
    imports.start(batch, queue=False)
    imports.run_import(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.error) == (ImportBatch.State.DONE, "")


def test_an_upload_that_cannot_be_kept_is_refused_and_leaves_nothing(media_away, settings):
    with media_away(), pytest.raises(StorageUnavailable, match="cannot be used now"):
        upload(TABLE)
    assert not ImportBatch.objects.exists()
    assert not uploads(settings)


@pytest.mark.parametrize("found_out", ["at the start", "at a picture"])
@pytest.mark.local_media
def test_an_import_waits_for_a_storage_that_is_away(tmp_path, media_away, monkeypatch, found_out):
    files = {"items.csv": "id,title,image\n1,Hat,a.png\n", "a.png": picture()}
    batch = upload(archive(tmp_path / "goods.zip", files).read_bytes(), "goods.zip")
    imports.start(batch, queue=False)
    if found_out == "at a picture":
        monkeypatch.setattr("recommender.services.imports.running.must_answer", lambda: None)
    with media_away():
        imports.run_import(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.job.state) == (ImportBatch.State.QUEUED, Job.State.QUEUED)
    assert str(batch.told_error) == "The media storage cannot be used now."
    assert not batch.issues.exists()
    imports.run_import(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.job.state, batch.error) == (ImportBatch.State.DONE, Job.State.DONE, "")
    assert stored.exists(Media.objects.get().file)


@pytest.mark.local_media
def test_discarding_an_upload_does_not_wait_for_a_storage_that_is_away(media_away):
    batch = upload(TABLE)
    with media_away():
        imports.cancel(batch)
    assert batch.state == ImportBatch.State.CANCELLED


# -- the command --------------------------------------------------------------------------------------------


def test_the_command_imports_and_counts(tmp_path, capsys):
    (tmp_path / "items.csv").write_bytes(TABLE)
    call_command("import_catalog", tmp_path / "items.csv")
    assert "2 new, 0 changed, 0 unchanged, 0 refused" in capsys.readouterr().out
    assert (tmp_path / "items.csv").exists()


def test_the_command_says_so_where_the_storage_is_away(tmp_path, media_away, capsys):
    (tmp_path / "items.csv").write_bytes(TABLE)
    with media_away(), pytest.raises(CommandError):
        call_command("import_catalog", tmp_path / "items.csv")
    assert "The media storage cannot be used now. Try again soon." in capsys.readouterr().err
    assert ImportBatch.objects.get().state == ImportBatch.State.FAILED


def test_the_command_reads_a_folder_with_its_pictures(tmp_path):
    (tmp_path / "items.csv").write_bytes(TABLE)
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "2.png").write_bytes(picture())
    call_command("import_catalog", tmp_path)
    assert Media.objects.get().item.external_id == "2"


def test_the_command_takes_corrections_of_the_mapping(tmp_path):
    path = table(tmp_path / "a.csv", [{"id": "1", "title": "x", "name": "Hat", "price": "5", "x=y": "7"}])
    call_command("import_catalog", path, "--map", "name=title", "--map", "price=", "--map", "x=y=attr:seven")
    item = Item.objects.get()
    assert (item.title, item.price, item.attributes) == ("Hat", None, {"seven": "7"})


@pytest.mark.parametrize("flags", [[], ["--dry-run"]])
def test_the_command_refuses_a_correction_of_a_column_that_is_not_there(tmp_path, flags):
    (tmp_path / "items.csv").write_bytes(TABLE)
    with pytest.raises(CommandError, match=r"no column 'nmae'\. The columns are id, title, price"):
        call_command("import_catalog", tmp_path / "items.csv", "--map", "nmae=title", *flags)
    assert not Item.objects.exists()


def test_the_command_refuses_a_folder_of_media_that_is_not_there(tmp_path):
    (tmp_path / "items.csv").write_bytes(TABLE)
    with pytest.raises(CommandError, match="There is no folder "):
        call_command("import_catalog", tmp_path / "items.csv", "--media-root", tmp_path / "pics")
    assert not Item.objects.exists()


def test_the_command_speaks_chinese_of_a_slip_in_its_arguments(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    path = tmp_path / "items.csv"
    path.write_bytes(b'id,title\n1,Hat\n2,"Cap\n')
    with pytest.raises(CommandError, match="请写成 列=字段"):
        call_command("import_catalog", path, "--map", "title")
    call_command("import_catalog", path, "--dry-run")
    assert "？。" not in capsys.readouterr().err


def test_the_command_leaves_no_import_behind_that_could_not_start(tmp_path):
    (tmp_path / "items.csv").write_bytes(TABLE)
    with pytest.raises(CommandError, match="No column is mapped to external_id"):
        call_command("import_catalog", tmp_path / "items.csv", "--map", "id=")
    assert not ImportBatch.objects.exists()


def test_a_dry_run_writes_nothing(tmp_path, capsys):
    (tmp_path / "items.csv").write_bytes(TABLE + b"3,Sock,many\n")
    call_command("import_catalog", tmp_path / "items.csv", "--dry-run")
    shown = capsys.readouterr()
    assert "2 rows can be taken, 1 problem." in shown.out
    assert "'many'" in shown.err
    assert not Item.objects.exists()
    assert not ImportBatch.objects.exists()


@pytest.mark.parametrize("content", [b"id,title,price\n1,Hat,many\n", b"colour\nred\n", b""])
def test_the_command_fails_where_nothing_could_be_imported(tmp_path, content):
    (tmp_path / "items.csv").write_bytes(content)
    with pytest.raises(CommandError):
        call_command("import_catalog", tmp_path / "items.csv")
