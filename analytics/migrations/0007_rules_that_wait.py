from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('analytics', '0005_tasks'),
    ]

    operations = [
        migrations.AddField(
            model_name='alertrule',
            name='fewest',
            field=models.PositiveIntegerField(default=20, verbose_name='of at least'),
        ),
        migrations.AddField(
            model_name='incident',
            name='opened',
            field=models.PositiveIntegerField(default=1),
        ),
        migrations.AddField(
            model_name='incident',
            name='withdrawn',
            field=models.BooleanField(default=False),
        ),
    ]
