"""Real catalogues, as they are found in the world, brought in and searched."""

from __future__ import annotations

import csv
import io
import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from recommender.models import ImportBatch, Interaction, Item, Media
from recommender.services import imports, index, queries
from recommender.services.events import Actor
from recommender.services.search import SearchQuery, search

pytestmark = pytest.mark.django_db(transaction=True)

NOBODY = Actor(user=None, visitor="")


@pytest.fixture(autouse=True)
def _always_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "REFRESH_SECONDS", 0.0)


def rows_of(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def bring_in_all(folder: Path) -> list[ImportBatch]:
    """Every kind of record in a folder, as ``import_catalog`` does."""
    batches = imports.from_path(folder)
    for batch in batches:
        imports.start(batch, queue=False)
        imports.run_import(batch.pk)
        batch.refresh_from_db()
    return batches


def titles(text: str, count: int = 10) -> list[str]:
    page = search(SearchQuery(text=text, limit=count), NOBODY)
    return [card.item.title for card in page.cards]


def test_a_fashion_shop_is_found_in_english_and_chinese(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "fashion"
    wanted = ("Dresses", "Watches", "Handbags", "Sandals", "Tshirts")
    test = [row for row in rows_of(source / "styles.csv") if row["split"] == "test"]
    chosen = [
        row
        for kind in wanted
        for row in itertools.islice((row for row in test if row["articleType"] == kind), 16)
    ]
    write(tmp_path / "styles.csv", chosen)
    images = source / "images"
    (tmp_path / "images").mkdir()
    for row in chosen:
        shutil.copy(images / f"{row['id']}.jpg", tmp_path / "images")
    (batch,) = bring_in_all(tmp_path)
    assert (batch.created, batch.rejected) == (len(chosen), 0)
    assert Media.objects.ready().count() == len(chosen)
    kinds = {row["productDisplayName"]: row["articleType"] for row in chosen}
    for text in ("women dress", "女士 连衣裙"):  # there are four
        assert {kinds[title] for title in titles(text, 4)} == {"Dresses"}, text
    for text in ("wrist watch", "手表"):
        assert sum(kinds[title] == "Watches" for title in titles(text)) >= 8, text


def put_films(source: Path, films: list[dict[str, str]], folder: Path) -> list[str]:
    """A folder with these films and their posters, to be brought in; ids of those that have a poster."""
    write(folder / "movies.csv", films)
    (folder / "posters").mkdir()
    posters = [row["item_id"] for row in films if (source / "posters" / f"{row['item_id']}.jpg").exists()]
    for name in posters:
        shutil.copy(source / "posters" / f"{name}.jpg", folder / "posters")
    return posters


def test_a_film_site_starts_with_its_ratings_and_posters(
    shared_data: Path, tmp_path: Path, settings: Any
) -> None:
    from tests.services.shop import QUICK_ENCODER

    settings.ENCODER = QUICK_ENCODER
    source = shared_data / "ml100k"
    films = list(itertools.islice(rows_of(source / "items.csv"), 60))
    known = {row["item_id"] for row in films}
    ratings = [row for row in rows_of(source / "ratings.csv") if row["item_id"] in known][:800]
    write(tmp_path / "ratings.csv", ratings)
    posters = put_films(source, films, tmp_path)
    items, history = bring_in_all(tmp_path)
    assert (items.created, items.rejected) == (len(films), 0)
    assert (history.created, history.rejected) == (len(ratings), 0)
    assert Interaction.objects.filter(kind="rating").count() == len(ratings)
    assert Item.objects.filter(media__kind="image").distinct().count() == len(posters)
    assert titles("toy story")[0] == "Toy Story (1995)"


def test_a_poster_finds_its_own_film_first(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "ml100k"
    posters = put_films(source, list(itertools.islice(rows_of(source / "items.csv"), 40)), tmp_path)
    bring_in_all(tmp_path)
    assert Media.objects.ready().count() == len(posters) > 30
    for number in posters[::6]:
        page = search(
            SearchQuery(image=queries.receive_media("image", as_a_phone_sees_it(source, number))), NOBODY
        )
        assert page.cards[0].item.external_id == number, page.cards[0].item.title


def as_a_phone_sees_it(source: Path, number: str) -> SimpleUploadedFile:
    """The poster of a film, smaller, a little cut and compressed anew: no file that the site knows."""
    with Image.open(source / "posters" / f"{number}.jpg") as poster:
        width, height = poster.size
        cut = (
            poster.convert("RGB")
            .crop((4, 4, width - 4, height - 4))
            .resize((width * 3 // 4, height * 3 // 4))
        )
    out = io.BytesIO()
    cut.save(out, "JPEG", quality=70)
    return SimpleUploadedFile("poster.jpg", out.getvalue(), "image/jpeg")
