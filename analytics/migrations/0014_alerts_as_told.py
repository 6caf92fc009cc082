"""Alerts say what their figures leave out, and how each way of telling of them went."""

from django.db import migrations, models

#: how often a way was tried before it was given up
ATTEMPTS = 5
WAYS = {"email": "The mail server", "webhook": "The webhook"}


def keep(apps, schema_editor):
    alerts = apps.get_model("analytics", "Alert").objects.using(schema_editor.connection.alias)
    for alert in alerts.filter(attempts__gt=0).iterator():
        sent = {way: {"state": "sent", "tries": 1, "at": at} for way, at in alert.delivered.items()}
        alerts.filter(pk=alert.pk).update(deliveries=_failed(alert) | sent)


def _failed(alert):
    """By way, what its error says; one that was given up stays so until somebody asks for another try."""
    at = alert.updated_at.isoformat(timespec="seconds")
    state = {"state": "given up" if alert.attempts >= ATTEMPTS else "failed", "tries": alert.attempts}
    errors = alert.error.splitlines()
    return {
        way: state | {"first": at, "next": at, "error": {"text": line, "values": {}}}
        for way, words in WAYS.items()
        for line in errors
        if line.startswith(words)
    }


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
        migrations.AddField(
            model_name='alert',
            name='deliveries',
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.RunPython(keep, migrations.RunPython.noop, elidable=True),
        migrations.RemoveField(model_name='alert', name='attempts'),
        migrations.RemoveField(model_name='alert', name='delivered'),
        migrations.RemoveField(model_name='alert', name='error'),
    ]
