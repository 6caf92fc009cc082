"""Measure the recommender on a split of interactions: recall and nDCG of the model as it serves."""

from __future__ import annotations

import json
import tempfile
import time
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from recommender.errors import RecommenderError
from recommender.services.train import CONTENT_NEIGHBOURS, CROWD_NEIGHBOURS, REGULARISATION


def named_file(text: str) -> tuple[str, Path]:
    """``NAME=FILE`` as its two halves."""
    name, sign, file = text.partition("=")
    if not (sign and file and name.isidentifier()) or name == "crowd":
        raise ArgumentTypeError(f"{text!r} is not NAME=FILE.npy, with a name such as image or text")
    return name, Path(file)


class Command(BaseCommand):
    help = (
        "Recall and nDCG of the item graph: fitted on TRAIN.npz, full ranking against TEST.npz (arrays user, "
        "item, shape), training items left out. The model is measured as it serves, in sparse rows on disk."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("train", type=Path, help=".npz of the interactions to learn from")
        parser.add_argument("test", type=Path, help=".npz of the interactions to foretell, same shape")
        parser.add_argument(
            "--features", type=named_file, nargs="+", action="extend", default=[], metavar="NAME=FILE.npy",
            help="features of the items, one row an item; mixed in by similarity",
        )  # fmt: skip
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = measure(options["train"], options["test"], dict(options["features"]))
        except RecommenderError as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(found))
            return
        self.stdout.write("        at 10   at 20")
        for name in ("recall", "ndcg"):
            self.stdout.write(f"{name:<6}  {found[f'{name}@10']:.4f}  {found[f'{name}@20']:.4f}")
        self.stdout.write(f"fitted in {found['fit_seconds']:.1f} s")


def measure(train_file: Path, test_file: Path, feature_files: dict[str, Path]) -> dict[str, float]:
    """The figures by name, rounded."""
    from recommender.engine.evaluation import (
        evaluate,
        fit_graph,
        graph_scores,
        read_features,
        read_interactions,
    )

    train, test = read_interactions(train_file), read_interactions(test_file)
    if train.shape != test.shape:
        raise RecommenderError(
            f"{test_file} has the shape {test.shape}, {train_file} the shape {train.shape}.",
            "Both must number the same people and items.",
        )
    features = {name: read_features(path, train.shape[1]) for name, path in feature_files.items()}
    mixture = dict.fromkeys(["crowd", *features], 1.0)
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        graph = fit_graph(
            Path(folder), train, features,
            regularisation=REGULARISATION, crowd_top=CROWD_NEIGHBOURS, content_top=CONTENT_NEIGHBOURS,
        )  # fmt: skip
        seconds = time.perf_counter() - began
        figures = evaluate(graph_scores(graph, train, mixture), train, test)
    return {**{name: round(value, 5) for name, value in figures.items()}, "fit_seconds": round(seconds, 2)}
