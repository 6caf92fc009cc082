"""How static files are named and kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Names with a hash of the content, also inside the ``import`` lines of the site's own script modules.

    Scripts of packages are left as they are: some import what only a bundler would find.
    """

    support_js_module_import_aggregation = True

    def url_converter(self, name: str, *args: Any, **options: Any) -> Callable[[re.Match[str]], str]:
        if name.endswith((".js", ".mjs")) and not name.startswith("js/"):
            return lambda match: match.group()
        return super().url_converter(name, *args, **options)

    def create_compressor(self, **options: Any) -> Compressor:
        """Leaves maps to sources, the largest of all files, as they are: no page loads them."""
        skipped = options.get("extensions") or Compressor.SKIP_COMPRESS_EXTENSIONS
        return super().create_compressor(**options | {"extensions": (*skipped, "map")})
