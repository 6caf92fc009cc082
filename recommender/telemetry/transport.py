"""From the process to Redis, and back: one script that adds a batch once, however often it is sent."""

from __future__ import annotations

import json
import logging
import time
import uuid
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

if TYPE_CHECKING:
    from recommender.telemetry.buffer import Batch, Key

log = logging.getLogger(__name__)

SUMS, GAUGES = "mmsite:telemetry:sums", "mmsite:telemetry:gauges"
#: Fields of one hash; a metric that grew beyond its labels would fill Redis otherwise.
MOST_FIELDS = 50_000
_SEEN_SECONDS = 3600
_SOCKET_SECONDS = 0.5
_WARN_SECONDS = 60.0
_warned = float("-inf")

#: KEYS: sums, gauges, last number of this process. ARGV: number, most fields, seconds the number is kept,
#: additions [field, amount, ...], settings [field, value, ...] as JSON.
_ADD_ONCE = """
local last = redis.call('GET', KEYS[3])
if last and tonumber(last) >= tonumber(ARGV[1]) then return 0 end
local most = tonumber(ARGV[2])
local function room(key, field)
  return redis.call('HLEN', key) < most or redis.call('HEXISTS', key, field) == 1
end
local added = cjson.decode(ARGV[4])
for i = 1, #added, 2 do
  if room(KEYS[1], added[i]) then redis.call('HINCRBYFLOAT', KEYS[1], added[i], added[i + 1]) end
end
local put = cjson.decode(ARGV[5])
for i = 1, #put, 2 do
  if room(KEYS[2], put[i]) then redis.call('HSET', KEYS[2], put[i], put[i + 1]) end
end
redis.call('SET', KEYS[3], ARGV[1], 'EX', ARGV[3])
return 1
"""


def deliver(batch: Batch) -> bool:
    """Whether the batch is in Redis for certain; if not, it may be sent again with the same number."""
    global _warned
    try:
        link = _link()
        link.script(
            keys=[SUMS, GAUGES, f"mmsite:telemetry:seen:{link.process}"],
            args=[batch.number, MOST_FIELDS, _SEEN_SECONDS, *_arguments(batch)],
        )
    except (RedisError, OSError) as error:
        if time.monotonic() - _warned > _WARN_SECONDS:
            _warned = time.monotonic()
            log.warning("Telemetry waits for Redis (%s).", type(error).__name__)
        return False
    return True


def _arguments(batch: Batch) -> tuple[str, str]:
    """Amounts as text: Redis adds decimals, and JSON numbers would lose their last digits in Lua."""
    added: list[str] = []
    for key, amount in batch.counts.items():
        added += [_field(key), repr(float(amount))]
    for key, sums in batch.histograms.items():
        for place, amount in enumerate(sums):
            if amount:
                added += [_field((*key, str(place))), repr(float(amount))]
    put: list[str] = []
    for key, value in batch.gauges.items():
        put += [_field(key), repr(float(value))]
    return json.dumps(added), json.dumps(put)


def _field(key: Key) -> str:
    return json.dumps(key, ensure_ascii=False, separators=(",", ":"))


# -- reading ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Totals:
    """Everything recorded since Redis was empty, by metric name and then label values.

    ``counts`` and ``gauges`` hold a number, ``histograms`` the counts by bucket and the sum.
    """

    counts: dict[str, dict[tuple[str, ...], float]]
    gauges: dict[str, dict[tuple[str, ...], float]]
    histograms: dict[str, dict[tuple[str, ...], list[float]]]


def read_totals() -> Totals:
    """Sums of all processes, as of what they have sent.

    Raises:
        RedisError: Redis does not answer.
    """
    from recommender.telemetry.registry import Histogram, metric_named

    with _link().client.pipeline(transaction=True) as pipe:
        pipe.hgetall(SUMS)
        pipe.hgetall(GAUGES)
        sums, levels = pipe.execute()
    found = Totals({}, {}, {})
    for field, amount in sums.items():
        name, *labels = json.loads(field)
        metric = metric_named(name)
        if isinstance(metric, Histogram):
            series = found.histograms.setdefault(name, {}).setdefault(
                tuple(labels[:-1]), [0.0] * metric.width
            )
            series[int(labels[-1])] = float(amount)
        elif metric is not None:
            found.counts.setdefault(name, {})[tuple(labels)] = float(amount)
    for field, value in levels.items():
        name, *labels = json.loads(field)
        found.gauges.setdefault(name, {})[tuple(labels)] = float(value)
    return found


# -- the connection --------------------------------------------------------------------------------------


class _Link:
    """One client with its script, and the name under which Redis knows this process."""

    def __init__(self, url: str) -> None:
        # No retry below: whether a batch arrived is what its number is for.
        self.client = Redis.from_url(
            url,
            socket_timeout=_SOCKET_SECONDS,
            socket_connect_timeout=_SOCKET_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self.script = self.client.register_script(_ADD_ONCE)
        self.process = uuid.uuid4().hex


@lru_cache(maxsize=2)
def _made(url: str) -> _Link:
    return _Link(url)


def _link() -> _Link:
    from django.conf import settings

    return _made(settings.REDIS_URL)


def forget_link() -> None:
    """A fork is another process, and shares no connection with its parent."""
    _made.cache_clear()
