"""Lets rows that went in without a picture or sound before 0007 no longer stand among the refused.

A file that is named but cannot be had has never cost a row more than itself. So where that is all that was told
of a row, it went in; whoever refused it told so in the same row. Before 0007 a price that could not be read did
refuse its row, and stays. What was told of files that are there but damaged cannot be told apart, and stays.

Import by import, each in a transaction of its own. Undone, exactly these stand among the refused again: notes of
today also remember how they were said.
"""

from django.db import migrations, transaction
from django.db.models import Exists, OuterRef, Q

#: Of an import with so many, the fault that refused a row may not have been kept.
KEPT_MOST = 50_000
LOST = (
    Q(reason__startswith="there is no file ", remedy="Add the file, or correct its name; upper and lower case count.")
    | Q(
        reason__startswith="only the table was uploaded, not the file ",
        remedy="Upload a ZIP that holds the table and the files, or give http(s) addresses.",
    )
    | Q(reason__endswith=" is no http(s) address", remedy="Correct it.")
)


def let_in(apps, schema_editor):
    issues = _issues(apps, schema_editor)
    wanted = issues.filter(LOST, said__isnull=True, taken=False)
    for batch in list(wanted.order_by("batch").values_list("batch", flat=True).distinct()):
        with transaction.atomic(using=issues.db):
            if issues.filter(batch=batch).count() < KEPT_MOST:
                others = issues.filter(batch=batch, source=OuterRef("source"), row=OuterRef("row")).exclude(LOST)
                alone = wanted.filter(~Exists(others), batch=batch).values_list("pk", flat=True)
                _write(issues, list(alone), True)


def put_back(apps, schema_editor):
    issues = _issues(apps, schema_editor)
    wanted = issues.filter(LOST, said__isnull=True, taken=True)
    for batch in list(wanted.order_by("batch").values_list("batch", flat=True).distinct()):
        with transaction.atomic(using=issues.db):
            _write(issues, list(wanted.filter(batch=batch).values_list("pk", flat=True)), False)


def _issues(apps, schema_editor):
    return apps.get_model("recommender", "ImportIssue").objects.using(schema_editor.connection.alias)


def _write(issues, keys, taken):
    for start in range(0, len(keys), 500):
        issues.filter(pk__in=keys[start : start + 500]).update(taken=taken)


class Migration(migrations.Migration):

    atomic = False
    dependencies = [("recommender", "0009_said_of_versions")]

    operations = [migrations.RunPython(let_in, put_back, elidable=True)]
