"""Mistakes in the set-up, found at the start and told with their remedy."""

from __future__ import annotations

import socket
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 (Django's own name)

_DATABASES = ("sqlite3", "postgresql")
_CONNECT_SECONDS = 1.0
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def front_end_is_installed(**_: Any) -> list[CheckMessage]:
    if (settings.BASE_DIR / "static" / "vendor" / "icons.svg").exists():
        return []
    return [Error("The front-end files are not installed.", hint="Run: make setup", id="mmsite.E001")]


def database_is_supported(**_: Any) -> list[CheckMessage]:
    engine = settings.DATABASES["default"]["ENGINE"].rpartition(".")[2]
    if engine in _DATABASES:
        return []
    hint = "Set DATABASE_URL to postgresql://..., or leave it out for SQLite."
    return [Error(f"The database engine {engine} is not supported.", hint=hint, id="mmsite.E002")]


def index_is_known(**_: Any) -> list[CheckMessage]:
    from recommender.services.snapshots import FILES, mistake_in

    found = mistake_in(settings.VECTOR_INDEX)
    if found is not None:
        return [Error(found.message, hint=found.remedy, id="mmsite.E003")]
    if settings.VECTOR_INDEX == FILES or find_spec("pymilvus"):
        return []
    hint = "Run: .venv/bin/pip install 'pymilvus>=3.0'"
    return [Error("VECTOR_INDEX names a Milvus; pymilvus is not installed.", hint=hint, id="mmsite.E013")]


def index_answers(**_: Any) -> list[CheckMessage]:
    """Whether something listens there; a warning, since the site starts and searches by words without it."""
    from recommender.services.snapshots import FILES, mistake_in
    from recommender.services.snapshots.address import read_address

    if settings.VECTOR_INDEX == FILES or mistake_in(settings.VECTOR_INDEX):
        return []
    address = read_address(settings.VECTOR_INDEX)
    try:
        socket.create_connection((address.host, address.port), timeout=_CONNECT_SECONDS).close()
    except OSError:
        hint = "Start Milvus, or put VECTOR_INDEX right. Search goes by words alone until it answers."
        return [Warning(f"Nothing answers at {address}.", hint=hint, id="mmsite.W012")]
    return []


def debug_is_off_in_production(**_: Any) -> list[CheckMessage]:
    if not (settings.PRODUCTION and settings.DEBUG):
        return []
    hint = "Unset DEBUG: its pages show settings and source to visitors."
    return [Error("DEBUG and PRODUCTION are both on.", hint=hint, id="mmsite.E004")]


def host_names_are_allowed(**_: Any) -> list[CheckMessage]:
    if settings.HOST in _LOOPBACK or set(settings.ALLOWED_HOSTS) - {"localhost", "127.0.0.1", "[::1]"}:
        return []
    hint = "Set ALLOWED_HOSTS to the names people will use, e.g. ALLOWED_HOSTS=localhost,shop.example"
    message = f"The site listens on {settings.HOST} but answers to this machine's own names only."
    return [Warning(message, hint=hint, id="mmsite.W005")]


def encoder_is_known(**_: Any) -> list[CheckMessage]:
    """Told without loading it. Where only this machine lacks something it is a warning: others may encode."""
    from recommender.engine.encoders import mistake_in

    found = mistake_in(settings.ENCODER)
    return _told(found, f"ENCODER={settings.ENCODER} cannot be loaded", "machine that encodes needs", 7, 6)


def text_model_is_known(**_: Any) -> list[CheckMessage]:
    """As ``encoder_is_known``, of what reads reviews in place of the site's own model."""
    from analytics.engine.sentiment.text_plug import TextPlug, mistake_in

    spec = settings.SENTIMENT_TEXT_MODEL
    found = mistake_in(TextPlug(spec, tuple(settings.SENTIMENT_TEXT_LABELS))) if spec else None
    return _told(found, f"SENTIMENT_TEXT_MODEL={spec} cannot be used", "machines that score need", 9, 8)


def recogniser_is_known(**_: Any) -> list[CheckMessage]:
    """As ``encoder_is_known``, of what turns recordings into words."""
    from analytics.engine.sentiment.recogniser import SpeechPlug, mistake_in

    spec = settings.SPEECH_RECOGNISER
    found = mistake_in(SpeechPlug(spec)) if spec else None
    return _told(found, f"SPEECH_RECOGNISER={spec} cannot be used", "machines that score need", 11, 10)


def media_storage_can_be_used(**_: Any) -> list[CheckMessage]:
    """Whether what speaks to a bucket is installed; ``serve`` tells whether the bucket answers."""
    if not settings.MEDIA_STORAGE or all(map(find_spec, ("storages", "boto3"))):
        return []
    hint = "Run: make setup. Or unset MEDIA_STORAGE, and media are kept under MEDIA_ROOT."
    return [Error("MEDIA_STORAGE needs django-storages and boto3.", hint=hint, id="mmsite.E012")]


def _told(found: Any, what: str, who: str, warning: int, error: int) -> list[CheckMessage]:
    """A mistake in a setting: a warning where another machine may have what this one lacks, else an error."""
    if found is None:
        return []
    message = f"{what}: {found.message}"
    if found.here:
        return [Warning(message, hint=f"{found.remedy} Only the {who} it.", id=f"mmsite.W{warning:03}")]
    return [Error(message, hint=found.remedy, id=f"mmsite.E{error:03}")]


CHECKS = (
    front_end_is_installed,
    database_is_supported,
    index_is_known,
    index_answers,
    debug_is_off_in_production,
    host_names_are_allowed,
    encoder_is_known,
    text_model_is_known,
    recogniser_is_known,
    media_storage_can_be_used,
)
