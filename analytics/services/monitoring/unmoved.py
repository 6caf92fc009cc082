"""Since when work that waits has not moved: what stood first then still does, and no less waits.

Kept in Redis, so that every process that looks knows of what the others saw.
"""

from __future__ import annotations

import json

from recommender.services.redis_link import shared_redis

KEY = "mmsite:unmoved"


def unmoved_since(name: str, first: str, waiting: int, now: float) -> float:
    """Seconds since 1970; ``now`` where it moved since the last look, or nobody had looked.

    Args:
        name: of the work.
        first: what stands first in it.
        waiting: how much of it there is.

    Raises:
        RedisError: Redis does not answer.
    """
    link = shared_redis()
    before = _read(link.hget(KEY, name))
    since = now
    if before is not None and before[0] == first and waiting >= before[1]:
        since = min(before[2], now)
    link.hset(KEY, name, json.dumps([first, waiting, since]))
    return since


def _read(raw: bytes | None) -> tuple[str, int, float] | None:
    try:
        first, waiting, since = json.loads(raw or b"null")
        return str(first), int(waiting), float(since)
    except (ValueError, TypeError):
        return None
