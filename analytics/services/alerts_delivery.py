"""Telling people and programs of new alerts: the page has them anyway, mail and webhook as the settings say.

Each way is told once; one that fails is tried again, a few times, without the other hearing twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from smtplib import SMTPException
from typing import Any

import requests
from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext, override

from analytics.models import Alert
from analytics.services.alerts import filters_of
from analytics.services.links import absolute
from analytics.services.names import name_of
from recommender.errors import RecommenderError
from recommender.said import say

log = logging.getLogger(__name__)

ATTEMPTS = 5
_WEBHOOK_SECONDS = 5
#: Alerts that are older when they are found are history: the page shows them, nobody is woken for them.
_NEWS_DAYS = 60
#: Characters that are kept of what a mail server says.
_ERROR_LENGTH = 300


class NotDelivered(RecommenderError):
    """A mail server or webhook did not take an alert; it may do so later."""

    permanent = False


def ways() -> dict[str, Callable[[Alert], None]]:
    """How the settings want alerts to be told, beside the page."""
    found: dict[str, Callable[[Alert], None]] = {}
    if settings.ALERT_EMAILS:
        found["email"] = _mail
    if settings.ALERT_WEBHOOK_URL:
        found["webhook"] = _post
    return found


def notify() -> int:
    """Tell of every alert that nobody was told of; how many were delivered by every way."""
    since = timezone.now() - timedelta(days=_NEWS_DAYS)
    waiting = Alert.objects.filter(
        Q(notified_at=None), state=Alert.State.OPEN, attempts__lt=ATTEMPTS, ends_at__gte=since
    )
    return sum(_claimed(alert) and _tell(alert) for alert in waiting.select_related("item", "category"))


def _claimed(alert: Alert) -> bool:
    """Whether this worker is the one to tell it now."""
    mine = Alert.objects.filter(pk=alert.pk, attempts=alert.attempts, notified_at=None)
    return bool(mine.update(attempts=F("attempts") + 1))


def _tell(alert: Alert) -> bool:
    """Whether everybody who is to be told has been; the row says who was, and what went wrong."""
    troubles = []
    for name, deliver in ways().items():
        if name in alert.delivered:
            continue
        try:
            with override(settings.LANGUAGE_CODE):
                deliver(alert)
        except NotDelivered as error:
            log.warning("Alert %s: %s", alert.pk, error)
            troubles.append(str(error))
        else:
            alert.delivered[name] = timezone.now().isoformat(timespec="seconds")
    alert.error = "\n".join(troubles)
    alert.notified_at = None if troubles else timezone.now()
    alert.save(update_fields=["delivered", "error", "notified_at"])
    return not troubles


# -- words --------------------------------------------------------------------------------------------------


def title(alert: Alert) -> str:
    """The alert in one line."""
    subject = alert.item.local_title if alert.item else alert.category.local_name if alert.category else ""
    if alert.aspect:
        return _("Complaints about %(aspect)s: %(subject)s") % {
            "aspect": name_of("aspect", alert.aspect).lower(),
            "subject": subject,
        }
    return _("More complaints than usual: %(subject)s") % {"subject": subject}


def _body(alert: Alert) -> str:
    period = filters_of(alert)
    reviews = ngettext("%(count)d review", "%(count)d reviews", alert.reviews) % {"count": alert.reviews}
    lines = [
        title(alert),
        "",
        _("From %(start)s to %(end)s: %(reviews)s, %(share).0f %% of them negative; %(usual).0f %% is usual.")
        % {
            "start": date_format(period.start),
            "end": date_format(period.end),
            "reviews": reviews,
            "share": 100 * alert.negative_share,
            "usual": 100 * alert.usual_share,
        },
        _("By chance alone this would happen with probability %(p).2g.") % {"p": alert.p_value},
    ]
    link = address(alert)
    return "\n".join([*lines, "", link] if link else lines)


def address(alert: Alert) -> str:
    """Where the reviews behind it are; "" while the settings do not say where the site is."""
    return absolute("sentiment_reviews", filters_of(alert).as_query())


# -- ways ---------------------------------------------------------------------------------------------------


def _mail(alert: Alert) -> None:
    send_letter(title(alert), _body(alert))


def send_letter(subject: str, body: str) -> None:
    """Mail those whom the settings name.

    Raises:
        NotDelivered: the mail server did not take it.
    """
    # A line break in a subject would begin another header.
    letter = EmailMessage(subject=" ".join(subject.split()), body=body, to=list(settings.ALERT_EMAILS))
    try:
        letter.send()
    except (SMTPException, OSError) as error:
        told = str(error)[:_ERROR_LENGTH]
        raise NotDelivered(
            say(gettext_noop("The mail server did not take it: {error}."), error=told)
        ) from error


def message(alert: Alert) -> dict[str, Any]:
    """What a webhook is sent: plain JSON, times in ISO 8601."""
    item, category = alert.item, alert.category
    return {
        "id": alert.pk,
        "title": title(alert),
        "item": {"id": item.pk, "external_id": item.external_id, "title": item.title} if item else None,
        "category": {"id": category.pk, "path": category.path} if category else None,
        "aspect": alert.aspect or None,
        "starts_at": alert.starts_at.isoformat(),
        "ends_at": alert.ends_at.isoformat(),
        "reviews": alert.reviews,
        "negative_share": alert.negative_share,
        "usual_share": alert.usual_share,
        "p_value": alert.p_value,
        "evidence": alert.evidence,
        "url": address(alert) or None,
    }


def _post(alert: Alert) -> None:
    post_message(message(alert))


def post_message(content: dict[str, Any]) -> None:
    """A redirect counts as a refusal: alerts go where the settings say, nowhere else.

    Raises:
        NotDelivered: the webhook did not take it.
    """
    try:
        answer = requests.post(
            settings.ALERT_WEBHOOK_URL, json=content, timeout=_WEBHOOK_SECONDS, allow_redirects=False
        )
    except requests.RequestException as error:
        name = type(error).__name__
        raise NotDelivered(
            say(gettext_noop("The webhook could not be reached: {error}."), error=name)
        ) from error
    if not 200 <= answer.status_code < 300:
        raise NotDelivered(say(gettext_noop("The webhook answered {status}."), status=answer.status_code))
