"""Reviews that are only spoken get the language that was heard, and have those days counted anew.

Portion by portion, each in a transaction of its own, so that nobody waits for long. It may be broken off and run
again. Undone, the language is unknown again where nothing is written.
"""

from django.db import migrations, transaction
from django.db.models import F, Max
from django.utils import timezone

SEARCHED, WRITTEN = 10_000, 200


def fill(apps, schema_editor):
    _in_portions(apps, schema_editor, {"language": ""}, heard_in)


def empty(apps, schema_editor):
    _in_portions(apps, schema_editor, {}, lambda details: "")


def heard_in(details):
    """The language of the recordings that count, where it is one."""
    found = {one.get("language", "") for one in details.get("heard", []) if not one["left_out"]}
    return found.pop()[:10] if len(found) == 1 else ""


def _in_portions(apps, schema_editor, wanted, language_of):
    scores = apps.get_model("analytics", "SentimentScore").objects.using(schema_editor.connection.alias)
    last = scores.aggregate(last=Max("pk"))["last"] or 0
    # What a catalogue says of a review's language is not the score's to change.
    spoken = scores.filter(review__text="", review__language="", **wanted).exclude(heard="")
    for start in range(1, last + 1, SEARCHED):
        found = list(spoken.filter(pk__range=(start, start + SEARCHED - 1)).values_list("pk", flat=True))
        for first in range(0, len(found), WRITTEN):
            with transaction.atomic(using=schema_editor.connection.alias):
                _write(apps, scores, found[first : first + WRITTEN], wanted, language_of)


def _write(apps, scores, keys, wanted, language_of):
    # Locked and looked at again: a worker may have scored some of them since they were found.
    rows = scores.select_for_update().filter(pk__in=keys, **wanted).order_by("pk")
    moments = set()
    for pk, details, before, when in rows.values_list("pk", "details", "language", "reviewed_at"):
        language = language_of(details)
        if language != before:
            scores.filter(pk=pk).update(language=language)
            moments.add(when)
    _touch(apps, scores.db, moments)


def _touch(apps, alias, moments):
    """Sums of a day are made anew where it was touched; see ``services/report/rollups.py``."""
    zone = timezone.get_default_timezone()
    days = {timezone.localdate(moment, zone) for moment in moments}
    rollups = apps.get_model("analytics", "RollupDay").objects.using(alias)
    rollups.bulk_create([rollups.model(day=day) for day in sorted(days)], ignore_conflicts=True)
    rollups.filter(day__in=days).update(touched=F("touched") + 1)


class Migration(migrations.Migration):

    atomic = False
    dependencies = [("analytics", "0012_longer_views"), ("recommender", "0001_initial")]

    operations = [migrations.RunPython(fill, empty, elidable=True)]
