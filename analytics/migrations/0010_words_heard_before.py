"""Fills the column of 0009 from the transcripts that scores keep, and has those days' words counted anew.

Portion by portion, each in a transaction of its own, so that nobody waits for long; rows without a transcript
are read and left alone. It may be broken off and run again.
"""

from django.db import migrations, transaction
from django.db.models import F, Max
from django.utils import timezone

SEARCHED, WRITTEN = 10_000, 200


def fill(apps, schema_editor):
    scores = apps.get_model("analytics", "SentimentScore").objects.using(schema_editor.connection.alias)
    last = scores.aggregate(last=Max("pk"))["last"] or 0
    for start in range(1, last + 1, SEARCHED):
        told = scores.filter(pk__range=(start, start + SEARCHED - 1), heard="", details__has_key="heard")
        found = list(told.values_list("pk", flat=True))
        for first in range(0, len(found), WRITTEN):
            with transaction.atomic(using=schema_editor.connection.alias):
                _fill_portion(apps, schema_editor, found[first : first + WRITTEN])


def _fill_portion(apps, schema_editor, keys):
    alias = schema_editor.connection.alias
    scores = apps.get_model("analytics", "SentimentScore").objects.using(alias)
    # Locked and looked at again: a worker may have scored some of them since they were found.
    rows = scores.select_for_update().filter(pk__in=keys, heard="").order_by("pk")
    rows = rows.values_list("pk", "details", "reviewed_at")
    filled = [(words(details), pk, when) for pk, details, when in rows]
    filled = [one for one in filled if one[0]]
    table = schema_editor.quote_name(scores.model._meta.db_table)
    with schema_editor.connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {table} SET heard = %s WHERE id = %s", [(text, pk) for text, pk, _ in filled]
        )
    _touch(apps, alias, {when for _, _, when in filled})


def words(details):
    """What was heard and counts, a line for each recording."""
    return "\n".join(one["text"] for one in details.get("heard", []) if not one["left_out"])


def _touch(apps, alias, moments):
    """Sums of a day are made anew where it was touched; see ``services/report/rollups.py``."""
    zone = timezone.get_default_timezone()
    days = {timezone.localdate(moment, zone) for moment in moments}
    rollups = apps.get_model("analytics", "RollupDay").objects.using(alias)
    rollups.bulk_create([rollups.model(day=day) for day in sorted(days)], ignore_conflicts=True)
    rollups.filter(day__in=days).update(touched=F("touched") + 1)


class Migration(migrations.Migration):

    atomic = False
    dependencies = [("analytics", "0009_words_heard")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
