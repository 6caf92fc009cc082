"""Telling people and programs of new alerts: the page has them anyway, mail and webhook as the settings say.

Each way is told once, or twice where a worker is killed between telling and noting it; one that fails is
tried again, ever later, for a day, without the other hearing twice. The alert keeps how each stands.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from smtplib import SMTPException
from typing import Any

import requests
from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext, override

from analytics.models import Alert
from analytics.services.alerts import EVIDENCE, filters_of, query_of
from analytics.services.links import absolute
from analytics.services.names import name_of
from recommender.errors import RecommenderError
from recommender.models.telling import translated_json
from recommender.said import Said, quoted, say
from recommender.services.calls import call_task

log = logging.getLogger(__name__)

MAIL, WEBHOOK = "email", "webhook"
#: After a try that failed, how long until the next; the last of them again and again,
_WAITS = [timedelta(minutes=minutes) for minutes in (2, 10, 30, 60)]
#: for so long since the first.
_TRY_FOR = timedelta(hours=24)
_WEBHOOK_SECONDS = 5
#: Alerts that are older when they are found are history: the page shows them, nobody is woken for them.
_NEWS_DAYS = 60
#: Characters that are kept of what a mail server says.
_ERROR_LENGTH = 300


class NotDelivered(RecommenderError):
    """A mail server or webhook did not take an alert; it may do so later."""

    permanent = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """How it stands with telling by one way.

    Attributes:
        state: "sending", "sent", "failed" or "given up".
        at: when it went out.
        error: why not, in the reader's language.
        next_at: when it is tried again by itself.
    """

    way: str
    state: str
    tries: int
    at: datetime | None
    error: str
    next_at: datetime | None


def ways() -> dict[str, Callable[[Alert], None]]:
    """How the settings want alerts to be told, beside the page."""
    found: dict[str, Callable[[Alert], None]] = {}
    if settings.ALERT_EMAILS:
        found[MAIL] = _mail
    if settings.ALERT_WEBHOOK_URL:
        found[WEBHOOK] = _post
    return found


def notify(now: datetime | None = None) -> int:
    """Tell of every alert what is due; of how many everybody has been told by now."""
    now = now or timezone.now()
    since = now - timedelta(days=_NEWS_DAYS)
    news = Q(ends_at__gte=since)
    for way in (MAIL, WEBHOOK):
        news |= Q(**{f"deliveries__{way}__asked": True})
    waiting = Alert.objects.exclude(state=Alert.State.CLOSED).filter(news, notified_at=None)
    return sum(_tell(alert, now) for alert in waiting.select_related("item", "category"))


def tell(alert_id: int, now: datetime | None = None) -> None:
    """Tell of one alert what is due, unless it was deleted or closed meanwhile."""
    found = Alert.objects.exclude(state=Alert.State.CLOSED).filter(pk=alert_id)
    for alert in found.select_related("item", "category"):
        _tell(alert, now or timezone.now())


def _tell(alert: Alert, now: datetime) -> bool:
    """Whether everybody who is to be told has been, and had not been before."""
    for way, deliver in ways().items():
        if _is_due(alert, way, now):
            _try(alert, way, deliver, now)
    if any(alert.deliveries.get(way, {}).get("state") != "sent" for way in ways()):
        return False
    return bool(Alert.objects.filter(pk=alert.pk, notified_at=None).update(notified_at=now))


def _is_due(alert: Alert, way: str, now: datetime) -> bool:
    state = alert.deliveries.get(way)
    if state is None:
        return alert.state == Alert.State.OPEN
    return _goes_on(alert, way, state) and now >= datetime.fromisoformat(state["next"])


def _goes_on(alert: Alert, way: str, state: dict[str, Any]) -> bool:
    """Whether it is tried again by itself: nobody is woken for what somebody saw, unless it was asked for."""
    wanted = alert.state == Alert.State.OPEN or (alert.state == Alert.State.SEEN and state.get("asked"))
    return bool(wanted and state["state"] in ("sending", "failed") and way in ways())


def _broke_off(alert: Alert, way: str, now: datetime) -> bool:
    """Whether a worker ended while it told, and nobody goes on by himself."""
    state = alert.deliveries.get(way, {})
    if state.get("state") != "sending" or _goes_on(alert, way, state):
        return False
    return now >= datetime.fromisoformat(state["next"])


def _try(alert: Alert, way: str, deliver: Callable[[Alert], None], now: datetime) -> None:
    """Tell by this way, unless somebody else is at it; how it went is on the row."""
    before = alert.deliveries.get(way, {})
    tries, first = before.get("tries", 0) + 1, datetime.fromisoformat(before.get("first", now.isoformat()))
    wait = _WAITS[min(tries, len(_WAITS)) - 1]
    # The last try is when the time is up.
    after = max(now + _WAITS[0], min(now + wait, first + _TRY_FOR))
    state = before | {"state": "sending", "tries": tries, "first": _written(first), "next": _written(after)}
    if not _noted(alert, way, state):
        return
    try:
        with override(settings.LANGUAGE_CODE):
            deliver(alert)
    except Exception as error:  # a message that cannot be made must not hold up those behind it
        log.warning("Alert %s: %s", alert.pk, error, exc_info=not isinstance(error, NotDelivered))
        failed = "given up" if now >= first + _TRY_FOR else "failed"
        _noted(alert, way, state | {"state": failed, "error": _why(error).as_json()})
    else:
        _noted(alert, way, {"state": "sent", "tries": tries, "at": _written(now)})


def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _why(error: Exception) -> Said:
    """What went wrong, for whoever reads of it; how a fault of our own came about is in the log."""
    if isinstance(error, NotDelivered):
        return quoted(error.message)
    text = gettext_noop("The message could not be made ({error}); the log of the worker has the details.")
    return say(text, error=type(error).__name__)


def _noted(alert: Alert, way: str, state: dict[str, Any]) -> bool:
    """Write how it stands, if nobody else wrote about this way since the alert was read."""
    before = alert.deliveries.get(way)
    for _again in range(10):
        changed = alert.deliveries | {way: state}
        if Alert.objects.filter(pk=alert.pk, deliveries=alert.deliveries).update(deliveries=changed):
            alert.deliveries = changed
            return True
        found = Alert.objects.filter(pk=alert.pk).values_list("deliveries", flat=True).first()
        if found is None or found.get(way) != before:
            return False
        alert.deliveries = found  # the other way was written meanwhile
    return False


# -- people -------------------------------------------------------------------------------------------------


def deliveries(alert: Alert) -> list[Delivery]:
    """How it stands by each way that was tried."""
    return [_delivery(alert, way) for way in (MAIL, WEBHOOK) if way in alert.deliveries]


def _delivery(alert: Alert, way: str) -> Delivery:
    state = alert.deliveries[way]
    goes_on = state["state"] == "failed" and _goes_on(alert, way, state)
    if _broke_off(alert, way, timezone.now()):
        said = gettext_noop("The worker that was sending it ended.")
        state = state | {"state": "failed", "error": say(said).as_json()}
    return Delivery(
        way=way,
        state=state["state"],
        tries=state["tries"],
        at=datetime.fromisoformat(state["at"]) if "at" in state else None,
        error="" if state["state"] == "sent" else translated_json(state.get("error", {})),
        next_at=datetime.fromisoformat(state["next"]) if goes_on else None,
    )


def can_try_again(alert: Alert) -> bool:
    """Whether there is anything that did not go out."""
    return alert.state != Alert.State.CLOSED and bool(_lost(alert))


def try_again(alert: Alert, now: datetime | None = None) -> bool:
    """Have a worker tell at once by every way that failed, and try for another day; whether there is one."""
    if not can_try_again(alert):
        return False
    asked = _written(now or timezone.now())
    for way in _lost(alert):
        state = {"state": "failed", "tries": 0, "first": asked, "next": asked, "asked": True}
        _noted(alert, way, alert.deliveries[way] | state)
    call_task("analytics.tasks.tell_alert", alert.pk)
    return True


def _lost(alert: Alert) -> list[str]:
    failed = {
        way
        for way, state in alert.deliveries.items()
        if state["state"] in ("failed", "given up") or _broke_off(alert, way, timezone.now())
    }
    return [way for way in ways() if way in failed]


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
    return "\n".join([*lines, "", _behind(alert), link] if link else lines)


def _behind(alert: Alert) -> str:
    """What the link below shows."""
    count = len(alert.evidence)
    if count >= EVIDENCE:
        return _("The newest %(count)d negative reviews behind it:") % {"count": count}
    told = ngettext(
        "The %(count)d negative review behind it:", "The %(count)d negative reviews behind it:", count
    )
    return told % {"count": count}


def address(alert: Alert) -> str:
    """Where the reviews behind it are, as its card leads there; "" while no setting says where that is."""
    return absolute("sentiment_reviews", query_of(alert))


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
