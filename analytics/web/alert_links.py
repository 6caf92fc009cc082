"""What an alert is called, and where the reviews behind it are."""

from __future__ import annotations

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
    """The reviews behind an alert."""
    return address("sentiment_reviews", watch.filters_of(alert), alert=alert.pk)
