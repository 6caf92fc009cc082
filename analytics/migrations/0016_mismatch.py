from django.db import migrations, models
from django.db.models import Case, F, FloatField, Value, When
from django.db.models.functions import Coalesce, Greatest

READ = Coalesce(F("text_polarity"), F("model_polarity"), output_field=FloatField())
STAR_GAP = Case(
    When(rating=1, then=READ * Value(1.0)),
    When(rating=2, then=READ * Value(0.5**0.5)),
    When(rating=4, then=READ * Value(-(0.5**0.5))),
    When(rating=5, then=READ * Value(-1.0)),
    default=Value(0.0),
    output_field=FloatField(),
)


class Migration(migrations.Migration):

    dependencies = [("analytics", "0015_pages_of_views")]

    operations = [
        # The database works it out for what is scored already, so nothing need be scored anew.
        migrations.AddField(
            model_name="sentimentscore",
            name="mismatch",
            field=models.GeneratedField(
                verbose_name="mismatch",
                expression=Greatest(F("disagreement"), STAR_GAP),
                output_field=FloatField(),
                db_persist=True,
            ),
        ),
        migrations.AddIndex(
            model_name="sentimentscore",
            index=models.Index(
                fields=["state", "-mismatch", "-id", "reviewed_at", "item", "category"],
                name="sentiment_mismatch",
            ),
        ),
    ]
