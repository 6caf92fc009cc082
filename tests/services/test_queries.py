"""What people search by, on its way to the query worker and back."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.translation import override
from PIL import Image

from recommender.errors import EncoderUnavailable, RecommenderError
from recommender.models import EncoderSpace
from recommender.models.telling import translated_error
from recommender.services import calls, encode, queries, stored
from tests.conformance.encoder_plugs import StatisticsEncoder
from tests.services.shop import damaged_query, photo, serving_space, tone

pytestmark = pytest.mark.django_db

RED = {"modality": "text", "text": "red bag"}


@pytest.fixture
def space(settings: Any) -> EncoderSpace:
    """The serving space of the quick encoder; tasks run where they are queued."""
    return serving_space(settings)


@pytest.fixture
def no_worker(settings: Any) -> Iterator[None]:
    """Messages are queued, and nobody takes them up."""
    from mmsite.celery import app

    settings.QUERY_TIMEOUT = 0.1
    app.conf.task_always_eager = False
    yield
    app.conf.task_always_eager = True


def upload(content: bytes, name: str = "x") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def payloads(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the worker is asked from now on."""
    asked: list[dict[str, Any]] = []
    real = encode.encode_query_payload

    def noting(payload: Any) -> Any:
        asked.append(payload)
        return real(payload)

    monkeypatch.setattr(encode, "encode_query_payload", noting)
    return asked


# -- vectors ------------------------------------------------------------------------------------------------


def test_each_part_gets_its_vector_in_order(space: EncoderSpace) -> None:
    name = queries.receive_media("image", upload(photo("red")))
    vectors = queries.encode_query(space, [{"modality": "image", "name": name}, RED])
    assert vectors[1] == pytest.approx(StatisticsEncoder().encode_texts(["red bag"])[0], abs=1e-6)
    assert [np.linalg.norm(one) for one in vectors] == pytest.approx([1.0, 1.0], abs=1e-3)


