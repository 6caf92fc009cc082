"""Django's cache in Redis, with a client that is made once instead of anew for every key."""

from __future__ import annotations

from typing import Any

from django.core.cache.backends.redis import RedisCache as DjangoRedisCache
from django.core.cache.backends.redis import RedisCacheClient
from django.utils.functional import cached_property


class _OneClient(RedisCacheClient):
    """Making a client takes longer than asking it; its connections are pooled and safe to share."""

    def get_client(self, key: str | None = None, *, write: bool = False) -> Any:
        return self._one

    @cached_property
    def _one(self) -> Any:
        return self._client(connection_pool=self._get_connection_pool(write=True))


class RedisCache(DjangoRedisCache):
    """For one server."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = _OneClient
