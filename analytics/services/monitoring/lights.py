"""A light for each part of the site: how it is, why, and what to do about it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum

from django.db import Error as DatabaseError
from django.utils.functional import Promise
from django.utils.translation import gettext_noop as _
from redis.exceptions import RedisError

from recommender.said import Said, say

log = logging.getLogger(__name__)


class Level(IntEnum):
    """Worse is more, so that the worst of several is their maximum."""

    GREEN = 0
    YELLOW = 1
    RED = 2


@dataclass(frozen=True)
class Light:
    """What a check found.

    Attributes:
        reason: in words, also when all is well.
        remedy: what an operator should do; empty when all is well.
        evidence: path of the page that shows more, "" for none.
        actions: names of the buttons that help, as ``analytics.services.monitoring.actions`` knows them,
            or as ``resume_button`` of ``paused`` makes them.
    """

    level: Level
    reason: Said
    remedy: Said = field(default_factory=Said)
    evidence: str = ""
    actions: tuple[str, ...] = ()

    @property
    def color(self) -> str:
        return self.level.name.lower()


@dataclass(frozen=True)
class Part:
    """A part of the site that has a light."""

    name: str
    title: str | Promise
    #: from the time (seconds since 1970) to how it is
    check: Callable[[float], Light]


KEPT_SECONDS = 2.0
#: Characters of an error, or of each thing it names, in the reason of a light.
QUOTED_LENGTH = 200
_PARTS: dict[str, Part] = {}


@dataclass(frozen=True)
class _Seen:
    """What a look at ``time`` found."""

    time: float
    parts: list[Part]
    lights: dict[str, Light]


_seen: _Seen | None = None


def part(name: str, title: str | Promise) -> Callable[[Callable[[float], Light]], Callable[[float], Light]]:
    """Declare the check that follows as that of a part of the site; lights come in this order."""

    def declare(check: Callable[[float], Light]) -> Callable[[float], Light]:
        if name in _PARTS:
            raise ValueError(f"The part {name} is declared twice.")
        _PARTS[name] = Part(name, title, check)
        return check

    return declare


def parts() -> list[Part]:
    return list(_PARTS.values())


def part_named(name: str) -> Part | None:
    return _PARTS.get(name)


def green(text: str | tuple[str, str], **values: object) -> Light:
    return Light(Level.GREEN, say(text, **values))


def look(now: float | None = None, *, fresh: bool = False) -> dict[str, Light]:
    """Every light by the name of its part; a check that fails is itself a red light.

    Several pages that are open share what was seen, for up to ``KEPT_SECONDS``.

    Args:
        now: seconds since 1970.
        fresh: look at each, whatever was seen before.
    """
    global _seen
    moment = time.time() if now is None else now
    declared = parts()
    seen = _seen
    if not fresh and seen and seen.parts == declared and 0 <= moment - seen.time < KEPT_SECONDS:
        return seen.lights
    found = {one.name: _looked(one, moment) for one in declared}
    _seen = _Seen(moment, declared, found)
    return found


def forget_lights() -> None:
    """Look at each anew at the next call."""
    global _seen
    _seen = None


def _looked(one: Part, now: float) -> Light:
    try:
        return one.check(now)
    except RedisError:
        return Light(
            Level.RED,
            say(_("Redis does not answer, so this cannot be looked at.")),
            say(_("Start Redis, or check REDIS_URL; the page turns green by itself.")),
        )
    except DatabaseError:
        return Light(
            Level.RED,
            say(_("The database does not answer, so this cannot be looked at.")),
            say(_("Start the database, or check DATABASE_URL.")),
        )
    except Exception as error:
        log.exception("The check of %s failed", one.name)
        return Light(
            Level.RED,
            say(_("The check itself failed: {error}"), error=type(error).__name__),
            say(_("The log of the web server or of the watch process has the details.")),
        )
