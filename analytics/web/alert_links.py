"""What an alert is called, and where the reviews behind it are."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from analytics.models import Alert
from analytics.services import alerts as watch
from analytics.services.names import name_of
from analytics.web.frame import address


def alert_title(alert: Alert) -> str:
    """What an alert is about, in a few words."""
    about = alert.item.local_title if alert.item else ""
    if not about:
        about = alert.category.local_name if alert.category else _("The whole site")
    return f"{about}: {name_of('aspect', alert.aspect)}" if alert.aspect else str(about)


def address_of_alert(alert: Alert) -> str:
    """The reviews behind an alert, whatever it has become by the time that they are looked at."""
    return f"{reverse('sentiment_reviews')}?{watch.query_of(alert)}"


def address_of_counted(alert: Alert, label: str = "") -> str:
    """Exactly the reviews that an alert's figures count; with ``label`` those of them that have it."""
    filters = watch.counted_by(alert).replace(label=label)
    if not alert.without:
        return address("sentiment_reviews", filters)
    return address("sentiment_reviews", filters, alert=alert.pk, counted=1)
