"""Names of static files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from django.core.management import call_command


def test_a_script_module_imports_by_the_name_that_holds_the_hash(settings: Any, tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "js").mkdir(parents=True)
    (source / "package").mkdir()
    (source / "js" / "page.js").write_text('import { toast } from "./toast.js";\ntoast();\n')
    (source / "js" / "toast.js").write_text("export function toast() {}\n")
    (source / "package" / "odd.js").write_text('import x from "nowhere";\n')
    settings.STATIC_ROOT = tmp_path / "collected"
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATICFILES_DIRS = [source]
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": "mmsite.storage.StaticFilesStorage"}}
    call_command("collectstatic", verbosity=0, interactive=False)
    (page,) = (settings.STATIC_ROOT / "js").glob("page.*.js")
    assert re.search(r'from "\./toast\.[0-9a-f]{12}\.js"', page.read_text())
