"""Typed reading of the environment, with an optional ``.env`` file beside ``manage.py``."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}


class SettingError(ValueError):
    """An environment variable holds something that cannot be used."""


def load_dotenv(path: Path) -> None:
    """Set what ``path`` defines and the environment does not; ``NAME=value`` a line, ``#`` for comments."""
    if not path.is_file():
        return
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        name, separator, value = text.partition("=")
        if not separator:
            raise SettingError(f"{path.name} line {number}: expected NAME=value, found {text!r}.")
        os.environ.setdefault(name.strip(), value.strip().strip("\"'"))


def _read(name: str, default: T, parse: Callable[[str], T]) -> T:
    raw = os.environ.get(name)
    if raw is None:
        return default
    try:
        return parse(raw)
    except ValueError as error:
        raise SettingError(f"{name}={raw!r} cannot be used: {error}.") from error


def text(name: str, default: str = "") -> str:
    return _read(name, default, str)


def number(name: str, default: float) -> float:
    return _read(name, default, float)


def integer(name: str, default: int) -> int:
    return _read(name, default, int)


def names(name: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
    """A comma-separated list."""
    return _read(name, default, lambda raw: tuple(part.strip() for part in raw.split(",") if part.strip()))


def flag(name: str, default: bool) -> bool:
    return _read(name, default, _parse_flag)


def _parse_flag(raw: str) -> bool:
    word = raw.strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError("expected one of 1, 0, true, false, yes, no, on, off")
