"""Train the sentiment models that ship with the site, or variants of them."""

from __future__ import annotations

from argparse import ArgumentParser
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from recommender.errors import RecommenderError

#: In this order: fusion reads what the others say.
STAGES = ("text", "aspects", "speech", "image", "fusion")


class Command(BaseCommand):
    help = (
        "Train the sentiment models, stage by stage, into OUTPUT/<stage>. OUTPUT is then a folder for the "
        "scorer; without it the shipped weights are replaced. Needs the data sets and scikit-learn."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("stages", nargs="*", help=f"of {', '.join(STAGES)}; all where none is given")
        parser.add_argument("--data", type=Path, default=settings.SHARED_DATA, help="folder of the data sets")
        parser.add_argument("--output", type=Path, help="folder to write to")
        parser.add_argument("--seed", type=int, default=0)

    def handle(self, *args: Any, **options: Any) -> None:
        from analytics.engine import sentiment

        unknown = [stage for stage in options["stages"] if stage not in STAGES]
        if unknown:
            raise CommandError(f"There is no stage {unknown[0]!r}. Name some of {', '.join(STAGES)}.")
        output = options["output"] or Path(sentiment.__file__).parent / "weights"
        for stage in options["stages"] or STAGES:
            module = import_module(f"analytics.engine.sentiment.learning.{stage}")
            train = getattr(module, f"train_{stage}")
            try:
                figures = train(options["data"], output / stage, seed=options["seed"], say=self.stdout.write)
            except RecommenderError as error:
                raise CommandError(str(error)) from error
            for name, value in figures.items():
                self.stdout.write(f"{stage}: {name} {value:.4f}")
