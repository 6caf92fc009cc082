"""The demo world: made once, imported as any catalogue is, then watched until the encoder knows it."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils import timezone

from recommender.errors import RecommenderError
from recommender.models import Embedding, EncoderSpace, ImportBatch, Item, Job, Media, Profile
from recommender.services import imports
from recommender.services.demo_logins import ensure_logins

#: stage, done, total (0: unknown), rate a second (0: unknown)
Report = Callable[[str, int, int, float], None]

_POLL_SECONDS = 0.5
_STALLED_SECONDS = 180.0
_SETTLING_SECONDS = 10.0


def load_demo(report: Report) -> None:
    """Make the logins, bring the demo world in unless it is here, and wait until it is encoded.

    Each step is safe to repeat: one that was interrupted is done again, and imports change nothing twice.

    Raises:
        RecommenderError: an import failed, or encoding makes no progress.
    """
    ensure_logins(settings.DEMO_PASSWORD)
    folder = settings.VAR_DIR / "demo"
    loaded = folder / "loaded"
    if not (loaded.exists() and Item.objects.filter(external_id__startswith="demo-").exists()):
        for file in _world_files(folder / "world", report):
            _bring_in(file, report)
        _name_people(folder / "world")
        loaded.touch()
    _wait_until_encoded(report)


def _world_files(folder: Path, report: Report) -> Iterator[Path]:
    """The world's files in order of import, each as soon as it is drawn."""
    from recommender.engine.demo import build_world, write_world

    began = time.monotonic()

    def tell(done: int, total: int) -> None:
        seconds = time.monotonic() - began
        # The first pictures wait for the processes that draw them and say nothing of the rate.
        report("Drawing the demo world", done, total, done / seconds if seconds > _SETTLING_SECONDS else 0.0)

    return write_world(build_world(), folder, now=timezone.now(), progress=tell)


def _name_people(folder: Path) -> None:
    """Give the people of the history the names and languages that the world knows them by."""
    from recommender.engine.demo.files import PEOPLE

    with (folder / PEOPLE).open(encoding="utf-8", newline="") as file:
        rows = {row["user"]: row for row in csv.DictReader(file)}
    profiles = list(Profile.objects.filter(user__username__in=rows).select_related("user"))
    for profile in profiles:
        profile.display_name = rows[profile.user.username]["name"]
    Profile.objects.bulk_update(profiles, ["display_name"], batch_size=200)


def _bring_in(file: Path, report: Report) -> None:
    """Import everything that ``file`` holds, here and now."""
    for batch in imports.from_path(file):
        imports.start(batch, queue=False)
        done = imports.run_import(batch.pk, lambda job, batch=batch: _report_import(batch, job, report))
        if done is None or done.state != ImportBatch.State.DONE:
            message = done.error if done else f"{file.name} was taken by another worker."
            raise RecommenderError(
                f"The demo's {file.name} could not be imported: {message}", "Start it again."
            )


def _report_import(batch: ImportBatch, job: Job, report: Report) -> None:
    report(f"Importing {batch.get_kind_display()}", job.done, job.total, job.rate)


# -- encoding ----------------------------------------------------------------------------------------------


def encoding_left() -> int:
    """How many media wait to be prepared, and how many vectors of items the active space still lacks."""
    waiting = Media.objects.filter(state__in=[Media.State.PENDING, Media.State.WORKING]).count()
    space = EncoderSpace.objects.active()
    if space is None:
        return waiting + Item.objects.available().count()
    ended = Embedding.objects.filter(space=space).exclude(state=Embedding.State.CLAIMED)
    of_item = ended.filter(item=OuterRef("pk"), media__isnull=True)
    of_media = ended.filter(media=OuterRef("pk"))
    items = Item.objects.available().filter(~Exists(of_item)).count()
    media = Media.objects.ready().filter(~Exists(of_media), item__isnull=False).count()
    return waiting + items + media


def _wait_until_encoded(report: Report) -> None:
    total = left = encoding_left()
    began = moved = time.monotonic()
    while left:
        time.sleep(_POLL_SECONDS)
        before, left = left, encoding_left()
        total = max(total, left)
        now = time.monotonic()
        moved = now if left != before else moved
        if now - moved > _STALLED_SECONDS:
            raise RecommenderError(
                f"Encoding stands still with {left} to go.",
                "See what the encode worker says, then start again.",
            )
        report(
            "Encoding (the site can be used meanwhile)", total - left, total, (total - left) / (now - began)
        )
