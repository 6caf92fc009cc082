"""Media in a bucket of S3 or of what speaks its protocol: private, read and passed on by this site alone."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any

from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    ReadTimeoutError,
)
from django.conf import settings
from django.core.files.base import File
from django.utils.encoding import filepath_to_uri
from storages.backends.s3 import S3Storage

_BLOCK = 64 * 1024
_IN_MEMORY = 4 << 20  # bytes of an opened file that are held before it goes to the disk
_CONNECT_SECONDS = 2
_READ_SECONDS = 5  # of silence; a person or a thread of the site stands behind each question
_SEND_SECONDS, _SEND_TRIES = 20, 3
_BUSY = {500, 502, 503, 504}
_PAUSE_SECONDS = 10.0
_TRIAL = "writing-is-allowed"  # a small object, always the same
_CONNECTIONS = 32  # more than the threads of any of the site's processes


class BucketError(OSError):
    """The bucket does not answer, or refuses; a file that is not there is a FileNotFoundError instead."""

    @property
    def status(self) -> int:
        """HTTP's, of a refusal; 0 where there was no answer."""
        answer = getattr(self.__cause__, "response", {})
        return int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


class Silence(BucketError):
    """Not a word: no connection, or it broke."""


class _Breaker:
    """After a bucket did not answer, one caller at a time tries again, and the others need not wait for it.

    A page brings two dozen thumbnails, each a request of its own: if all of them waited for a bucket that is
    away, no thread would be left for anything else.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until = 0.0  # 0: the bucket is well
        self._tried = False  # by a caller who is still waiting

    @property
    def is_open(self) -> bool:
        """Whether the bucket did not answer when it was asked last."""
        return bool(self._until)

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Round a question. BucketError unless the bucket is well, or nobody else tries and it is time to."""
        alone = self._enter()
        try:
            yield
        except Silence:
            self.open()
            raise
        except OSError:
            self.close()  # an answer, if not the one that was hoped for
            raise
        else:
            self.close()
        finally:
            if alone:
                self._tried = False

    def _enter(self) -> bool:
        """Whether this caller is the one that tries."""
        with self._lock:
            if not self._until:
                return False
            if self._tried or time.monotonic() < self._until:
                raise BucketError("the bucket did not answer a moment ago")
            self._tried = True
            return True

    def close(self) -> None:
        self._until = 0.0

    def open(self) -> None:
        self._until = time.monotonic() + _PAUSE_SECONDS


@contextmanager
def _told(name: str) -> Iterator[None]:
    """What the protocol's library raises, as the errors of files that callers of a storage know."""
    try:
        yield
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        code = error.response.get("Error", {}).get("Code", "")
        if status == 404 and code != "NoSuchBucket":
            raise FileNotFoundError(f"{name} is not in the bucket") from error
        raise BucketError(f"the bucket refuses ({code or status})") from error
    except (ProfileNotFound, NoCredentialsError, PartialCredentialsError) as error:
        raise BucketError(f"the bucket cannot be asked: {error}") from error
    except BotoCoreError as error:
        raise Silence(f"the bucket does not answer ({type(error).__name__})") from error


