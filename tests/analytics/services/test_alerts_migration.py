"""How telling of alerts went, before each way had a state of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from analytics.models import Alert
from analytics.services.alerts_delivery import deliveries

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE = ("analytics", "0013_language_heard")


def migrate(*target: tuple[str, str]) -> Any:
    executor = MigrationExecutor(connection)
    return executor.migrate(list(target) or executor.loader.graph.leaf_nodes("analytics")).apps


@pytest.fixture(autouse=True)
def _put_right() -> Iterator[None]:
    yield
    migrate()


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
