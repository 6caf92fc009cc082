"""A site with something in it, and every kind of page asked of it, each in a process of its own.

``stock`` is the worker's part and may load what it likes; ``ask`` is the web's.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings

from tests.services.shop import photo, shop_file, tone

PICTURE, SOUND = photo("green", "lamp"), tone(330)
#: As they lie in the source: collecting them compresses each for half a minute.
PLAIN_STATIC_FILES = override_settings(
    STORAGES={
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
)
#: What the web process searches by.
WORDS = "red lamp"


def stock() -> None:
    """Items with vectors, an index, a graph, scored reviews, and the vectors of what will be searched by."""
    from celery import current_app
    from django.contrib.auth.models import User
    from django.core.management import call_command

    from recommender.models import Interaction, Item
    from recommender.services import encode, index, preprocess, queries, spaces, train
    from tests.analytics.scored import stocked
    from tests.services.importing import bring_in

    call_command("migrate", verbosity=0)
    User.objects.create_superuser("root", password="secret-enough")
    stocked()
    with tempfile.TemporaryDirectory() as folder:
        bring_in(shop_file(Path(folder)))
    preprocess.prepare_pending()
    while encode.encode_pending():
        pass
    Interaction.objects.bulk_create(
        Interaction(item=item, visitor=f"visitor-{number}", kind="like")
        for number in range(8)
        for item in Item.objects.order_by("pk")[number % 3 :: 2]
    )
    index.rebuild_index(force=True)
    train.refresh_graph(force=True)
    space = spaces.current_space()
    assert space is not None
    names = {kind: queries.receive_media(kind, file) for kind, file in _uploads().items()}
    parts = [{"modality": kind, "name": name} for kind, name in names.items()]
    current_app.conf.task_always_eager = True  # here and only here: this process is the query worker
    queries.encode_query(space, [{"modality": "text", "text": WORDS}, *parts])


def ask() -> None:
    """Open what the stocked site has, as a superuser, and check that vectors, index and graph were used."""
    from django.contrib.auth.models import User
    from django.test import Client

    from recommender.services.index import live_index
    from recommender.services.train import current_graph

    PLAIN_STATIC_FILES.enable()
    client = Client(SERVER_NAME="localhost")
    _browse(client)
    client.force_login(User.objects.get(username="root"))
    _search(client)
    _send(client)
    for address in _plain_addresses():
        answer = client.get(address, follow=True)
        # Some take only a post or want to be asked something; that no worker runs is said by 503.
        assert answer.status_code in {200, 400, 404, 405, 422, 503}, (address, answer.status_code)
    assert live_index() is not None
    assert current_graph() is not None


def _uploads() -> dict[str, SimpleUploadedFile]:
    return {
        "image": SimpleUploadedFile("lamp.jpg", PICTURE, "image/jpeg"),
        "audio": SimpleUploadedFile("tone.wav", SOUND, "audio/wav"),
    }


def _ok(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, (
        answer.request["PATH_INFO"],
        answer.status_code,
        answer.content[:300],
    )
    return answer


def _browse(client: Any) -> None:
    """The feed as it is for a guest who liked something, and the page of an item."""
    from recommender.models import Item

    bag = Item.objects.get(external_id="red-bag")
    _ok(client.post(f"/item/{bag.pk}/act/like/", follow=True))
    _ok(client.get("/"))
    _ok(client.get(f"/item/{bag.pk}/"))
    _ok(client.get(f"/item/{bag.pk}/why/"))
    for by in ("all", "image", "text", "audio", "crowd"):
        _ok(client.get(f"/item/{bag.pk}/", {"by": by}, headers={"hx-request": "true"}))
    _ok(client.get("/api/v1/feed"))
    assert _ok(client.get("/api/v1/items/red-bag/similar")).json()["cards"]


def _search(client: Any) -> None:
    """By words, by a picture, by a sound and by all of them at once, on the page and by program."""
    names = {}
    for kind, file in _uploads().items():
        names[kind] = _ok(client.post("/search/media/", {kind: file})).json()["name"]
    _ok(client.post("/api/v1/search/media", {"image": _uploads()["image"]}), 201)
    questions = [{"q": WORDS}, *({kind: name} for kind, name in names.items()), {"q": WORDS, **names}]
    for question in questions:
        _ok(client.get("/search/", question))
        found = _ok(client.get("/api/v1/search", question)).json()
        assert found["cards"], question
        assert found["notice"] not in {"encoder_down", "index_down"}, question


def _send(client: Any) -> None:
    """A review with a photo and a voice, and a catalogue, by the page and by program."""
    from recommender.models import ImportBatch, Item

    bag = Item.objects.get(external_id="red-bag")
    said = {"text": "The red is lovely.", "rating": "5"}
    files = {"image": "photos", "audio": "voice"}
    sent = {files[kind]: file for kind, file in _uploads().items()}
    _ok(client.post(f"/item/{bag.pk}/review/", said | sent, follow=True))
    sent = {files[kind]: file for kind, file in _uploads().items()}
    _ok(client.post("/api/v1/items/blue-bag/reviews", said | sent), 201)
    with tempfile.TemporaryDirectory() as folder:
        content = shop_file(Path(folder)).read_bytes()
    upload = SimpleUploadedFile("shop.zip", content, "application/zip")
    _ok(client.post("/manage/upload/", {"file": upload}, follow=True))
    batch = ImportBatch.objects.latest("pk")
    columns = {f"column:{name}": name for name in ("external_id", "title", "image_paths", "audio_paths")}
    _ok(client.get(f"/manage/imports/{batch.pk}/"))
    _ok(client.post(f"/manage/imports/{batch.pk}/start/", {"kind": "item", **columns}, follow=True))
    upload = SimpleUploadedFile("bags.csv", b"external_id,title\nbag-9,Bag\n", "text/csv")
    _ok(client.post("/api/v1/imports", {"file": upload}), 201)


def _plain_addresses() -> Iterator[str]:
    """Every address that needs no number in it: the pages of the report, of monitoring, of the admin."""
    from django.urls import URLResolver, get_resolver

    def below(resolver: Any, before: str) -> Iterator[str]:
        for pattern in resolver.url_patterns:
            place = before + str(pattern.pattern).removeprefix("^/")
            if "<" in place or "^" in place or place.endswith(("/autocomplete/", "/add/")):
                continue
            if isinstance(pattern, URLResolver):
                yield from below(pattern, place)
            else:
                yield place

    yield from below(get_resolver(), "/")
