"""The Chinese of the pages is complete."""

from __future__ import annotations

import io
import re

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

from tests.conftest import ROOT

KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "ngettext_noop": (1, 2),
}


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    path = ROOT / "mmsite" / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
    return read_po(io.BytesIO(path.read_bytes()), locale="zh_Hans")


def texts_in_source() -> set[str]:
    """Every text that the site's code and templates ask a translation for."""
    found: set[str] = set()
    for folder in ("recommender", "analytics", "mmsite"):
        for path in (ROOT / folder).rglob("*.py"):
            found |= texts_of(path.read_text(encoding="utf-8"))
    for path in (ROOT / "templates").rglob("*.html"):
        found |= texts_of(templatize(path.read_text(encoding="utf-8"), origin=str(path)))
    return found


def texts_of(code: str) -> set[str]:
    messages = extract("python", io.BytesIO(code.encode()), KEYWORDS, (), {"encoding": "utf-8"})
    return {text[0] if isinstance(text, tuple) else text for _line, text, _comments, _context in messages}


def test_the_source_is_read_at_all() -> None:
    assert {"Search", "Because you liked {seed}", "Mixed for you"} <= texts_in_source()


def test_sentences_that_are_kept_with_their_number_are_read() -> None:
    assert texts_of('say(ngettext_noop("{n} file waits", "{n} files wait"), n=1)') == {"{n} file waits"}


def test_every_text_of_the_source_is_in_the_catalogue(catalogue: Catalog) -> None:
    known = {one.id[0] if isinstance(one.id, tuple) else one.id for one in catalogue}
    assert {text for text in texts_in_source() if text} - known == set()


def test_no_text_is_left_untranslated_or_doubtful(catalogue: Catalog) -> None:
    open_ones = []
    for one in catalogue:
        told = one.string if isinstance(one.string, tuple) else (one.string,)
        if one.id and (one.fuzzy or not all(told)):
            open_ones.append(one.id)
    assert open_ones == []


def test_translations_keep_their_placeholders(catalogue: Catalog) -> None:
    holes = re.compile(r"%\([a-z]+\)[sd]|\{[a-z]+\}|</?strong[^>]*>")
    broken = []
    for one in catalogue:
        if not one.id:
            continue
        sources = one.id if isinstance(one.id, tuple) else (one.id,)
        told = holes.findall(one.string[0] if isinstance(one.string, tuple) else one.string)
        # The form for one may name the number in words.
        if sorted(holes.findall(sources[-1])) != sorted(told) or set(holes.findall(sources[0])) - set(told):
            broken.append(sources)
    assert broken == []
