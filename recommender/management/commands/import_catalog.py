"""``manage.py import_catalog FILE``: a catalogue, a history or reviews from this machine's disk."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from recommender.contracts import RawRecord
from recommender.engine.formats import open_source
from recommender.errors import RecommenderError
from recommender.models import ImportBatch, Job
from recommender.services import imports

_SHOWN = 10  # refused rows printed


class Command(BaseCommand):
    help = "Import a catalogue, interactions or reviews from a file or a folder."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", help="CSV, TSV, JSONL, COCO JSON, MovieLens file, ZIP, or a folder of these"
        )
        kinds = ["auto", *ImportBatch.Kind.values]
        parser.add_argument("--kind", choices=kinds, default="auto", help="what the rows are (auto: guessed)")
        parser.add_argument("--media-root", help="folder that the names of pictures and sounds start from")
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="COLUMN=FIELD",
            help="read COLUMN as FIELD (attr:NAME for an attribute; empty to leave it out); may be repeated",
        )
        parser.add_argument(
            "--retire-missing", action="store_true", help="retire items the file does not name"
        )
        parser.add_argument("--dry-run", action="store_true", help="read and report, write nothing")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            corrections = dict(_correction(text) for text in options["map"])
            if options["dry_run"]:
                taken = self._try_out(options, corrections)
            else:
                taken = self._import(options, corrections)
        except RecommenderError as error:
            raise CommandError(str(error)) from error
        if not taken:
            raise CommandError("Nothing could be imported.")

    # -- for real -------------------------------------------------------------------------------------------

    def _import(self, options: dict[str, Any], corrections: dict[str, str]) -> int:
        batches = imports.from_path(options["file"], media_root=options["media_root"], kind=options["kind"])
        taken = 0
        for batch in batches:
            mapping = self._corrected(batch.mapping, corrections, _columns(batch))
            imports.start(
                batch, mapping=mapping, options={"retire_missing": options["retire_missing"]}, queue=False
            )
            finished = imports.run_import(batch.pk, self._show)
            assert finished is not None
            self._clear_line()
            self._report(finished)
            taken += finished.created + finished.updated + finished.unchanged
        return taken

    def _corrected(
        self, guess: dict[str, str], corrections: dict[str, str], columns: tuple[str, ...]
    ) -> dict[str, str]:
        """The guess, corrected where it concerns these columns; a field given anew leaves its old column."""
        here = {column: field for column, field in corrections.items() if column in columns}
        kept = {column: field for column, field in guess.items() if field not in here.values()}
        return {column: field for column, field in (kept | here).items() if field}

    def _report(self, batch: ImportBatch) -> None:
        counts = f"{batch.created} new, {batch.updated} changed, {batch.unchanged} unchanged"
        counts += f", {batch.retired} retired" if batch.retired else ""
        counts += f", {batch.rejected} refused, {batch.media_added} media"
        self.stdout.write(f"{batch.filename} ({batch.kind}s): {counts}.")
        if batch.error:
            self.stderr.write(f"{batch.error} {batch.remedy}".strip())
        for issue in batch.issues.all()[:_SHOWN]:
            where = f"{issue.source} row {issue.row}" + (
                f", {issue.column} {issue.value!r}" if issue.column else ""
            )
            self.stderr.write(f"  {where}: {issue.reason}. {issue.remedy}")
        more = batch.issues.count() - _SHOWN
        if more > 0:
            self.stderr.write(f"  and {more} more; the page of the import has them all.")

    def _show(self, job: Job) -> None:
        if not sys.stderr.isatty():
            return
        left = f", {job.eta_seconds:.0f} s left" if job.eta_seconds is not None else ""
        line = f"{job.stage} {job.done}/{job.total} ({job.percent} %), {job.rate:.0f} a second{left}"
        self.stderr.write(f"\r{line:<78}", ending="")
        self.stderr.flush()

    def _clear_line(self) -> None:
        if sys.stderr.isatty():
            self.stderr.write("\r" + " " * 78 + "\r", ending="")

    # -- dry run --------------------------------------------------------------------------------------------

    def _try_out(self, options: dict[str, Any], corrections: dict[str, str]) -> int:
        """Rows that would be taken, as far as the file alone can tell."""
        taken = 0
        with open_source(options["file"], allow_local_paths=True, media_root=options["media_root"]) as source:
            for kind in source.kinds if options["kind"] == "auto" else (options["kind"],):
                mapping = self._corrected(source.guess_mapping(kind), corrections, source.columns_of(kind))
                found: Counter[bool] = Counter()
                for one in source.records(mapping, kind):
                    found[isinstance(one, RawRecord)] += 1
                    if not isinstance(one, RawRecord) and found[False] <= _SHOWN:
                        where = f"{one.source} row {one.row}, {one.column} {one.value!r}"
                        self.stderr.write(f"  {where}: {one.reason}. {one.remedy}")
                self.stdout.write(f"{kind}s: {found[True]} rows can be taken, {found[False]} problems.")
                for column, field in mapping.items():
                    self.stdout.write(f"  {column} -> {field}")
                taken += found[True]
        return taken


def _correction(text: str) -> tuple[str, str]:
    column, separator, field = text.rpartition("=")
    if not separator or not column:
        raise CommandError(f"--map {text}: write COLUMN=FIELD, such as --map name=title.")
    return column, field.strip()


def _columns(batch: ImportBatch) -> tuple[str, ...]:
    return imports.preview(batch, rows=0).columns
