"""docs/api.md names every operation, and its examples work as they stand there."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from analytics.services import exports
from analytics.services.report import Filters
from recommender.models import Interaction
from recommender.services import imports, queries, tokens
from tests.analytics.api.world import Scored, disputed, scored
from tests.api.test_routes import operations
from tests.conftest import ROOT, Cast
from tests.services.shop import photo, tone
from tests.web.conftest import Shop

__all__ = ["scored"]
TEXT = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
FILES = {
    "photo.jpg": photo("red"),
    "hum.wav": tone(440),
    "catalogue.csv": b"sku,name,colour\nx-1,First,red\n",
}


def examples() -> list[str]:
    """Every ``curl`` command of the document, one a line."""
    blocks = re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [re.sub(r"\s+", " ", line) for line in lines if line.startswith("curl ")]


def test_the_document_names_exactly_the_operations_there_are() -> None:
    named = set(re.findall(r"`([A-Z]+) /api/v1(/[^`]*)`", TEXT))
    assert {f"{method} {path}" for method, path in named} == operations()


def send(command: str, known: dict[str, str]) -> Any:
    """Do with the test client what ``command`` would do."""
    words = iter(shlex.split(re.sub(r"\$(\w+)", lambda found: known[found[1]], command))[1:])
    method, headers, form, data, address = "", {}, {}, [], ""
    for word in words:
        if word == "-X":
            method = next(words).lower()
        elif word == "-H":
            name, value = next(words).split(": ", 1)
            headers[name] = value
        elif word == "-F":
            name, value = next(words).split("=", 1)
            file = value.removeprefix("@")
            form[name] = SimpleUploadedFile(file, FILES[file]) if file != value else value
        elif word in {"-d", "--data-urlencode"}:
            data.append(next(words))
        elif word == "-G":
            method = "get"
        elif word == "-o":
            next(words)
        else:
            address = word
    content_type = headers.pop("Content-Type", "")
    client = Client(headers=headers)
    if form:
        return client.post(address, form)
    if method == "get":
        return client.get(f"{address}?{urlencode([one.partition('=')[::2] for one in data])}")
    if data:
        return getattr(client, method or "post")(address, json.loads(data[0]), content_type=content_type)
    return getattr(client, method or "get")(address)


@pytest.mark.parametrize("command", examples())
def test_an_example_works(
    command: str, shop: Shop, cast: Cast, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    event = Interaction.objects.create(user=cast.superuser, item=shop.items[1], kind="like")
    upload = SimpleUploadedFile("catalogue.csv", FILES["catalogue.csv"])
    known = {
        "SITE": "/api/v1",
        "TOKEN": tokens.issue(cast.superuser, "my program"),
        "ITEM": "bag-1",
        "EVENT": str(event.pk),
        "IMPORT": str(imports.receive_upload(upload, owner=cast.superuser).pk),
        "JOB": str(shop.job.pk),
        "PICTURE": queries.receive_media("image", SimpleUploadedFile("photo.jpg", FILES["photo.jpg"])),
    }
    if "/analytics/" in command:
        world: Scored = request.getfixturevalue("scored")
        known |= {
            "REVIEW": str(world.review.pk),
            "CORRECTION": str(world.correction.pk),
            "MODEL": str(world.candidate.pk),
            "ALERT": str(world.alert.pk),
            "DISPUTED": str(disputed(world, cast)),
            "EXPORT": str(exports.start_export(cast.superuser, "xlsx", Filters.latest()).pk),
        }
    response = send(command, known)
    assert response.status_code in {200, 201, 202, 204}, response.content
