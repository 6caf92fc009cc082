"""Media in a bucket, against a server that speaks S3's protocol."""

from __future__ import annotations

import os
import threading
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from django.core.files.base import ContentFile

from mmsite import s3
from mmsite.s3 import BucketError, S3MediaStorage
from tests.s3 import away, below, client

NAME = "derived/ab/abc/480.webp"


@pytest.fixture
def storage(bucket_url: str, tmp_path: Any) -> S3MediaStorage:
    return S3MediaStorage(**below(bucket_url, tmp_path.name)["OPTIONS"])


def test_what_is_kept_is_read_back_whole(storage: S3MediaStorage) -> None:
    content = os.urandom(9_000_000)  # sent in parts
    assert storage.save(NAME, ContentFile(content)) == NAME
    with storage.open(NAME) as file:
        assert file.read() == content
    assert storage.exists(NAME)
    assert storage.size(NAME) == len(content)


def test_it_lies_below_the_prefix_with_its_type_and_open_to_nobody(storage: S3MediaStorage) -> None:
    storage.save(NAME, ContentFile(b"x"))
    direct, key = client(storage.endpoint_url), f"{storage.location}/{NAME}"
    assert direct.head_object(Bucket=storage.bucket_name, Key=key)["ContentType"] == "image/webp"
    grants = direct.get_object_acl(Bucket=storage.bucket_name, Key=key)["Grants"]
    assert [grant["Grantee"]["Type"] for grant in grants] == ["CanonicalUser"]


def test_the_same_name_twice_is_one_file(storage: S3MediaStorage) -> None:
    assert [storage.save(NAME, ContentFile(b"x")) for _ in range(2)] == [NAME, NAME]
    assert len(list(storage.entries("derived"))) == 1


@pytest.mark.parametrize(("start", "stop"), [(0, None), (0, 1), (10, 20), (95, 100), (90, None)])
def test_a_part_is_read_without_the_rest(storage: S3MediaStorage, start: int, stop: int | None) -> None:
    content = bytes(range(100))
    storage.save(NAME, ContentFile(content))
    size, blocks = storage.open_part(NAME, start, stop)
    assert size == 100
    assert b"".join(blocks) == content[start:stop]


def test_everything_below_a_folder_is_listed_and_nothing_beside_it(storage: S3MediaStorage) -> None:
    for name in ("queries/a.webp", "queries/b/c.flac", "queriesx/d.webp", "originals/e.mp3"):
        storage.save(name, ContentFile(b"12345"))
    found = {name: size for name, size, _ in storage.entries("queries")}
    assert found == {"queries/a.webp": 5, "queries/b/c.flac": 5}
    assert list(storage.entries("nowhere")) == []


def test_what_is_removed_is_gone_and_may_be_removed_again(storage: S3MediaStorage) -> None:
    storage.save(NAME, ContentFile(b"x"))
    storage.delete(NAME)
    storage.delete(NAME)
    assert not storage.exists(NAME)


def test_what_is_not_there_is_a_missing_file(storage: S3MediaStorage) -> None:
    for ask in (storage.open, storage.size, storage.open_part, storage.get_modified_time):
        with pytest.raises(FileNotFoundError):
            ask(NAME)


def test_addresses_are_those_of_the_site_and_hold_no_signature(storage: S3MediaStorage) -> None:
    assert storage.url("originals/ab/ein ton.mp3") == "/media/originals/ab/ein%20ton.mp3"


def test_threads_share_one_client(storage: S3MediaStorage) -> None:
    found: list[Any] = [storage.connection]
    thread = threading.Thread(target=lambda: found.append(storage.connection))
    thread.start()
    thread.join()
    assert found[0] is found[1]


def test_a_bucket_that_is_not_there_is_told_as_such(storage: S3MediaStorage) -> None:
    storage.probe()
    lost = S3MediaStorage(bucket_name="no-such-bucket", endpoint_url=storage.endpoint_url)
    with pytest.raises(BucketError, match="NoSuchBucket"):
        lost.save(NAME, ContentFile(b"x"))
    with pytest.raises(BucketError, match="NoSuchBucket"):
        lost.probe()


def test_a_bucket_that_may_be_read_and_not_written_is_told_as_such(
    storage: S3MediaStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage.probe_keeping()
    refusal = {"Error": {"Code": "AccessDenied"}, "ResponseMetadata": {"HTTPStatusCode": 403}}
    answer = AWSResponse("", 403, {}, None)
    make = S3MediaStorage._make

    def refusing(self: S3MediaStorage) -> Any:
        made = make(self)
        made.meta.client.meta.events.register("before-call.s3.PutObject", lambda **_: (answer, refusal))
        return made

    monkeypatch.setattr(S3MediaStorage, "_make", refusing)
    storage.probe()
    with pytest.raises(BucketError, match="AccessDenied"):
        storage.probe_keeping()


def test_a_profile_that_is_not_known_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_PROFILE", "nosuch")
    lost = S3MediaStorage(bucket_name="media", region_name="us-east-1")
    for ask in (lost.probe, lambda: lost.exists(NAME), lambda: lost.save(NAME, ContentFile(b"x"))):
        with pytest.raises(BucketError, match=r"cannot be asked: .*nosuch"):
            ask()


def test_a_server_that_is_away_is_an_error_of_files_and_nobody_waits_for_it_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lost = S3MediaStorage(**away()["OPTIONS"])
    with pytest.raises(BucketError, match="does not answer"):
        lost.exists(NAME)
    monkeypatch.setattr(S3MediaStorage, "connection", None)  # not asked
    for ask in (lost.exists, lost.open, lost.delete, lost.size):
        with pytest.raises(BucketError, match="a moment ago"):
            ask(NAME)


def test_after_a_pause_one_caller_tries_again_and_an_answer_lets_all_in(
    storage: S3MediaStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage._breaker.open()
    with pytest.raises(BucketError, match="a moment ago"):
        storage.exists(NAME)
    later = s3.time.monotonic() + s3._PAUSE_SECONDS + 1
    monkeypatch.setattr(s3.time, "monotonic", lambda: later)
    with storage._breaker.passing(), pytest.raises(BucketError, match="a moment ago"):
        storage.exists(NAME)  # while that one is waiting
    assert not storage.exists(NAME)
