from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('recommender', '0004_review_polarity'),
    ]

    operations = [
        migrations.AddField(
            model_name='item',
            name='published_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='published'),
        ),
    ]
