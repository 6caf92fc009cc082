"""Whether the workers could load their encoder: each says so in a Redis hash, for those who run the site."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import asdict, dataclass
from typing import Any

from redis.exceptions import RedisError

from recommender.errors import RecommenderError
from recommender.models.telling import kept, sentence_in
from recommender.services.redis_link import shared_redis

log = logging.getLogger(__name__)

KEY = "mmsite:encoders"


@dataclass(frozen=True, slots=True)
class Loading:
    """How a worker's last loading of an encoder went; ``error`` is "" when it went well.

    ``time`` is in seconds since 1970, ``spec`` what the encoder is called in the settings, ``said`` how error
    and remedy were made.
    """

    node: str
    spec: str
    error: str
    remedy: str
    time: float
    said: dict[str, Any] | None = None

    def sentence(self, name: str) -> str:
        """``error`` or ``remedy``, to be translated."""
        return sentence_in(asdict(self), name)


#: of this process; "" for one that is no worker, such as a command
_node = ""
#: specifications that this process had trouble with when it last told of them
_troubled: set[str] = set()


def speak_as(node: str) -> None:
    """From now on tell under this name how loading went."""
    global _node
    _node = node


def tell(spec: str, error: RecommenderError | None = None) -> None:
    """How loading ``spec`` went in this process; a Redis that does not answer is no harm."""
    if not _node:
        return
    message, remedy = (error.message, error.remedy) if error else ("", "")
    said = Loading(_node, spec, time=time.time(), **kept(error=message, remedy=remedy))
    try:
        shared_redis().hset(KEY, f"{_node} {spec}", json.dumps(asdict(said)))
    except RedisError as trouble:
        log.debug("How loading the encoder went could not be told: %s", trouble)
    if error:
        _troubled.add(spec)
    else:
        _troubled.discard(spec)


def tell_if_over(spec: str) -> None:
    """``spec`` works; worth a word only after there was trouble with it."""
    if spec in _troubled:
        tell(spec)


def told() -> list[Loading]:
    """What each worker said last of each encoder.

    Raises:
        RedisError: Redis does not answer.
    """
    found = [_read(raw) for raw in shared_redis().hvals(KEY)]
    return sorted((one for one in found if one is not None), key=lambda one: (one.node, one.spec))


def _read(raw: bytes) -> Loading | None:
    """None for what another version of the site wrote."""
    try:
        return Loading(**json.loads(raw))
    except (ValueError, TypeError):
        return None
