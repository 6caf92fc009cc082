"""Train the embedded encoder, or a variant of it, from pictures with captions."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from recommender.errors import RecommenderError


class Command(BaseCommand):
    help = (
        "Train the embedded encoder: pictures and words first, then sound, then the calibration. "
        "Afterwards the folder is an encoder: ENCODER=local-dir:OUTPUT, or copy it over the shipped one."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        from recommender.engine.learning.stages import STAGES

        parser.add_argument("output", type=Path, help="folder of the encoder; made where it is absent")
        parser.add_argument("--data", type=Path, default=settings.SHARED_DATA, help="folder of the data sets")
        parser.add_argument(
            "--cache", type=Path, default=settings.VAR_DIR / "training", help="kept between runs"
        )
        parser.add_argument("--stages", nargs="+", choices=STAGES, default=list(STAGES))
        parser.add_argument("--resume", action="store_true", help="start from the weights in OUTPUT")
        parser.add_argument(
            "--demo-seeds", type=int, nargs="*", default=[101, 102], help="demo worlds to learn"
        )
        parser.add_argument("--demo-items", type=int, default=1200, help="items a demo world")
        parser.add_argument("--head-epochs", type=int)
        parser.add_argument("--tail-epochs", type=int)
        parser.add_argument("--audio-epochs", type=int)
        parser.add_argument("--batch-size", type=int)
        parser.add_argument("--seed", type=int)
        parser.add_argument("--threads", type=int, default=0, help="threads for torch; 0 leaves its choice")

    def handle(self, *args: Any, **options: Any) -> None:
        import torch

        from recommender.engine.learning.training import Plan, train

        if options["threads"]:
            torch.set_num_threads(options["threads"])
        names = ("head_epochs", "tail_epochs", "batch_size", "seed")
        given = {name: options[name] for name in names if options[name] is not None}
        sound = {"epochs": options["audio_epochs"], "seed": options["seed"]}
        plan = Plan(
            data=options["data"],
            cache=options["cache"],
            output=options["output"],
            demo_seeds=tuple(options["demo_seeds"]),
            demo_items=options["demo_items"],
            stages=tuple(options["stages"]),
            resume=options["resume"],
        )
        plan = replace(
            plan,
            recipe=replace(plan.recipe, **given),
            audio=replace(plan.audio, **{name: value for name, value in sound.items() if value is not None}),
        )
        try:
            train(plan, self.stdout.write)
        except RecommenderError as error:
            raise CommandError(str(error)) from error
