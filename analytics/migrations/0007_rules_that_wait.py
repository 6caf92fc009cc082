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
        migrations.CreateModel(
            name='TelemetryMinutes',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('metric', models.CharField(max_length=100)),
                ('start', models.PositiveBigIntegerField()),
                ('payload', models.BinaryField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('metric', 'start'), name='telemetry_minutes_once')],
            },
        ),
    ]
