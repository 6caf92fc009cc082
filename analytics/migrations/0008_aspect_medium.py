from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('analytics', '0007_rules_that_wait'),
    ]

    operations = [
        migrations.AddField(
            model_name='aspectscore',
            name='medium',
            field=models.PositiveBigIntegerField(blank=True, null=True),
        ),
    ]
