"""Icons that templates and code name are in the sprite."""

from __future__ import annotations

import re

from django.conf import settings
from django.contrib.staticfiles.finders import find
from django.test import Client

from tests.conftest import ROOT

NAMED = re.compile(r"\{% icon \"([a-z0-9-]+)\"|icon\(\"([a-z0-9-]+)\"|empty_icon=\"([a-z0-9-]+)\"")


def test_every_icon_named_in_a_template_or_in_code_is_in_the_sprite() -> None:
    from recommender.web.explain import CHANNELS
    from recommender.web.history import ICONS

    lines = (ROOT / "static" / "icons.txt").read_text(encoding="utf-8").splitlines()
    sprite = {line for line in lines if line and not line.startswith("#")}
    files = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "recommender").rglob("*.py")]
    texts = [path.read_text(encoding="utf-8") for path in files]
    used = {next(filter(None, names)) for text in texts for names in NAMED.findall(text)}
    used |= {icon for icon, _label in CHANNELS.values()} | set(ICONS.values())
    assert used > {"heart", "search"}
    assert used - sprite == set()


def test_the_address_that_browsers_ask_by_themselves_leads_to_the_icon(client: Client) -> None:
    answer = client.get("/favicon.ico")
    assert answer.status_code == 302
    assert find(answer.headers["Location"].removeprefix(settings.STATIC_URL)) is not None