def test_several_parts_go_in_one_message(space: EncoderSpace, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = payloads(monkeypatch)
    queries.encode_query(space, [RED, {"modality": "text", "text": "lamp"}, RED])
    assert [len(one["parts"]) for one in asked] == [2]


def test_what_is_known_is_not_asked_again(space: EncoderSpace, monkeypatch: pytest.MonkeyPatch) -> None:
    first = queries.encode_query(space, [RED])
    asked = payloads(monkeypatch)
    again = queries.encode_query(space, [{"modality": "text", "text": "  red   bag "}])
    assert asked == []
    assert again[0].tolist() == first[0].tolist()


def test_other_processes_find_the_vector_in_the_cache(
    space: EncoderSpace, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = queries.encode_query(space, [RED])
    queries.forget_vectors()
    asked = payloads(monkeypatch)
    assert queries.encode_query(space, [RED])[0].tolist() == first[0].tolist()
    assert asked == []


def test_a_vector_of_one_space_is_not_taken_for_another(
    space: EncoderSpace, monkeypatch: pytest.MonkeyPatch
) -> None:
    queries.encode_query(space, [RED])
    asked = payloads(monkeypatch)
    space.weights_hash = "another"
    with pytest.raises(EncoderUnavailable):
        queries.encode_query(space, [RED])
    assert len(asked) == 1


def test_a_picture_that_is_gone_is_told_as_such(space: EncoderSpace) -> None:
    part = {"modality": "image", "name": f"queries/{'0' * 64}.webp"}
    with pytest.raises(RecommenderError, match="does not exist") as told:
        queries.encode_query(space, [part])
    assert not isinstance(told.value, EncoderUnavailable)


@pytest.fixture
def by_json(monkeypatch: pytest.MonkeyPatch) -> None:
    """Question and answer travel as they do between processes."""

    def ask(task: str, payload: dict[str, Any], patience: float) -> Any:
        return json.loads(json.dumps(encode.encode_query_payload(json.loads(json.dumps(payload)))))

    monkeypatch.setattr(calls, "ask", ask)


def test_what_the_worker_could_not_read_is_told_in_the_language_of_who_asks(
    space: EncoderSpace, by_json: None
) -> None:
    with pytest.raises(RecommenderError) as told:
        queries.encode_query(space, [{"modality": "image", "name": damaged_query()}])
    with override("zh-hans"):
        assert "不是能够读取的图片" in translated_error(told.value)
        assert "is not a picture" not in translated_error(told.value)
    assert "is not a picture that can be read" in str(told.value)


def test_why_the_encoder_does_not_answer_is_told_in_the_language_of_who_asks(
    space: EncoderSpace, by_json: None
) -> None:
    EncoderSpace.objects.all().delete()
    with pytest.raises(EncoderUnavailable) as told:
        queries.encode_query(space, [RED])
    key = repr(space.key)
    english = f"The encoder does not answer (There is no encoder space {key} any more. Search again)."
    assert told.value.message == english
    with override("zh-hans"):
        chinese = f"编码器没有应答（编码空间 {key} 已经不存在。 请重新搜索）。 请稍后再试。"
        assert translated_error(told.value) == chinese


def test_a_worker_of_an_older_release_is_understood(
    space: EncoderSpace, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = {"error": "It is {cut}.", "remedy": "Search again.", "permanent": True}
    monkeypatch.setattr(calls, "ask", lambda *_: answer)
    with pytest.raises(RecommenderError) as told:
        queries.encode_query(space, [{"modality": "image", "name": damaged_query()}])
    with override("zh-hans"):
        assert translated_error(told.value) == "It is {cut}. 请重新搜索。"


def test_no_answer_in_time_is_told_in_the_language_of_who_asks(space: EncoderSpace, no_worker: None) -> None:
    with pytest.raises(EncoderUnavailable) as told:
        queries.encode_query(space, [RED])
    with override("zh-hans"):
        assert translated_error(told.value) == "编码器没有应答（0.1 秒内没有应答）。 请稍后再试。"


def test_no_answer_in_time_means_the_encoder_is_unavailable(space: EncoderSpace, no_worker: None) -> None:
    with pytest.raises(EncoderUnavailable, match=r"no answer within 0\.1 s"):
        queries.encode_query(space, [RED])


def test_after_a_time_out_nobody_waits_so_long_again(
    space: EncoderSpace, no_worker: None, settings: Any
) -> None:
    settings.QUERY_TIMEOUT = 0.6
    for patience in ("0.6", "0.25"):
        with pytest.raises(EncoderUnavailable, match=f"within {patience} s"):
            queries.encode_query(space, [RED])


def test_a_worker_that_is_back_is_trusted_at_once(
    space: EncoderSpace, no_worker: None, settings: Any
) -> None:
    from mmsite.celery import app

    settings.QUERY_TIMEOUT = 0.3
    with pytest.raises(EncoderUnavailable):
        queries.encode_query(space, [RED])
    app.conf.task_always_eager = True
    queries.encode_query(space, [RED])
    app.conf.task_always_eager = False
    with pytest.raises(EncoderUnavailable, match=r"within 0\.3 s"):
        queries.encode_query(space, [{"modality": "text", "text": "lamp"}])


def test_the_message_expires_since_nobody_reads_a_late_answer(
    space: EncoderSpace, no_worker: None, redis_server: Any
) -> None:
    with pytest.raises(EncoderUnavailable):
        queries.encode_query(space, [RED])
    (message,) = redis_server.lrange("query", 0, -1)
    assert json.loads(message)["headers"]["expires"]


def test_without_redis_the_encoder_is_unavailable_at_once(
    space: EncoderSpace, no_worker: None, settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from redis.exceptions import ConnectionError as RedisConnectionError

    def refuse(*_: Any, **__: Any) -> None:
        raise RedisConnectionError("refused")

    settings.QUERY_TIMEOUT = 30.0
    monkeypatch.setattr(calls, "ask", refuse)
    monkeypatch.setattr(cache, "get_many", refuse)
    with pytest.raises(EncoderUnavailable, match="refused"):
        queries.encode_query(space, [RED])


# -- pictures and sounds ------------------------------------------------------------------------------------


def test_the_same_picture_is_kept_once(db: None) -> None:
    first = queries.receive_media("image", upload(photo("red")))
    assert queries.receive_media("image", upload(photo("red"), "other.jpg")) == first
    assert queries.receive_media("image", upload(photo("blue"))) != first
    assert default_storage.exists(first)


def test_a_picture_is_turned_upright_and_loses_what_came_with_it() -> None:
    image = Image.new("RGB", (60, 30), "red")
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    exif[0x010E] = "taken at home"
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif)
    name = queries.receive_media("image", upload(out.getvalue()))
    with default_storage.open(name) as file:
        content = file.read()
    with Image.open(io.BytesIO(content)) as kept:
        assert (kept.format, kept.size, dict(kept.getexif())) == ("WEBP", (30, 60), {})
    assert b"taken at home" not in content


def test_a_large_picture_is_made_smaller() -> None:
    out = io.BytesIO()
    Image.new("RGB", (3000, 1500), "blue").save(out, "PNG")
    name = queries.receive_media("image", upload(out.getvalue()))
    with default_storage.open(name) as file, Image.open(file) as kept:
        assert kept.size == (1080, 540)


def test_a_sound_is_kept_as_flac() -> None:
    name = queries.receive_media("audio", upload(tone(440), "hum.wav"))
    assert name.endswith(".flac")
    with default_storage.open(name) as file:
        assert file.read(4) == b"fLaC"
    assert queries.known_media("audio", name) == name


@pytest.mark.parametrize("kind", ["image", "audio"])
@pytest.mark.parametrize(
    "content", [b"not a medium at all", b"\xff\xd8\xff\xe0 cut off", b"RIFF....WAVEfmt "]
)
def test_what_cannot_be_decoded_is_refused_and_not_kept(kind: str, content: bytes) -> None:
    with pytest.raises(RecommenderError):
        queries.receive_media(kind, upload(content, "mine.bin"))
    assert not stored.files_below("queries")


def test_a_refused_sound_is_called_by_the_name_it_came_with() -> None:
    with pytest.raises(RecommenderError, match=r"hum\.wav"):
        queries.receive_media("audio", upload(b"nothing of the sort", "hum.wav"))


def test_a_picture_is_no_sound_and_a_sound_no_picture() -> None:
    with pytest.raises(RecommenderError):
        queries.receive_media("audio", upload(photo("red")))
    with pytest.raises(RecommenderError):
        queries.receive_media("image", upload(tone(440)))


def test_an_upload_that_is_too_large_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(queries.MOST_BYTES, "image", 100)
    with pytest.raises(RecommenderError, match="more than"):
        queries.receive_media("image", upload(photo("red")))


def test_nothing_else_can_be_searched_by() -> None:
    with pytest.raises(RecommenderError, match="video"):
        queries.receive_media("video", upload(photo("red")))


@pytest.mark.parametrize(
    "name",
    [
        "",
        "queries/../originals/secret.webp",
        "queries/short.webp",
        f"originals/{'a' * 64}.webp",
        f"queries/{'a' * 64}.webp/../../x",
        f"queries/{'A' * 64}.webp",
        f"queries/{'a' * 64}.webp\n",
        f"queries/{'a' * 64}.webp",  # well formed, but not there
    ],
)
def test_a_name_that_was_not_given_out_is_unknown(name: str) -> None:
    assert queries.known_media("image", name) == ""


def test_a_name_is_known_for_its_own_kind_only() -> None:
    name = queries.receive_media("image", upload(photo("red")))
    assert queries.known_media("image", name) == name
    assert queries.known_media("audio", name) == ""


@pytest.mark.usefixtures("bucket")
def test_pictures_are_taken_where_files_have_no_path(space: Any) -> None:
    name = queries.receive_media("image", upload(photo("red")))
    assert queries.known_media("image", name) == name
    assert len(queries.encode_query(space, [{"modality": "image", "name": name}])) == 1
