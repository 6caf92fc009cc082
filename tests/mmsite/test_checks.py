"""Mistakes in the set-up are found and told with their remedy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mmsite import checks
from tests.analytics.engine.tiny_bert import make_tiny_bert
from tests.milvus import MilvusLite, milvus_lite


@pytest.mark.parametrize(
    ("check", "changes", "message_id"),
    [
        (checks.front_end_is_installed, {"BASE_DIR": Path("/nonexistent")}, "mmsite.E001"),
        (
            checks.database_is_supported,
            {"DATABASES": {"default": {"ENGINE": "django.db.backends.mysql"}}},
            "mmsite.E002",
        ),
        (checks.index_is_known, {"VECTOR_INDEX": "abacus"}, "mmsite.E003"),
        (checks.index_is_known, {"VECTOR_INDEX": "milvus+http://"}, "mmsite.E003"),
        (checks.index_answers, {"VECTOR_INDEX": "milvus+http://127.0.0.1:1"}, "mmsite.W012"),
        (checks.debug_is_off_in_production, {"PRODUCTION": True, "DEBUG": True}, "mmsite.E004"),
        (
            checks.host_names_are_allowed,
            {"HOST": "0.0.0.0", "ALLOWED_HOSTS": ["localhost"]},
            "mmsite.W005",
        ),
        (checks.encoder_is_known, {"ENCODER": "open_clip:ViT-B-33/openai"}, "mmsite.E006"),
        (checks.encoder_is_known, {"ENCODER": "mmsite-maxi"}, "mmsite.E006"),
        (checks.encoder_is_known, {"ENCODER": "local-dir:/nonexistent"}, "mmsite.W007"),
        (checks.text_model_is_known, {"SENTIMENT_TEXT_MODEL": "/nonexistent"}, "mmsite.W009"),
        (
            checks.text_model_is_known,
            {"SENTIMENT_TEXT_MODEL": "owner/name", "SENTIMENT_TEXT_LABELS": ["bad", "good"]},
            "mmsite.E008",
        ),
        (checks.recogniser_is_known, {"SPEECH_RECOGNISER": "vosk:/srv/models"}, "mmsite.E010"),
        (checks.recogniser_is_known, {"SPEECH_RECOGNISER": "sherpa-onnx:/nonexistent"}, "mmsite.W011"),
    ],
)
def test_a_mistake_is_told_with_its_remedy(
    check: Any, changes: dict[str, Any], message_id: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert check() == []
    names = (
        "BASE_DIR",
        "DATABASES",
        "VECTOR_INDEX",
        "PRODUCTION",
        "DEBUG",
        "HOST",
        "ALLOWED_HOSTS",
        "ENCODER",
        "SENTIMENT_TEXT_MODEL",
        "SENTIMENT_TEXT_LABELS",
        "SPEECH_RECOGNISER",
    )
    mistaken = {name: getattr(settings, name) for name in names} | changes
    monkeypatch.setattr(checks, "settings", SimpleNamespace(**mistaken))
    (message,) = check()
    assert message.id == message_id
    assert message.hint


def test_a_bucket_without_what_speaks_to_it_is_told(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MEDIA_STORAGE = "s3://shop-media"
    assert checks.media_storage_can_be_used() == []
    monkeypatch.setattr(checks, "find_spec", lambda name: None)
    (message,) = checks.media_storage_can_be_used()
    assert message.id == "mmsite.E012"
    assert "make setup" in message.hint


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MilvusLite]:
    with milvus_lite(tmp_path / "milvus") as running:
        yield running


def test_a_milvus_that_answers_is_no_mistake(server: MilvusLite, settings: Any) -> None:
    settings.VECTOR_INDEX = server.setting
    assert checks.index_is_known() == []
    assert checks.index_answers() == []


def test_a_milvus_without_its_client_is_an_error(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.VECTOR_INDEX = "milvus+http://milvus:19530"
    monkeypatch.setattr(checks, "find_spec", lambda name: None)
    (message,) = checks.index_is_known()
    assert message.id == "mmsite.E013"
    assert "pymilvus" in message.hint


def test_a_password_in_the_address_is_an_error_that_does_not_repeat_it(settings: Any) -> None:
    settings.VECTOR_INDEX = "milvus+http://root:hush-hush@milvus:19530"
    (message,) = checks.index_is_known()
    assert message.id == "mmsite.E003"
    assert "hush" not in f"{message.msg} {message.hint}"
    assert "VECTOR_INDEX_TOKEN" in message.hint


def test_labels_that_say_nothing_are_an_error_wherever_the_site_starts(tmp_path: Path, settings: Any) -> None:
    settings.SENTIMENT_TEXT_MODEL = str(make_tiny_bert(tmp_path, ["LABEL_0", "LABEL_1"]))
    (message,) = checks.text_model_is_known()
    assert message.id == "mmsite.E008"
    assert "LABEL_0, LABEL_1" in message.msg
    assert "SENTIMENT_TEXT_LABELS" in message.hint
