"""From an uploaded file to a thing that is found, over the parts that serve."""

from __future__ import annotations

import shutil
from base64 import b64decode
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recommender.models import Embedding, EncoderSpace, Interaction, Item, Media
from recommender.services import index, train
from recommender.services.encode import encode_query_payload
from tests.services.importing import bring_in, table
from tests.services.shop import import_shop, photo

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _always_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "REFRESH_SECONDS", 0.0)


def nearest(part: dict[str, str], modality: str, k: int = 3) -> list[str]:
    """External ids of the items nearest to a query, as compared with their vectors of ``modality``."""
    from recommender.engine.index import compose_query

    space = EncoderSpace.objects.active()
    live = index.live_index()
    assert space is not None
    assert live is not None
    answer = encode_query_payload({"space": space.key, "parts": [part]})
    vector = np.frombuffer(b64decode(answer["vectors"][0]), "<f4")
    hits = live.search(compose_query({modality: vector}, {modality: 1.0}, space.dim), k)
    names = dict(Item.objects.values_list("pk", "external_id"))
    return [names[hit.item_id] for hit in hits]


def test_an_imported_catalogue_is_found_by_words_in_both_languages_and_by_picture(tmp_path: Path) -> None:
    import_shop(tmp_path)  # committing it calls the workers, which run here and now
    assert Media.objects.ready().count() == 7
    assert Embedding.objects.ready().count() == 13
    assert nearest({"modality": "text", "text": "blue lamp"}, "text")[0] == "blue-lamp"
    assert nearest({"modality": "text", "text": "绿色手提包"}, "text")[0] == "green-bag"
    red = Media.objects.get(item__external_id="red-bag", kind="image")
    assert nearest({"modality": "image", "name": red.file}, "image")[0] == "red-bag"
    sound = Media.objects.get(kind="audio")
    assert nearest({"modality": "audio", "name": sound.file}, "audio")[0] == "red-bag"

    # What changes is found by what it says now, and what is retired is found no more.
    bring_in(table(tmp_path / "b.csv", [{"external_id": "red-bag", "title": "Wooden rocking chair"}]))
    assert nearest({"modality": "text", "text": "rocking chair"}, "text")[0] == "red-bag"
    keep = [{"external_id": "red-bag", "title": "Wooden rocking chair"}]
    bring_in(table(tmp_path / "c.csv", keep), retire_missing=True)
    assert nearest({"modality": "text", "text": "blue lamp"}, "text") == ["red-bag"]


def test_the_same_file_twice_makes_no_vector_twice(tmp_path: Path, settings: Any) -> None:
    from tests.services.shop import QUICK_ENCODER

    settings.ENCODER = QUICK_ENCODER
    import_shop(tmp_path)
    before = set(Embedding.objects.values_list("pk", flat=True))
    import_shop(tmp_path)
    assert set(Embedding.objects.values_list("pk", flat=True)) == before


def test_index_and_graph_come_back_from_the_database(tmp_path: Path, settings: Any) -> None:
    from recommender.services.sweep import sweep
    from tests.services.shop import QUICK_ENCODER

    settings.ENCODER = QUICK_ENCODER
    import_shop(tmp_path)
    items = list(Item.objects.order_by("pk"))
    for person in range(6):
        for item in items[:3]:
            Interaction.objects.create(item=item, visitor=f"v{person}", kind="like")
    shutil.rmtree(settings.INDEX_ROOT, ignore_errors=True)
    shutil.rmtree(settings.GRAPH_ROOT, ignore_errors=True)
    index.rebuild_index()
    sweep()
    live, graph = index.live_index(), train.current_graph()
    assert live is not None
    assert len(live) == 6
    assert graph is not None
    assert graph.ids.tolist() == [item.pk for item in items]


def test_a_photo_that_joins_an_item_later_is_found(tmp_path: Path, settings: Any) -> None:
    from tests.services.importing import archive
    from tests.services.shop import QUICK_ENCODER

    settings.ENCODER = QUICK_ENCODER
    bring_in(table(tmp_path / "a.csv", [{"external_id": "bag", "title": "Bag"}]))
    assert not Embedding.objects.filter(modality="image").exists()
    files: dict[str, bytes | str] = {
        "items.csv": "external_id,title,image_paths\nbag,Bag,bag.jpg\n",
        "bag.jpg": photo("green"),
    }
    bring_in(archive(tmp_path / "b.zip", files))
    medium = Media.objects.get()
    assert nearest({"modality": "image", "name": medium.file}, "image") == ["bag"]
