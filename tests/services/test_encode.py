"""Vectors made by the encoder for whatever has none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recommender.models import Embedding, EncoderSpace
from recommender.services import encode, preprocess, spaces
from tests.services.shop import import_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def prepared_shop(tmp_path: Path) -> None:
    import_shop(tmp_path)
    preprocess.prepare_pending()


def test_it_makes_a_unit_vector_for_words_pictures_and_sounds(prepared_shop: None) -> None:
    while encode.encode_pending():
        pass
    space = EncoderSpace.objects.active()
    assert space is not None
    ready = Embedding.objects.ready().filter(space=space)
    counts = {modality: ready.filter(modality=modality).count() for modality in ("text", "image", "audio")}
    assert counts == {"text": 6, "image": 6, "audio": 1}
    for row in ready:
        values = np.frombuffer(bytes(row.vector), "<f2").astype(np.float32)
        assert values.shape == (space.dim,)
        assert np.linalg.norm(values) == pytest.approx(1.0, abs=2e-3)
    assert spaces.space_coverage(space)["items_done"] == 6
