"""The site's storage in a bucket, for runs that make one for every test."""

from __future__ import annotations

from typing import Any

from mmsite.s3 import S3MediaStorage


class SharedClient(S3MediaStorage):
    """One client for the whole run: making it takes longer than most tests do."""

    _clients: dict[str | None, Any] = {}

    @property
    def connection(self) -> Any:
        if self.endpoint_url not in self._clients:
            self._clients[self.endpoint_url] = super().connection
        return self._clients[self.endpoint_url]
