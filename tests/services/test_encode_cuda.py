"""An encode worker beside a GPU uses it, unless it is told otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recommender.models import Embedding, Item, Media
from recommender.services.loaded import devices_in_use, loaded_encoder
from recommender.services.sources import encode_pictures, encode_words
from tests.services.shop import import_shop


def test_the_encode_worker_takes_the_gpu_where_there_is_one(cuda: str, settings: Any) -> None:
    settings.ENCODER_DEVICE = "auto"
    assert loaded_encoder("mmsite-mini").device.type == "cuda"
    assert any(name.startswith("cuda") for name in devices_in_use())


@pytest.mark.django_db(transaction=True)
def test_what_an_import_brings_is_encoded_there_as_on_the_processor(
    cuda: str, settings: Any, tmp_path: Path
) -> None:
    settings.ENCODER_DEVICE = cuda
    import_shop(tmp_path)  # committing it calls the workers, which run here and now
    settings.ENCODER_DEVICE = "cpu"
    encoder = loaded_encoder("mmsite-mini")
    items = list(Item.objects.order_by("pk"))
    pictures = list(Media.objects.filter(kind="image").order_by("item"))
    wanted = {"text": encode_words(encoder, items), "image": encode_pictures(encoder, pictures)}
    for modality, vectors in wanted.items():
        rows = Embedding.objects.ready().filter(modality=modality).order_by("item")
        made = np.stack([np.frombuffer(bytes(row.vector), "<f2").astype(np.float32) for row in rows])
        assert np.einsum("ij,ij->i", made, np.stack(vectors)).min() >= 0.99, modality