class _OneClient(S3Storage):
    """One client for all threads: making one costs a tenth of a second, and it is safe to share."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._lock = threading.Lock()
        self._shared: tuple[int, Any] | None = None

    @property
    def connection(self) -> Any:
        with self._lock:
            if self._shared is None or self._shared[0] != os.getpid():
                self._bucket = None
                self._shared = (os.getpid(), self._make())
            return self._shared[1]

    def _make(self) -> Any:
        """BotoCoreError, such as for a profile that is not known."""
        resource = self._create_session().resource(
            "s3",
            region_name=self.region_name,
            endpoint_url=self.endpoint_url,
            config=self.client_config,
            verify=self.verify,
        )
        resource.meta.client.meta.events.register("needs-retry.s3", _once_more)
        return resource

    @property
    def client(self) -> Any:
        return self.connection.meta.client


class S3MediaStorage(_OneClient):
    """django-storages' S3 with the errors of files, reading by parts, and addresses of this site.

    Objects carry no ACL: who may read is for the bucket to say, and it need let in nobody but the site.
    """

    def __init__(self, **options: Any) -> None:
        # Names are made of checksums or drawn at random, so what is behind one never changes; without the
        # first a second writer would be given another name, which nobody would ever look under.
        common = {"file_overwrite": True, "default_acl": None, **options}
        super().__init__(client_config=_config(options, _READ_SECONDS, 1), **common)
        self._patient = _OneClient(client_config=_config(options, _SEND_SECONDS, _SEND_TRIES), **common)
        self._breaker = _Breaker()

    @contextmanager
    def _asking(self, name: str) -> Iterator[None]:
        """Round every question to the bucket: errors are those of files, and silence is remembered."""
        with self._breaker.passing(), _told(name):
            yield

    @property
    def base_url(self) -> str:
        return settings.MEDIA_URL

    def url(self, name: str | None, *_args: Any, **_options: Any) -> str:
        """On this site, whatever the storage: ``recommender.web.media`` passes on what may be seen."""
        return self.base_url + filepath_to_uri(name or "").lstrip("/")

    # -- reading -------------------------------------------------------------------------------------------

    def open_part(self, name: str, start: int = 0, stop: int | None = None) -> tuple[int, Blocks]:
        """The size of the whole file, and the bytes from ``start`` to ``stop`` (exclusive; None: its end).

        Raises:
            FileNotFoundError: it is not there. BucketError: the bucket does not answer; also while reading.
        """
        whole = not start and stop is None  # also of an empty file, which has no range
        asked = {} if whole else {"Range": f"bytes={start}-{'' if stop is None else stop - 1}"}
        with self._asking(name):
            answer = self.client.get_object(Bucket=self.bucket_name, Key=self._normalize_name(name), **asked)
            # With its first bytes, often all of it: a head alone does not show that a bucket is well.
            blocks = Blocks(name, answer["Body"], self._breaker)
        total = answer.get("ContentRange", "").rpartition("/")[2] or answer["ContentLength"]
        return int(total), blocks

    def _open(self, name: str, mode: str = "rb") -> File:
        """A copy of the whole file, in memory where it is small; one request, as most are thumbnails."""
        if mode != "rb":
            raise ValueError("Files are read as bytes, and written by save().")
        copy = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY, dir=settings.FILE_UPLOAD_TEMP_DIR)  # noqa: SIM115
        try:
            for block in self.open_part(name)[1]:
                copy.write(block)
        except BaseException:
            copy.close()
            raise
        copy.seek(0)
        return File(copy, name)

    def exists(self, name: str) -> bool:
        with self._asking(name):
            return super().exists(name)

    def size(self, name: str) -> int:
        with self._asking(name):
            return super().size(name)

    def get_modified_time(self, name: str) -> datetime:
        with self._asking(name):
            return super().get_modified_time(name)

    def listdir(self, name: str) -> tuple[list[str], list[str]]:
        with self._asking(name):
            return super().listdir(name)

    def entries(self, folder: str) -> Iterator[tuple[str, int, datetime]]:
        """Name, bytes and time of every file below ``folder``: one request a thousand."""
        asked = {"Bucket": self.bucket_name, "Prefix": f"{self._normalize_name(folder)}/"}
        more = True
        while more:
            with self._asking(folder):
                page = self.client.list_objects_v2(**asked)
            for entry in page.get("Contents", ()):
                name = entry["Key"][len(self.location) :].lstrip("/")
                yield name, entry["Size"], entry["LastModified"]
            more = page["IsTruncated"]
            asked["ContinuationToken"] = page.get("NextContinuationToken", "")

    def probe(self) -> None:
        """Ask whether the bucket is there and lets the site in, and do not wait long for the answer.

        Raises:
            BucketError: it is not, or does not.
        """
        with self._asking_anew() as client:
            client.list_objects_v2(Bucket=self.bucket_name, Prefix=self.location, MaxKeys=1)

    def probe_keeping(self) -> None:
        """Ask whether the bucket takes what the site keeps, by a small object.

        Raises:
            BucketError: it does not.
        """
        with self._asking_anew() as client:
            key = self._normalize_name(_TRIAL)
            client.put_object(Bucket=self.bucket_name, Key=key, Body=b"This may be deleted.\n")

    @contextmanager
    def _asking_anew(self) -> Iterator[Any]:
        """A client of its own, so that credentials that have changed are taken as they are now."""
        try:
            with _told(self.bucket_name), closing(self._make().meta.client) as client:
                yield client
        except FileNotFoundError as error:
            raise BucketError("there is no such bucket") from error

    # -- writing -------------------------------------------------------------------------------------------

    def _save(self, name: str, content: Any) -> str:
        """With more patience than a question has, as a server may be long in taking a film."""
        if self._breaker.is_open:
            self.exists(name)  # finds out soon, and the others need not wait until a film is sent
        with self._asking(name):
            return self._patient._save(name, content)

    def delete(self, name: str) -> None:
        with self._asking(name):
            super().delete(name)


class Blocks:
    """The bytes of an answer as they come in; closed where they end, or by whoever gives up before."""

    def __init__(self, name: str, body: Any, breaker: _Breaker) -> None:
        self._name, self._body, self._breaker = name, body, breaker
        self._first: bytes | None = self._read()

    def __iter__(self) -> Blocks:
        return self

    def __next__(self) -> bytes:
        block, self._first = self._first, None
        if block is None:
            block = self._read()
        if not block:
            self.close()
            raise StopIteration
        return block

    def _read(self) -> bytes:
        try:
            with _told(self._name):
                return self._body.read(_BLOCK)
        except Silence as error:
            self.close()
            # A server may hang up on somebody who pauses a film; that says nothing about other questions.
            if isinstance(error.__cause__, ReadTimeoutError):
                self._breaker.open()
            raise

    def close(self) -> None:
        self._body.close()


def _config(options: dict[str, Any], seconds: float, tries: int) -> Config:
    """How the bucket is spoken to, and for how long its silence is borne."""
    # Beside AWS few servers know the checksums that its library adds by itself since 2025.
    plain = {"request_checksum_calculation": "when_required", "response_checksum_validation": "when_required"}
    return Config(
        s3={"addressing_style": options.get("addressing_style", "auto")},
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=seconds,
        retries={"mode": "standard", "total_max_attempts": tries},
        max_pool_connections=_CONNECTIONS,
        **(plain if options.get("endpoint_url") else {}),
    )


def _once_more(
    attempts: int, response: Any = None, caught_exception: Exception | None = None, **_: Any
) -> float | None:
    """Seconds until a second try, where the first was over at once; after silence there is none.

    A connection that was kept may be closed by the server just when it is used again.
    """
    if attempts > 1:
        return None
    if isinstance(caught_exception, ConnectionClosedError):
        return 0.0
    return 0.2 if response is not None and response[0].status_code in _BUSY else None
