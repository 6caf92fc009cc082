from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('analytics', '0014_alerts_as_told'),
    ]

    operations = [
        migrations.AddField(
            model_name='savedview',
            name='page',
            field=models.CharField(choices=[('overview', 'Overview'), ('reviews', 'Reviews'), ('comparison', 'Comparison'), ('terms', 'Emerging words and aspects')], default='overview', max_length=10, verbose_name='page'),
        ),
        migrations.AlterField(
            model_name='savedview',
            name='query',
            field=models.CharField(blank=True, max_length=6000),
        ),
    ]
