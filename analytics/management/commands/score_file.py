"""``manage.py score_file IN.csv OUT.csv``: what each row of a table feels."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from recommender.errors import RecommenderError


class Command(BaseCommand):
    help = (
        "Score a CSV with the columns text, image and audio (any may be empty; paths are relative to the "
        "file). OUT.csv has all its columns and label, polarity, confidence, abstained, reason, aspects, "
        "disagreement, the polarity of each channel, the transcript where a recogniser listens, and problems."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", type=Path, metavar="IN.csv")
        parser.add_argument("target", type=Path, metavar="OUT.csv")

    def handle(self, *_args: Any, **options: Any) -> None:
        from analytics.services.scoring.files import score_file

        try:
            count = score_file(options["source"], options["target"], say=self.stderr.write)
        except RecommenderError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{count} rows scored: {options['target']}")
