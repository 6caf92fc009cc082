"""How mail leaves the site, from one address in the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from mmsite.env import SettingError

_PORTS = {"smtp": 587, "smtps": 465}
_BACKEND = "django.core.mail.backends"
_EXAMPLE = "smtp://user:password@mail.example:587, smtps://..., file:///folder or console:"


def options(address: str, folder: Path) -> dict[str, Any]:
    """Django's settings for ``EMAIL_URL``; mail becomes files in ``folder`` where none is given.

    ``smtp`` uses STARTTLS unless ``?tls=0``; ``smtps`` speaks TLS from the start.

    Raises:
        SettingError: the address is of no known kind, or names no host or a port that is none.
    """
    if not address:
        return _files(folder)
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise SettingError(f"EMAIL_URL cannot be used: {error}. Write {_EXAMPLE}.") from error
    if parts.scheme == "console":
        return {"EMAIL_BACKEND": f"{_BACKEND}.console.EmailBackend"}
    if parts.scheme == "file" and parts.path:
        return _files(Path(unquote(parts.path)))
    if parts.scheme not in _PORTS or not parts.hostname:
        # The address itself is not shown: it may hold a password.
        raise SettingError(f"EMAIL_URL cannot be used. Write {_EXAMPLE}.")
    starttls = parse_qs(parts.query).get("tls", ["1"])[-1] != "0"
    return {
        "EMAIL_BACKEND": f"{_BACKEND}.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port or _PORTS[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp" and starttls,
        "EMAIL_USE_SSL": parts.scheme == "smtps",
    }


def _files(folder: Path) -> dict[str, Any]:
    return {"EMAIL_BACKEND": f"{_BACKEND}.filebased.EmailBackend", "EMAIL_FILE_PATH": str(folder)}
