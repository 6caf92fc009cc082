"""``manage.py copy_media [FOLDER]``: an existing site's media into the bucket of MEDIA_STORAGE."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from recommender.errors import RecommenderError
from recommender.services.moving import copy_media


class Command(BaseCommand):
    help = "Copy media from a folder into MEDIA_STORAGE; what is there in the same size is passed over."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", nargs="?", help="where they are now (default: MEDIA_ROOT)")

    def handle(self, *_args: Any, **options: Any) -> None:
        folder = Path(options["folder"] or settings.MEDIA_ROOT)
        if not folder.is_dir():
            raise CommandError(f"There is no folder {folder}. Name the one that media are in now.")
        files = size = 0
        try:
            for more_files, more_bytes in copy_media(folder):
                files, size = files + more_files, size + more_bytes
                self.stderr.write(f"Files copied: {files} ({size / 1e6:.1f} MB)", ending="\r")
        except RecommenderError as error:
            raise CommandError(f"{error} Files copied before: {files}. Start again to go on.") from error
        self.stdout.write(f"Files copied: {files} ({size / 1e6:.1f} MB). Everything else was there.")
