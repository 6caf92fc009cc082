"""How telling of alerts went, before each way had a state of its own."""

from __future__ import annotations

import pytest
from django.utils import timezone

from analytics.models import Alert
from analytics.services.alerts_delivery import deliveries
from tests.migrating import migrate, put_right_after

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("put_right_after")]
__all__ = ["put_right_after"]
BEFORE = ("analytics", "0013_language_heard")


def test_what_was_sent_and_given_up_before_stays_so() -> None:
    now = timezone.now()
    alerts = migrate(BEFORE).get_model("analytics", "Alert").objects
    days = {"starts_at": now, "ends_at": now}
    at = now.isoformat(timespec="seconds")
    sent = {"delivered": {"email": at}, "attempts": 5, "error": "The webhook answered 500."}
    alerts.create(key="half", **sent, **days)
    alerts.create(key="new", **days)
    migrate()
    new, half = (Alert.objects.get(key=key) for key in ("new", "half"))
    assert deliveries(new) == []
    by_mail, by_hook = deliveries(half)
    assert (by_mail.state, by_mail.at) == ("sent", now.replace(microsecond=0))
    assert (by_hook.state, by_hook.error) == ("given up", "The webhook answered 500.")
