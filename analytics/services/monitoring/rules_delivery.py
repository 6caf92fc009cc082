"""Tells of alerts when they open and when they end: the page has them anyway, mail and webhook as set.

Each way is told once of either, or twice where the watch is killed between telling and noting it; one that
fails is tried again, ever later, for an hour. That one is back which ended a moment ago is told only a while
after the last message. It is done beside the watch, so that a mail server that does not answer holds nothing
up, and not by a worker: that workers are gone is what an alert may have to tell.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext, override

from analytics.models import Incident, Silence
from analytics.services.alerts_delivery import NotDelivered, post_message, send_letter
from analytics.services.monitoring import rules_words as words
from analytics.services.monitoring.rules_again import believed, may_tell_again
from analytics.services.monitoring.rules_desk import is_silent
from analytics.services.monitoring.watch import duty
from recommender.models.telling import translated_json
from recommender.said import Said, quoted, say

log = logging.getLogger(__name__)

MAIL, WEBHOOK = "mail", "webhook"
#: Of the same ways, that the alert is over.
ENDED = ".ended"
_FIRST_WAIT, _TRY_FOR = 30.0, 3600.0
#: States of a message that will be tried again.
_UNDER_WAY = ("trying", "failed")
#: Seconds after its end in which an alert may still be told of.
_NEWS = 2 * _TRY_FOR


def ways() -> dict[str, Callable[[Incident, bool], None]]:
    """How the settings want alerts to be told, beside the page; given the alert and whether it is over."""
    found: dict[str, Callable[[Incident, bool], None]] = {}
    if settings.ALERT_EMAILS:
        found[MAIL] = _mail
    if settings.ALERT_WEBHOOK_URL:
        found[WEBHOOK] = _post
    return found


def deliver(now: float) -> int:
    """Tell what is due; how many messages went out."""
    moment = datetime.fromtimestamp(now, UTC)
    silences = list(Silence.objects.standing(moment))
    recent = Incident.objects.filter(Q(ended_at=None) | Q(ended_at__gte=moment - timedelta(seconds=_NEWS)))
    sent = 0
    for incident in recent.filter(rule__enabled=True).select_related("rule"):
        if is_silent(incident, silences):
            continue
        for way, tell in ways().items():
            wanted = incident.rule.by_mail if way == MAIL else incident.rule.by_webhook
            for over in (False, True) if wanted else ():
                sent += _is_due(incident, way, over, now) and _told(incident, way, over, tell, now)
    return sent


def _is_due(incident: Incident, way: str, over: bool, now: float) -> bool:
    """Whether to try now. That it is over is told only to those who take it that it stands."""
    opening, ending = incident.deliveries.get(way, {}), incident.deliveries.get(way + ENDED, {})
    state = ending if over else opening
    stands = incident.ended_at is None
    #: at which of its openings the state was written; an older release did not count them
    at = state.get("opened", 1) if state else 0
    if over and (stands or not believed(opening, ending)):
        return False
    under_way = state.get("state") in _UNDER_WAY
    if not over and not stands and not (under_way and at == 1):
        return False  # it came and went in silence, or came back and went again
    if under_way:
        return bool(now >= state["next"])
    if at == incident.opened:
        return False  # told, or given up
    return over or not state or may_tell_again(opening, ending, now)


def _told(
    incident: Incident, way: str, over: bool, tell: Callable[[Incident, bool], None], now: float
) -> bool:
    key = way + ENDED if over else way
    before = incident.deliveries.get(key, {})
    if before.get("state") not in _UNDER_WAY:
        before = {}  # of an earlier opening
    tries, first = int(before.get("tries", 0)) + 1, float(before.get("first", now))
    wait = min(_FIRST_WAIT * 2 ** (tries - 1), max(_FIRST_WAIT, first + _TRY_FOR - now))
    state = {"state": "trying", "tries": tries, "first": first, "next": now + wait, "error": {}}
    state["opened"] = incident.opened
    if not _written(incident, key, state, now):
        return False  # somebody else is at it
    try:
        tell(incident, over)
    except Exception as error:  # a message that cannot be made must not hold up those behind it
        log.warning("Alert %s: %s", incident.pk, error, exc_info=not isinstance(error, NotDelivered))
        failed = "given up" if now >= first + _TRY_FOR else "failed"
        _written(incident, key, state | {"state": failed, "error": _why(error).as_json()}, now)
        return False
    _written(incident, key, state | {"state": "sent", "at": now}, now)
    return True


def _why(error: Exception) -> Said:
    """What went wrong, for whoever reads of it; how a fault of our own came about is in the log."""
    if isinstance(error, NotDelivered):
        return quoted(error.message)
    text = gettext_noop(
        "The message could not be made ({error}); the log of the watch process has the details."
    )
    return say(text, error=type(error).__name__)


def _written(incident: Incident, key: str, state: dict[str, Any], now: float) -> bool:
    """Write how it stands, if nobody else did since it was read."""
    deliveries = incident.deliveries | {key: state}
    told = incident.told_at or (datetime.fromtimestamp(now, UTC) if state["state"] == "sent" else None)
    mine = Incident.objects.filter(pk=incident.pk, deliveries=incident.deliveries)
    if not mine.update(deliveries=deliveries, told_at=told):
        return False
    incident.deliveries, incident.told_at = deliveries, told
    return True


def last_message(incident: Incident, way: str) -> dict[str, Any]:
    """How it went with what was told last; {} where nothing was."""
    opening, ending = incident.deliveries.get(way, {}), incident.deliveries.get(way + ENDED, {})
    if incident.ended_at is None and ending.get("state") != "sent":
        return opening  # it came back before its end was told
    return ending if ending and ending.get("first", 0.0) >= opening.get("first", 0.0) else opening


# -- words --------------------------------------------------------------------------------------------------


def headline(incident: Incident, over: bool = False) -> str:
    """The alert in one line."""
    name = words.title(incident.rule)
    subject = words.subject(incident.rule, incident.subject)
    about = f"{name}: {subject}" if subject else name
    return _("Over: {alert}").format(alert=about) if over else _("Alert: {alert}").format(alert=about)


def _body(incident: Incident, over: bool) -> str:
    reason = translated_json(incident.reason)
    lines = [
        headline(incident, over),
        "",
        _("Last known: {reason}").format(reason=reason) if over else reason,
    ]
    remedy = translated_json(incident.remedy)
    if remedy and not over:
        lines.append(_("What to do: {remedy}").format(remedy=remedy))
    lines.append(_("Since {time}.").format(time=_moment(incident.since)))
    if incident.opened > 1:
        often = ngettext(
            "It has opened {n} time since then.", "It has opened {n} times since then.", incident.opened
        )
        lines.append(often.format(n=incident.opened))
    if over and incident.ended_at:
        lines.append(_("It ended at {time}.").format(time=_moment(incident.ended_at)))
    return "\n".join(lines)


def _moment(when: datetime) -> str:
    return f"{date_format(localtime(when), 'DATETIME_FORMAT')} {localtime(when):%Z}"


def address(incident: Incident) -> str:
    """Where the evidence is; "" while the settings do not say where the site is."""
    site = settings.SITE_URL.rstrip("/")
    return f"{site}{incident.evidence}" if site and incident.evidence else ""


# -- ways ---------------------------------------------------------------------------------------------------


def _mail(incident: Incident, over: bool) -> None:
    """One letter in every language of the site, its own first: who reads it is not known."""
    first = settings.LANGUAGE_CODE
    bodies = []
    for code in sorted(dict(settings.LANGUAGES), key=lambda code: code != first):
        with override(code):
            bodies.append(_body(incident, over))
    with override(first):
        subject = headline(incident, over)
    link = address(incident)
    send_letter(subject, "\n\n———\n\n".join([*bodies, link] if link else bodies))


def message(incident: Incident, over: bool) -> dict[str, Any]:
    """What a webhook is sent: plain JSON, times in ISO 8601, words in the site's language."""
    rule = incident.rule
    with override(settings.LANGUAGE_CODE):
        return {
            "event": "ended" if over else "opened",
            "id": incident.pk,
            "title": headline(incident, over),
            "rule": {"id": rule.pk, "key": rule.key or None, "name": words.title(rule)},
            "subject": incident.subject or None,
            "severity": incident.severity,
            "measure": rule.measure,
            "condition": rule.condition,
            "threshold": rule.threshold,
            "value": incident.value,
            "unit": words.unit_of(rule),
            "reason": translated_json(incident.reason),
            "remedy": translated_json(incident.remedy) or None,
            "since": incident.since.isoformat(),
            "times": incident.opened,
            "ended_at": incident.ended_at.isoformat() if over and incident.ended_at else None,
            "url": address(incident) or None,
        }


def _post(incident: Incident, over: bool) -> None:
    post_message(message(incident, over))


# -- beside the watch ---------------------------------------------------------------------------------------

_sending = threading.Lock()


@duty("alert delivery", 10.0)
def deliver_aside(now: float) -> None:
    """Start to tell what is due, unless the last round is still at it."""
    if _sending.acquire(blocking=False):
        threading.Thread(target=_deliver, args=(now,), name="alert delivery", daemon=True).start()


def _deliver(now: float) -> None:
    try:
        deliver(now)
    except Exception:
        log.exception("Telling of alerts failed")
    finally:
        connection.close()
        _sending.release()
