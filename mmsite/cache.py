"""Django's cache in Redis, with a client that is made once, and that pages can do without.

Reading from a Redis that does not answer finds nothing, and writing to it keeps nothing: everything kept
there can be had again. A lock (``add``) still raises, because nobody may believe to hold one, and so does
``delete``, because what was taken back must not be found again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from django.core.cache.backends.redis import RedisCache as DjangoRedisCache
from django.core.cache.backends.redis import RedisCacheClient
from django.utils.functional import cached_property
from redis.exceptions import RedisError

log = logging.getLogger(__name__)


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

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        try:
            return super().get(key, default, version)
        except RedisError as error:
            log.warning("Redis does not answer (%s); %s is worked out anew.", error, key)
            return default

    def get_many(self, keys: Iterable[str], version: int | None = None) -> dict[str, Any]:
        try:
            return super().get_many(keys, version)
        except RedisError as error:
            log.warning("Redis does not answer (%s); what was kept is worked out anew.", error)
            return {}

    def set(self, key: str, value: Any, *args: Any, **options: Any) -> None:
        try:
            super().set(key, value, *args, **options)
        except RedisError as error:
            log.warning("Redis does not answer (%s); %s is not kept.", error, key)

    def has_key(self, key: str, version: int | None = None) -> bool:
        try:
            return super().has_key(key, version)
        except RedisError as error:
            log.warning("Redis does not answer (%s); %s counts as absent.", error, key)
            return False
