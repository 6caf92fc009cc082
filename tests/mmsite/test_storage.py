"""Names of static files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command


@pytest.fixture
def source(settings: Any, tmp_path: Path) -> Path:
    """The only folder whose files are collected."""
    settings.STATIC_ROOT = tmp_path / "collected"
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATICFILES_DIRS = [tmp_path / "source"]
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": "mmsite.storage.StaticFilesStorage"}}
    (tmp_path / "source").mkdir()
    return tmp_path / "source"


def test_a_script_module_imports_by_the_name_that_holds_the_hash(settings: Any, source: Path) -> None:
    (source / "js").mkdir()
    (source / "package").mkdir()
    (source / "js" / "page.js").write_text('import { toast } from "./toast.js";\ntoast();\n')
    (source / "js" / "toast.js").write_text("export function toast() {}\n")
    (source / "package" / "odd.js").write_text('import x from "nowhere";\n')
    call_command("collectstatic", verbosity=0, interactive=False)
    (page,) = (settings.STATIC_ROOT / "js").glob("page.*.js")
    assert re.search(r'from "\./toast\.[0-9a-f]{12}\.js"', page.read_text())


def test_what_no_page_asks_for_is_not_compressed(settings: Any, source: Path) -> None:
    (source / "page.js").write_text("let one = 1;\n" * 100)
    (source / "page.js.map").write_text('{"sources": []}' * 100)
    call_command("collectstatic", verbosity=0, interactive=False)
    kept = sorted(
        re.sub(r"\.[0-9a-f]{12}", ".HASH", path.name) for path in settings.STATIC_ROOT.glob("page.*")
    )
    assert kept == ["page.HASH.js", "page.HASH.js.br", "page.HASH.js.gz", "page.js.HASH.map"]
