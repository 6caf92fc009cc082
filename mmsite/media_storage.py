"""Where media are kept, from one address in the environment."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from mmsite.env import SettingError

LOCAL = "django.core.files.storage.FileSystemStorage"
S3 = "mmsite.s3.S3MediaStorage"
_EXAMPLE = "s3://bucket/prefix?region=eu-central-1&endpoint_url=https://minio.example:9000"
#: What the address may say of the bucket, by the name that the storage has for it.
_OPTIONS = {"endpoint_url": "endpoint_url", "region": "region_name", "addressing_style": "addressing_style"}
_STYLES = ("auto", "path", "virtual")
_BUCKET = re.compile(r"[A-Za-z0-9._-]{3,255}")
_CREDENTIALS = (
    "Leave them out: they come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, from a profile named by "
    "AWS_PROFILE, or from the role of the machine."
)


def options(address: str) -> dict[str, Any]:
    """The ``default`` entry of STORAGES for ``MEDIA_STORAGE``; the folder MEDIA_ROOT where none is given.

    Raises:
        SettingError: the address names no bucket, says something that is not known, or holds credentials.
    """
    if not address:
        return {"BACKEND": LOCAL}
    try:
        parts = urlsplit(address)
    except ValueError as error:
        raise SettingError(f"MEDIA_STORAGE cannot be used: {error}. Write {_EXAMPLE}.") from error
    if "@" in parts.netloc or ":" in parts.netloc:
        # The address itself is not shown: it may hold a secret.
        raise SettingError(f"MEDIA_STORAGE holds credentials or a port beside the bucket. {_CREDENTIALS}")
    if parts.scheme != "s3" or not _BUCKET.fullmatch(parts.netloc) or parts.fragment:
        raise SettingError(
            f"MEDIA_STORAGE names no bucket. Write {_EXAMPLE}, or leave it out for MEDIA_ROOT."
        )
    return {
        "BACKEND": S3,
        "OPTIONS": {"bucket_name": parts.netloc, "location": _prefix(parts.path), **_said(parts.query)},
    }


def _prefix(path: str) -> str:
    names = [name for name in unquote(path).split("/") if name]
    if {".", ".."} & set(names) or "\\" in path:
        raise SettingError(f"MEDIA_STORAGE: the prefix must be plain names. Write {_EXAMPLE}.")
    return "/".join(names)


def _said(query: str) -> dict[str, str]:
    """What follows the question mark, checked."""
    said = dict(parse_qsl(query, keep_blank_values=True))
    if unknown := set(said) - set(_OPTIONS):
        about = f" {_CREDENTIALS}" if any("key" in name or "token" in name for name in unknown) else ""
        names = ", ".join(sorted(unknown))
        raise SettingError(f"MEDIA_STORAGE: {names} is not known; use {', '.join(_OPTIONS)}.{about}")
    if "endpoint_url" in said:
        _check_endpoint(said["endpoint_url"])
    if said.get("addressing_style", "auto") not in _STYLES:
        raise SettingError(f"MEDIA_STORAGE: addressing_style is one of {', '.join(_STYLES)}.")
    return {_OPTIONS[name]: value for name, value in said.items() if value}


def _check_endpoint(address: str) -> None:
    try:
        parts = urlsplit(address)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or "@" in parts.netloc:
        raise SettingError(
            f"MEDIA_STORAGE: endpoint_url is an address such as https://minio.example:9000. {_CREDENTIALS}"
        )
    # Loaded here, since most sites have no use for it and it takes a tenth of a second.
    from botocore.utils import is_valid_endpoint_url, is_valid_ipv6_endpoint_url

    if not (is_valid_endpoint_url(address) or is_valid_ipv6_endpoint_url(address)):
        raise SettingError(
            f"MEDIA_STORAGE: {parts.hostname} in endpoint_url cannot be the name of a machine, which takes "
            "letters, digits and hyphens, with dots between; no underscore."
        )
