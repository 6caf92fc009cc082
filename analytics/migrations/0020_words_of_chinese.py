"""Chinese is cut into words where it had been counted by pairs of characters: all days are summed anew."""

from django.db import migrations
from django.db.models import F


def touch(apps, schema_editor):
    """Sums of a day are made anew where it was touched; see ``services/report/rollups.py``."""
    apps.get_model("analytics", "RollupDay").objects.update(touched=F("touched") + 1)


class Migration(migrations.Migration):

    dependencies = [
        ("analytics", "0019_segments_in_parts"),
    ]

    operations = [migrations.RunPython(touch, touch, elidable=True)]
