"""A column for the words heard in a review's recordings.

Both databases add a column with a constant default at once, however many rows there are. Django's own
operation would copy the whole table on SQLite, which is why it only tells the state.
"""

from django.db import migrations, models

TABLE = "analytics_sentimentscore"


class Migration(migrations.Migration):

    dependencies = [("analytics", "0008_aspect_medium")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    f"ALTER TABLE {TABLE} ADD COLUMN heard text NOT NULL DEFAULT ''",
                    f"ALTER TABLE {TABLE} DROP COLUMN heard",
                )
            ],
            state_operations=[
                migrations.AddField(
                    model_name="sentimentscore",
                    name="heard",
                    field=models.TextField(blank=True, db_default="", default="", verbose_name="words heard"),
                )
            ],
        )
    ]
