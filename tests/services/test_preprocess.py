"""Media on their way from a stored file to one that can be shown and encoded."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from PIL import Image

from recommender.models import Media
from recommender.services import preprocess
from tests.services.shop import import_shop

pytestmark = pytest.mark.django_db


def test_it_gives_a_picture_its_three_thumbnails_and_its_size(tmp_path: Path) -> None:
    import_shop(tmp_path)
    assert preprocess.prepare_pending() == 7
    medium = Media.objects.filter(kind="image").first()
    assert medium is not None
    assert (medium.state, medium.width, medium.height) == ("ready", 320, 240)
    for size in Media.SIZES:
        with default_storage.open(medium.derived(f"{size}.webp")) as file, Image.open(file) as image:
            assert image.format == "WEBP"
            assert max(image.size) == min(size, 320)


def test_it_keeps_a_sound_at_16_khz_with_its_length(tmp_path: Path) -> None:
    from recommender.engine.preprocess import load_clip

    import_shop(tmp_path)
    preprocess.prepare_pending()
    sound = Media.objects.get(kind="audio")
    assert sound.state == "ready"
    assert sound.has_sound
    assert sound.duration == pytest.approx(1.0, abs=0.05)
    clip = load_clip(default_storage.path(sound.derived("sound.flac")))
    assert clip.rate == 16_000
    assert clip.seconds == pytest.approx(1.0, abs=0.05)
