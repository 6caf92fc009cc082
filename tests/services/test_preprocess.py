"""Media on their way from a stored file, or an address, to one that can be shown and encoded."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from django.core.files.storage import default_storage
from django.utils import timezone
from PIL import Image

from recommender.engine.preprocess import load_clip, probe_media
from recommender.engine.preprocess.playable import is_playable
from recommender.errors import MediaError
from recommender.models import Embedding, EncoderSpace, Item, Media
from recommender.services import preprocess
from recommender.services.imports import store_media
from recommender.services.stored import local_file, put
from tests.engine.preprocess.test_effort import lying_film
from tests.engine.preprocess.test_sound_and_film import sine, write_film
from tests.services.importing import bring_in, table
from tests.services.shop import QUICK_ENCODER, import_shop, photo, tone

pytestmark = pytest.mark.django_db


def medium_of(path: Path, kind: Any) -> Media:
    """The file at ``path`` as a waiting medium of an item."""
    item, _new = Item.objects.get_or_create(external_id="i", defaults={"title": "One"})
    with path.open("rb") as file:
        stored = store_media(file, kind, path.name)
    return Media.objects.create(
        item=item, kind=kind, file=stored.name, checksum=stored.checksum, mime=stored.mime
    )


def prepared(path: Path, kind: Any) -> Media:
    medium = medium_of(path, kind)
    preprocess.prepare_pending()
    medium.refresh_from_db()
    return medium


def test_it_gives_a_picture_its_three_thumbnails_and_its_size(tmp_path: Path) -> None:
    import_shop(tmp_path)
    assert preprocess.prepare_pending() == 7
    medium = Media.objects.filter(kind="image").earliest("pk")
    assert (medium.state, medium.width, medium.height) == ("ready", 320, 240)
    for size in Media.SIZES:
        with default_storage.open(medium.derived(f"{size}.webp")) as file, Image.open(file) as image:
            assert image.format == "WEBP"
            assert max(image.size) == min(size, 320)


def test_it_keeps_a_sound_at_16_khz_with_its_length(tmp_path: Path) -> None:
    import_shop(tmp_path)
    preprocess.prepare_pending()
    sound = Media.objects.get(kind="audio")
    assert (sound.state, sound.has_sound) == ("ready", True)
    assert sound.duration == pytest.approx(1.0, abs=0.05)
    with local_file(sound.derived("sound.flac")) as path:
        clip = load_clip(path)
    assert (clip.rate, clip.seconds) == (16_000, pytest.approx(1.0, abs=0.05))


def test_it_gives_a_film_a_poster_key_frames_and_its_sound(tmp_path: Path) -> None:
    film = write_film(tmp_path / "a.mp4", [(200, 0, 0), (0, 200, 0), (0, 0, 200), (9, 9, 9)], sound=True)
    medium = prepared(film, "video")
    assert (medium.state, medium.width, medium.height, medium.has_sound) == ("ready", 64, 48, True)
    assert medium.duration == pytest.approx(4.0, abs=0.3)
    for name in ("160.webp", "480.webp", "1080.webp", "frame-0.webp", "frame-3.webp", "sound.flac"):
        assert default_storage.exists(medium.derived(name)), name


def test_a_film_without_sound_has_none(tmp_path: Path) -> None:
    film = write_film(tmp_path / "a.mp4", [(200, 0, 0)], sound=False)
    medium = prepared(film, "video")
    assert (medium.state, medium.has_sound) == ("ready", False)


def test_a_film_that_browsers_do_not_play_is_made_into_one_that_they_do(tmp_path: Path) -> None:
    film = write_film(tmp_path / "a.mp4", [(200, 0, 0), (0, 200, 0)], sound=True)  # MPEG-4 part 2
    medium = prepared(film, "video")
    assert medium.file == medium.derived("play.mp4")
    with local_file(medium.file) as path:
        made = probe_media(path)
        assert is_playable(path, "video")
    assert (made.codec, made.width, made.height, made.has_sound) == ("h264", 64, 48, True)
    assert made.seconds == pytest.approx(2.0, abs=0.2)


def test_a_film_that_lies_about_its_length_is_refused_and_says_why(tmp_path: Path) -> None:
    medium = prepared(lying_film(tmp_path / "lie.mkv", 205, told=1.0), "video")
    assert (medium.state, medium.attempts) == ("failed", 1)
    assert "goes on after 200 seconds" in medium.error
    assert "shorter" in medium.remedy


def test_a_sound_that_browsers_play_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(tone(440))
    assert prepared(path, "audio").file.startswith("originals/")


def test_a_recording_in_a_films_container_is_a_sound(tmp_path: Path) -> None:
    path = tmp_path / "voice.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("aac", rate=16_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(sine(440, 0.064).astype(np.float32)[None], "fltp", "mono")
        frame.sample_rate = 16_000
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    medium = prepared(path, "video")
    assert (medium.state, medium.kind, medium.has_sound) == ("ready", "audio", True)


def test_a_file_that_breaks_a_library_fails_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(medium: Media) -> Any:
        raise ZeroDivisionError("no frames a second")

    path = tmp_path / "odd.jpg"
    path.write_bytes(photo("red"))
    monkeypatch.setattr(preprocess, "make_renditions", break_down)
    medium = prepared(path, "image")
    assert medium.state == "failed"
    assert "ZeroDivisionError" in medium.error


def test_a_damaged_picture_fails_with_reason_and_remedy_and_stops_nobody(tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(photo("red")[:300])
    bad = medium_of(broken, "image")
    whole = tmp_path / "whole.jpg"
    whole.write_bytes(photo("blue"))
    good = medium_of(whole, "image")
    preprocess.prepare_pending()
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.state, good.state) == ("failed", "ready")
    assert "damaged" in bad.error
    assert bad.remedy


def test_what_failed_is_called_by_the_name_the_catalogue_gave(tmp_path: Path) -> None:
    (tmp_path / "half.jpg").write_bytes(photo("red")[:300])
    bring_in(table(tmp_path / "goods.csv", [{"id": "1", "title": "Cup", "image": "half.jpg"}]))
    preprocess.prepare_pending()
    assert Media.objects.get().error.startswith("half.jpg is damaged")


def test_what_failed_can_be_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "late.jpg"
    path.write_bytes(photo("red"))
    medium = medium_of(path, "image")
    content = path.read_bytes()
    default_storage.delete(medium.file)
    preprocess.prepare_pending()
    medium.refresh_from_db()
    assert medium.state == "failed"
    put(medium.file, content)
    assert preprocess.retry_failed() == 1
    preprocess.prepare_pending()
    medium.refresh_from_db()
    assert (medium.state, medium.error, medium.remedy) == ("ready", "", "")


def test_trying_a_medium_again_makes_its_failed_vector_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(photo("red"))
    medium = prepared(path, "image")
    space = EncoderSpace.objects.create(spec="x", name="x", weights_hash="x", dim=2, preprocessing="x")
    Embedding.objects.create(
        space=space, item=medium.item, media=medium, modality="image", state="failed", error="broken"
    )
    assert preprocess.retry_media([medium.pk]) == 1
    assert not Embedding.objects.exists()


def test_its_items_cards_are_drawn_anew(tmp_path: Path) -> None:
    import_shop(tmp_path)
    before = dict(Item.objects.values_list("pk", "updated_at"))
    preprocess.prepare_pending()
    assert all(after > before[pk] for pk, after in Item.objects.values_list("pk", "updated_at"))


def test_a_medium_that_another_worker_holds_is_left_alone(tmp_path: Path) -> None:
    import_shop(tmp_path)
    Media.objects.update(state="working", claimed_at=timezone.now())
    assert preprocess.prepare_pending() == 0


def test_a_medium_whose_worker_is_gone_is_taken_up_again(tmp_path: Path) -> None:
    import_shop(tmp_path)
    Media.objects.update(state="working", claimed_at=timezone.now() - timedelta(minutes=11))
    assert preprocess.prepare_pending() == 7
    assert Media.objects.ready().count() == 7


# -- addresses ---------------------------------------------------------------------------------------------


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes | MediaError]:
    """What addresses answer; fetching itself has its own tests."""
    answers: dict[str, bytes | MediaError] = {}

    def fetch(url: str, kind: Any) -> Any:
        answer = answers[url]
        if isinstance(answer, MediaError):
            raise answer
        return store_media(io.BytesIO(answer), kind, url)

    monkeypatch.setattr(preprocess, "fetch_url", fetch)
    return answers


def items_at(tmp_path: Path, *urls: str) -> None:
    rows = [{"external_id": f"i{n}", "title": "One", "image_url": url} for n, url in enumerate(urls)]
    bring_in(table(tmp_path / "a.csv", rows))


def test_it_fetches_what_only_has_an_address(tmp_path: Path, web: Any) -> None:
    web["http://a.example/1.jpg"] = photo("red")
    items_at(tmp_path, "http://a.example/1.jpg")
    preprocess.prepare_pending()
    medium = Media.objects.get()
    assert medium.state == "ready"
    assert medium.file.startswith("originals/")
    assert medium.checksum in medium.file
    assert medium.bytes == len(photo("red"))


def test_an_address_that_fails_for_now_is_tried_three_times_with_pauses(tmp_path: Path, web: Any) -> None:
    web["http://a.example/1.jpg"] = MediaError("It answered 503.", "It is tried again.", permanent=False)
    items_at(tmp_path, "http://a.example/1.jpg")
    for attempt in (1, 2, 3):
        assert preprocess.prepare_pending() == 1
        assert preprocess.prepare_pending() == 0
        medium = Media.objects.get()
        assert medium.attempts == attempt
        Media.objects.filter(state="working").update(claimed_at=timezone.now() - timedelta(minutes=11))
    assert (medium.state, medium.error) == ("failed", "It answered 503.")
    assert medium.remedy == "It was tried three times. Try again when the cause is gone."


def test_an_address_that_is_refused_for_good_is_not_tried_again(tmp_path: Path, web: Any) -> None:
    web["http://a.example/1.jpg"] = MediaError("It answered 404.", "Check the address.")
    items_at(tmp_path, "http://a.example/1.jpg")
    preprocess.prepare_pending()
    medium = Media.objects.get()
    assert (medium.state, medium.attempts, medium.remedy) == ("failed", 1, "Check the address.")


def test_two_addresses_of_the_same_file_are_kept_once_for_an_item(tmp_path: Path, web: Any) -> None:
    urls = ["http://a.example/1.jpg", "http://a.example/2.jpg"]
    web |= dict.fromkeys(urls, photo("red"))
    bring_in(
        table(tmp_path / "a.csv", [{"external_id": "i", "title": "One", "image_urls": " | ".join(urls)}])
    )
    preprocess.prepare_pending()
    assert sorted(Media.objects.values_list("state", flat=True)) == ["failed", "ready"]
    assert "same file" in Media.objects.get(state="failed").error


@pytest.mark.local_media
def test_where_the_folder_of_media_is_full_a_medium_is_given_up_after_three_attempts(
    tmp_path: Path, full_disk: Any
) -> None:
    import_shop(tmp_path)
    with full_disk():
        for attempt in (1, 2, 3):
            preprocess.prepare_pending()
            assert set(Media.objects.values_list("attempts", flat=True)) == {attempt}
            Media.objects.filter(state="working").update(claimed_at=timezone.now() - timedelta(minutes=11))
    assert set(Media.objects.values_list("state", flat=True)) == {"failed"}
    medium = Media.objects.earliest("pk")
    assert medium.error == "The media storage failed: [Errno 28] No space left on device."
    assert medium.remedy == "It was tried three times. Try again when the cause is gone."


def wait_for_a_worker() -> None:
    Media.objects.filter(state="working").update(claimed_at=timezone.now() - timedelta(minutes=11))


def test_a_file_that_the_bucket_keeps_back_is_given_up_after_three_attempts(
    tmp_path: Path, kept_back: Any
) -> None:
    import_shop(tmp_path)
    lost = Media.objects.filter(kind="image").earliest("pk")
    kept_back(lost.file)
    for _attempt in (1, 2, 3):
        preprocess.prepare_pending()
        wait_for_a_worker()
    lost.refresh_from_db()
    assert (lost.state, lost.attempts) == ("failed", 3)
    assert lost.error.endswith("cannot be read (the bucket refuses (InvalidObjectState)).")
    assert lost.remedy == "It was tried three times. Try again when the cause is gone."
    assert Media.objects.filter(state="ready").count() == 6


def test_media_wait_for_a_bucket_that_refuses_everything(tmp_path: Path, bucket_refuses: Any) -> None:
    import_shop(tmp_path)
    with bucket_refuses():
        for _attempt in (1, 2, 3, 4):
            preprocess.prepare_pending()
            wait_for_a_worker()
    assert set(Media.objects.values_list("state", flat=True)) == {"working"}


def test_media_wait_for_a_storage_that_is_away_however_long_that_takes(
    tmp_path: Path, media_away: Any
) -> None:
    import_shop(tmp_path)
    with media_away():
        for _attempt in (1, 2, 3, 4):
            assert preprocess.prepare_pending() == 7
            assert preprocess.prepare_pending() == 0
            assert set(Media.objects.values_list("state", "attempts")) == {("working", 0)}
            Media.objects.update(claimed_at=timezone.now() - timedelta(minutes=11))
    medium = Media.objects.earliest("pk")
    assert medium.error.startswith("The media storage failed: the bucket did")
    assert medium.remedy == "It is tried again."
    preprocess.prepare_pending()
    assert set(Media.objects.values_list("state", "error")) == {("ready", "")}


# -- a storage that is not on this machine -------------------------------------------------------------------


@pytest.mark.usefixtures("bucket")
def test_pictures_films_and_sounds_are_prepared_and_encoded_in_a_bucket(
    tmp_path: Path, settings: Any
) -> None:
    from recommender.services import encode

    settings.ENCODER = QUICK_ENCODER
    import_shop(tmp_path)
    medium_of(write_film(tmp_path / "a.mp4", [(200, 0, 0), (0, 200, 0)], sound=True), "video")
    preprocess.prepare_pending()
    assert set(Media.objects.values_list("state", flat=True)) == {"ready"}
    film = Media.objects.get(kind="video")
    assert film.thumbnail(480).endswith("480.webp")
    assert default_storage.exists(film.derived("480.webp"))
    while encode.encode_pending():
        pass
    made = Embedding.objects.values_list("modality", "state").order_by("modality")
    counts = {key: list(made).count(key) for key in set(made)}
    assert counts == {("text", "ready"): 7, ("image", "ready"): 7, ("audio", "ready"): 2}
