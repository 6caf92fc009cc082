"""Measure an encoder on captioned pictures: recall from text to picture and back."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from recommender.errors import RecommenderError


class Command(BaseCommand):
    help = "Recall of an encoder over a folder of pictures and a CSV of captions (columns image, caption)."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("image_dir", type=Path, help="folder of the pictures")
        parser.add_argument("captions", type=Path, help="CSV file with the columns image and caption")
        parser.add_argument("--encoder", default=settings.ENCODER, help="default: the setting ENCODER")
        parser.add_argument("--device", default=settings.ENCODER_DEVICE, help="auto, cpu or cuda")
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")

    def handle(self, *args: Any, **options: Any) -> None:
        from recommender.engine.encoders import load_encoder
        from recommender.engine.learning.assessment import table_retrieval

        try:
            encoder = load_encoder(options["encoder"], options["device"])
            found = table_retrieval(encoder, options["image_dir"], options["captions"])
        except RecommenderError as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(found.as_dict()))
            return
        for way, figures in (("text to image", found.text_to_image), ("image to text", found.image_to_text)):
            numbers = "  ".join(f"{name} {value:.3f}" for name, value in figures.items())
            self.stdout.write(f"{way}: {numbers}")
        self.stdout.write(f"{found.images} images; recall@10 of a random order {found.chance_at_10:.3f}")
