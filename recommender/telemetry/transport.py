"""From the process to Redis: one script that adds a batch once, however often it is sent.

It adds nothing while the batch has label values without a place: it answers with them, they are put together,
and what that makes is sent.
"""

from __future__ import annotations

import json
import logging
import math
import time
import uuid
from functools import lru_cache
from typing import TYPE_CHECKING

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from recommender.telemetry.registry import metric_named
from recommender.telemetry.room import asked, folded

if TYPE_CHECKING:
    from recommender.telemetry.buffer import Batch, Key

log = logging.getLogger(__name__)

SUMS, GAUGES = "mmsite:telemetry:sums", "mmsite:telemetry:gauges"
#: What was recorded in each window of ``WINDOW_SECONDS``, and the starts of the windows there are.
WINDOW, WINDOWS = "mmsite:telemetry:window:", "mmsite:telemetry:windows"
#: The values of each open label that have a place, with when each was last used.
PLACES = "mmsite:telemetry:places:"
WINDOW_SECONDS = 10
#: An hour of them, should nobody fetch any.
MOST_WINDOWS = 360
#: Fields of one hash; a metric that grew beyond its labels would fill Redis otherwise.
MOST_FIELDS = 50_000
#: A value that was not used for so long makes room for a new one.
STALE_SECONDS = 86_400
_SEEN_SECONDS = 3600
_SOCKET_SECONDS = 0.5
_WARN_SECONDS = 60.0
_warned = float("-inf")

#: KEYS: sums, gauges, last number of this process, starts of windows, what the names of a window and of the
#: places of a label begin with.
#: ARGV: number, most fields, seconds the number is kept, additions [field, amount, ...], settings
#: [field, value, ...] as JSON, seconds of a window, most windows, places asked for [label, most, value, ...],
#: seconds after which a value that was not used loses its place to a new one, and with it its sums.
#: Answers 1, 0 for a repeat, or [label, value, ...] as JSON where values have no place.
#: The window is told by the clock of Redis, so that one that is over for one process is over for all.
_ADD_ONCE = """
local last = redis.call('GET', KEYS[3])
if last and tonumber(last) >= tonumber(ARGV[1]) then return 0 end
local most, now = tonumber(ARGV[2]), tonumber(redis.call('TIME')[1])
local start = string.format('%d', now - now % tonumber(ARGV[6]))
local window = KEYS[5] .. start
local asked, new, gone, refused = cjson.decode(ARGV[8]), {}, {}, {}
for i = 1, #asked, 3 do
  local places, value = KEYS[6] .. asked[i], asked[i + 2]
  if redis.call('ZSCORE', places, value) then
    redis.call('ZADD', places, now, value)
  else
    new[#new + 1] = i
  end
end
for _, i in ipairs(new) do
  local places, value = KEYS[6] .. asked[i], asked[i + 2]
  if redis.call('ZCARD', places) >= asked[i + 1] then
    local oldest = redis.call('ZRANGE', places, 0, 0, 'WITHSCORES')
    if now - tonumber(oldest[2]) > tonumber(ARGV[9]) then
      redis.call('ZREM', places, oldest[1])
      gone[asked[i] .. ' ' .. oldest[1]] = true
    end
  end
  if redis.call('ZCARD', places) < asked[i + 1] then
    redis.call('ZADD', places, now, value)
  else
    refused[#refused + 1] = asked[i]
    refused[#refused + 1] = value
  end
end
for _, key in ipairs(next(gone) and {KEYS[1], KEYS[2]} or {}) do
  for _, field in ipairs(redis.call('HKEYS', key)) do
    local one = cjson.decode(field)
    for at, value in ipairs(one[2]) do
      if gone[one[1] .. ':' .. (at - 1) .. ' ' .. value] then redis.call('HDEL', key, field) end
    end
  end
end
if #refused > 0 then return cjson.encode(refused) end
local function room(key, field)
  return redis.call('HLEN', key) < most or redis.call('HEXISTS', key, field) == 1
end
redis.call('ZADD', KEYS[4], start, start)
local added = cjson.decode(ARGV[4])
for i = 1, #added, 2 do
  for _, key in ipairs({KEYS[1], window}) do
    if room(key, added[i]) then redis.call('HINCRBYFLOAT', key, added[i], added[i + 1]) end
  end
end
local put = cjson.decode(ARGV[5])
for i = 1, #put, 2 do
  for _, key in ipairs({KEYS[2], window}) do
    if room(key, put[i]) then redis.call('HSET', key, put[i], put[i + 1]) end
  end
end
while redis.call('ZCARD', KEYS[4]) > tonumber(ARGV[7]) do
  redis.call('DEL', KEYS[5] .. redis.call('ZPOPMIN', KEYS[4])[1])
end
redis.call('SET', KEYS[3], ARGV[1], 'EX', ARGV[3])
return 1
"""


def deliver(batch: Batch) -> bool:
    """Whether the batch is in Redis for certain; if not, it may be sent again with the same number."""
    global _warned
    try:
        # Values that got a place keep it, so there are fewer without one each time.
        while isinstance(answer := _run(batch), bytes):
            batch = folded(batch, answer)
    except (RedisError, OSError) as error:
        if time.monotonic() - _warned > _WARN_SECONDS:
            _warned = time.monotonic()
            log.warning("Telemetry waits for Redis (%s).", type(error).__name__)
        return False
    return True


def _run(batch: Batch) -> int | bytes:
    """What the script answers."""
    link = connection()
    answer: int | bytes = link.script(
        keys=[SUMS, GAUGES, f"mmsite:telemetry:seen:{link.process}", WINDOWS, WINDOW, PLACES],
        args=[
            *(batch.number, MOST_FIELDS, _SEEN_SECONDS, *_arguments(batch)),
            *(WINDOW_SECONDS, MOST_WINDOWS, json.dumps(asked(batch), ensure_ascii=False), STALE_SECONDS),
        ],
    )
    return answer


def _arguments(batch: Batch) -> tuple[str, str]:
    """Amounts as text: Redis adds decimals, and JSON numbers would lose their last digits in Lua.

    What is no finite number is left out: Redis refuses it, and would refuse the batch with it for ever.
    """
    added: list[str] = []
    for key, amount in batch.counts.items():
        if math.isfinite(amount):
            added += [field_of(key), repr(float(amount))]
    for key, sums in batch.histograms.items():
        for part, amount in zip(_parts(key[0]), sums, strict=True):
            if amount and math.isfinite(amount):
                added += [field_of(key, part), repr(float(amount))]
    put: list[str] = []
    for key, value in batch.gauges.items():
        if math.isfinite(value):
            put += [field_of(key), repr(float(value))]
    return json.dumps(added), json.dumps(put)


def _parts(name: str) -> tuple[str, ...]:
    """What a histogram's sums are called in Redis; by bound, so that a release may choose other bounds."""
    return metric_named(name).parts  # type: ignore[union-attr]


def field_of(key: Key, part: str = "") -> str:
    """A metric's name, its label values, and for a histogram which of its sums."""
    return json.dumps((key[0], key[1:], part), ensure_ascii=False, separators=(",", ":"))


# -- the connection --------------------------------------------------------------------------------------


class Connection:
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
def _made(url: str) -> Connection:
    return Connection(url)


def connection() -> Connection:
    from django.conf import settings

    return _made(settings.REDIS_URL)


def forget_link() -> None:
    """A fork is another process, and shares no connection with its parent."""
    _made.cache_clear()
