"""A server of S3's protocol for one test run, with a bucket of its own: in a thread, or beside it.

    python -m tests.s3

prints the bucket's address, and serves until its input ends.
"""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

#: What the server takes for an account; the library must find some.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "tests-secret"}


def temporary_bucket() -> Iterator[str]:
    """Yield a ``MEDIA_STORAGE`` address, and stop the server afterwards."""
    from moto.server import ThreadedMotoServer

    os.environ.update(CREDENTIALS)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # not a line a request
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        name = f"media-{uuid.uuid4().hex[:8]}"
        client(endpoint).create_bucket(Bucket=name)
        yield f"s3://{name}/site?region=us-east-1&endpoint_url={endpoint}"
    finally:
        server.stop()


@contextmanager
def bucket_beside() -> Iterator[str]:
    """``temporary_bucket`` in a process of its own, which takes what others leave of the machine's cores."""
    command = ["nice", "-n", "10", sys.executable, "-m", "tests.s3"]
    root = Path(__file__).resolve().parent.parent
    with subprocess.Popen(
        command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        assert address, "the bucket's server did not start"
        yield address


def address_below(address: str, folder: str) -> str:
    """The address of a folder in what ``address`` names."""
    place, _, about = address.partition("?")
    return f"{place}/{folder}?{about}"


def below(address: str, folder: str) -> dict[str, Any]:
    """The entry of STORAGES for a part of the bucket that is one test's alone."""
    from mmsite import media_storage

    return media_storage.options(address_below(address, folder)) | {"BACKEND": "tests.s3_shared.SharedClient"}


def client(endpoint: str) -> Any:
    import boto3

    return boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")


def away() -> dict[str, Any]:
    """The entry of STORAGES for a bucket whose server is not there."""
    from mmsite import media_storage

    os.environ.update(CREDENTIALS)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return media_storage.options(f"s3://media?region=us-east-1&endpoint_url=http://127.0.0.1:{port}")


def main() -> None:
    for address in temporary_bucket():
        print(address, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
