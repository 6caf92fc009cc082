from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('analytics', '0013_language_heard'),
    ]

    operations = [
        migrations.AddField(
            model_name='alert',
            name='without',
            field=models.JSONField(blank=True, default=list),
        ),
    ]
