"""``manage.py score_file IN.csv OUT.csv``: what each row of a table feels."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from recommender.errors import RecommenderError

_MOST = 61  # as Python allows on every system


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
        parser.add_argument(
            "--processes",
            type=_count,
            metavar="N",
            help="score the texts of a large file in so many processes at once (one a core, at most 16)",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        from analytics.services.scoring.files import score_file

        try:
            count = score_file(
                options["source"],
                options["target"],
                processes=options["processes"],
                say=self.stderr.write,
            )
        except RecommenderError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{count} rows scored: {options['target']}")


def _count(told: str) -> int:
    if not told.isdecimal() or not 1 <= int(told) <= _MOST:
        raise ArgumentTypeError(f"{told!r} is no number of processes: give 1 to {_MOST}.")
    return int(told)
