"""This process's connections to Redis, for what Django's cache has no word for."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

_SECONDS = 0.5


def shared_redis() -> Redis:
    """A client whose connections are shared by the threads of this process.

    It tries twice, because a connection may be left over from before Redis was restarted, and gives up
    quickly: whoever asks can do without.
    """
    return _client(settings.REDIS_URL)


@lru_cache(maxsize=2)
def _client(url: str) -> Redis:
    return Redis.from_url(
        url, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS, retry=Retry(NoBackoff(), 1)
    )
