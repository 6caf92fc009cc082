"""``manage.py import_catalog FILE``: a catalogue, a history or reviews from this machine's disk."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from collections import Counter
from difflib import get_close_matches
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import get_supported_language_variant, ngettext, override, to_language
from django.utils.translation import gettext as _

from recommender.contracts import RawRecord, RowProblem
from recommender.engine.formats import kinds_named, open_source
from recommender.errors import FormatError, RecommenderError
from recommender.models import ImportBatch, ImportIssue, Job
from recommender.models.telling import translated, translated_error
from recommender.said import gettext_noop, say
from recommender.services import imports

_SHOWN = 10  # refused rows printed
_NAMED = 20  # columns named to somebody who named another
_COLUMN = gettext_noop("There is no column {column}.")
_COLUMNS = gettext_noop("The columns are {columns}.")
_NEAREST = gettext_noop("Most like it are {columns}.")


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
        """In the language of the terminal, where the site has it."""
        with override(_language()):
            self._handle(options)

    def _handle(self, options: dict[str, Any]) -> None:
        try:
            corrections = dict(_correction(text) for text in options["map"])
            if options["dry_run"]:
                taken = self._try_out(options, corrections)
            else:
                taken = self._import(options, corrections)
        except RecommenderError as error:
            raise CommandError(translated_error(error)) from error
        if not taken:
            raise CommandError(_("Nothing could be imported."))

    # -- for real -------------------------------------------------------------------------------------------

    def _import(self, options: dict[str, Any], corrections: dict[str, str]) -> int:
        batches = imports.from_path(options["file"], media_root=options["media_root"], kind=options["kind"])
        try:
            return self._import_all(batches, options, corrections)
        except RecommenderError:
            # Not left behind as if they waited for somebody on the page of imports.
            left = ImportBatch.objects.filter(state=ImportBatch.State.UPLOADED)
            left.filter(pk__in=[batch.pk for batch in batches]).delete()
            raise

    def _import_all(
        self, batches: list[ImportBatch], options: dict[str, Any], corrections: dict[str, str]
    ) -> int:
        _check_named(corrections, [column for batch in batches for column in _columns(batch)])
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
        counts = _(
            "{file} ({kinds}): {created} new, {updated} changed, {unchanged} unchanged, {rejected} refused, "
            "{media} media."
        ).format(
            file=batch.filename,
            kinds=batch.get_kind_display(),
            created=batch.created,
            updated=batch.updated,
            unchanged=batch.unchanged,
            rejected=batch.rejected,
            media=batch.media_added,
        )
        self.stdout.write(counts)
        if batch.retired:
            told = ngettext("{n} item was retired.", "{n} items were retired.", batch.retired)
            self.stdout.write(told.format(n=batch.retired))
        if batch.error:
            self.stderr.write(f"{batch.told_error} {batch.told_remedy}".strip())
        for issue in batch.issues.all()[:_SHOWN]:
            told = _line(issue, issue.told_reason, issue.told_remedy)
            self.stderr.write(
                _("{told} (The row is in, without this.)").format(told=told) if issue.taken else told
            )
        more = batch.issues.count() - _SHOWN
        if more > 0:
            told = ngettext(
                "and {n} more; the page of the import has it.",
                "and {n} more; the page of the import has them all.",
                more,
            )
            self.stderr.write("  " + told.format(n=more))

    def _show(self, job: Job) -> None:
        if not sys.stderr.isatty():
            return
        line = _("{stage} {done}/{total} ({percent} %), {rate} a second").format(
            stage=job.stage_name,
            done=job.done,
            total=job.total,
            percent=job.percent,
            rate=f"{job.rate:.0f}",
        )
        if job.eta_seconds is not None:
            line = _("{progress}, {n} s left").format(progress=line, n=f"{job.eta_seconds:.0f}")
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
            kinds = source.kinds if options["kind"] == "auto" else (options["kind"],)
            _check_named(corrections, [column for kind in kinds for column in source.columns_of(kind)])
            for kind in kinds:
                mapping = self._corrected(source.guess_mapping(kind), corrections, source.columns_of(kind))
                found: Counter[bool] = Counter()
                for one in source.records(mapping, kind):
                    found[isinstance(one, RawRecord)] += 1
                    if not isinstance(one, RawRecord) and found[False] <= _SHOWN:
                        self.stderr.write(_line(one, translated(one.reason), translated(one.remedy)))
                self.stdout.write(_verdict(kind, found[True], found[False]))
                for column, field in mapping.items():
                    self.stdout.write(f"  {column} -> {field}")
                taken += found[True]
        return taken


def _language() -> str:
    """As the environment of the terminal names it; English where the site does not have that."""
    named = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    try:
        return get_supported_language_variant(to_language(named.split(".")[0].split("@")[0]))
    except LookupError:
        return "en"


def _line(one: ImportIssue | RowProblem, reason: str, remedy: str) -> str:
    place = _("{file} row {row}").format(file=one.source, row=one.row)
    cell = f", {one.column} {one.value!r}" if one.column else ""
    ended = reason.endswith(("?", "？"))  # what asks has its own sign at the end
    told = (_("{place}: {reason} {remedy}") if ended else _("{place}: {reason}. {remedy}")).format(
        place=place + cell, reason=reason, remedy=remedy
    )
    return f"  {told}".rstrip()


def _verdict(kind: str, taken: int, problems: int) -> str:
    rows = ngettext("{n} row can be taken", "{n} rows can be taken", taken).format(n=taken)
    faults = ngettext("{n} problem", "{n} problems", problems).format(n=problems)
    kinds = translated(kinds_named(kind))
    return _("{kinds}: {rows}, {faults}.").format(kinds=kinds, rows=rows, faults=faults)


def _correction(text: str) -> tuple[str, str]:
    column, separator, field = text.rpartition("=")
    if not separator or not column:
        told = _("--map {text}: write COLUMN=FIELD, such as --map name=title.")
        raise CommandError(told.format(text=text))
    return column, field.strip()


def _check_named(corrections: dict[str, str], columns: list[str]) -> None:
    """FormatError where a column is corrected that the file does not have: a slip of the pen."""
    if unknown := next((column for column in corrections if column not in columns), None):
        known = list(dict.fromkeys(columns))
        told, named = _COLUMNS, known
        if len(known) > _NAMED:
            told, named = _NEAREST, get_close_matches(unknown, known, _NAMED, cutoff=0.0)
        raise FormatError(say(_COLUMN, column=repr(unknown)), say(told, columns=", ".join(named)))


def _columns(batch: ImportBatch) -> tuple[str, ...]:
    return imports.preview(batch, rows=0).columns
