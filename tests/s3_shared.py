"""The site's storage in a bucket, for runs that make one for every test."""

from __future__ import annotations

import os
from typing import Any

from mmsite.s3 import S3MediaStorage


class SharedClient(S3MediaStorage):
    """The same clients for the whole run: making them takes longer than most tests do."""

    _clients: dict[tuple[str | None, int], tuple[int, Any]] = {}

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        for number, one in enumerate((self, self._patient)):
            key = (self.endpoint_url, number)
            if key not in self._clients:
                self._clients[key] = (os.getpid(), one.connection)
            one._shared = self._clients[key]
