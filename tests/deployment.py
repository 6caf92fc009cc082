"""Run by ``make check``: migrations are complete, and Django's deployment checks have nothing to say."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PRODUCTION = {
    "PRODUCTION": "1",
    "DEBUG": "0",
    "ALLOWED_HOSTS": "shop.example",
    "CSRF_TRUSTED_ORIGINS": "https://shop.example",
}
COMMANDS = (
    ("makemigrations", "--check", "--dry-run"),
    ("check", "--deploy", "--fail-level", "WARNING"),
)


def main() -> int:
    """Exit code: 0 when every command is content."""
    with tempfile.TemporaryDirectory(prefix="mmsite-check-") as var:
        env = {**os.environ, **PRODUCTION, "MMSITE_VAR": var}
        codes = [
            subprocess.call([sys.executable, "manage.py", *line], cwd=ROOT, env=env) for line in COMMANDS
        ]
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
