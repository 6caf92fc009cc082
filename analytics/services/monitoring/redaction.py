"""Inputs, results and tracebacks without what must not be read there: passwords, tokens, cookies, keys."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from django.conf import settings

REMOVED = "[removed]"
_NAMES = (
    r"password|passwd|passphrase|pwd|secret|token(?!i[sz])|authorization|credential"
    r"|(?:api|access|private)[_-]?key|session[_-]?id|signature"
)
# Quoted as Python or JSON writes it, also in brackets, or inside another JSON text.
_QUOTED = r"\\[\"'][^\"'\\]*|[(\[{]*\s*[bBuUrRfF]{0,2}(?:'(?:\\.|[^'\\])*'?|\"(?:\\.|[^\"\\])*\"?)"
# Names are bounded, so that a long run of letters is not read once for each of its letters.
_PAIR = re.compile(
    rf"(?i)((?<![\w-])[\w-]{{0,40}}?(?:{_NAMES})[\w-]{{0,40}}\\?[\"']?\s*(?:=(?!=)|:)\s*)(?:{_QUOTED}|[^\s,;)}}\]&\"']+)"
)
_COOKIE = re.compile(rf"(?i)(\b[\w-]{{0,40}}?cookies?[\"']?\s*(?:=(?!=)|:)\s*)(?:{_QUOTED}|[^\n\"']+)")
_SCHEME = re.compile(r"(?i)(\b(?:bearer|basic)|(?<=: )token)\s+[\w.~+/=-]{6,}")
_LOGIN = re.compile(r"(?i)(?<=://)[^\s/@'\"]+@")
_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)")
_OPTION = re.compile(rf"(?i)(--[\w-]{{0,40}}?(?:{_NAMES})[\w-]{{0,40}}\s+)[^\s'\",]+")
_SIGNED = re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*")
_LEAST = 8  # characters of a setting; a shorter one would be found in harmless words


def redacted(text: str) -> str:
    """``text`` with ``REMOVED`` for every secret that its name, its shape or the settings give away."""
    for secret in _own_secrets():
        text = text.replace(secret, REMOVED)
    text = _KEY.sub(REMOVED, text)
    text = _OPTION.sub(rf"\1{REMOVED}", text)
    text = _SCHEME.sub(rf"\1 {REMOVED}", text)
    text = _COOKIE.sub(rf"\1{REMOVED}", text)
    text = _PAIR.sub(rf"\1{REMOVED}", text)
    text = _LOGIN.sub(f"{REMOVED}@", text)
    return _SIGNED.sub(REMOVED, text)


def shortened(text: str, most: int, *, end: bool = False) -> str:
    """``redacted``, and no longer than ``most``: its beginning, or with ``end`` its end."""
    # Four times as much is read, so that no secret is cut in two before it is seen.
    near = text[-4 * most :] if end else text[: 4 * most]
    clean = redacted(near)
    if len(clean) <= most:
        return clean
    return f"…{clean[1 - most :]}" if end else f"{clean[: most - 1]}…"


def _own_secrets() -> list[str]:
    """What the settings hold that opens something, longest first."""
    database = settings.DATABASES["default"]
    found = [
        settings.SECRET_KEY,
        settings.METRICS_TOKEN,
        settings.DEMO_PASSWORD,
        settings.ALERT_WEBHOOK_URL,
        getattr(settings, "EMAIL_HOST_PASSWORD", ""),
        database.get("PASSWORD", ""),
        _password_of(settings.REDIS_URL),
    ]
    return sorted({one for one in found if one and len(one) >= _LEAST}, key=len, reverse=True)


def _password_of(url: str) -> str:
    try:
        return urlsplit(url).password or ""
    except ValueError:
        return ""
