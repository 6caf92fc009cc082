"""Reports kept under a name, and the timetable by which they are mailed."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from analytics.models import SavedView
from analytics.services.asked import Asked
from recommender.errors import RecommenderError

#: The hour, in the site's time zone, from which the mail of a day goes out.
HOUR = 6
RECIPIENTS_MOST = 50
_NAME_MOST = 80
Schedule = SavedView.Schedule


def views_of(user: Any) -> QuerySet[SavedView]:
    """Somebody's own views by name."""
    return SavedView.objects.filter(owner=user)


def save_view(
    owner: Any, name: str, query: str, *, page: str = SavedView.Page.OVERVIEW, language: str = ""
) -> SavedView:
    """Keep a page of the report with its ``query`` under ``name``; what the page does not know is dropped.

    Raises:
        RecommenderError: the name is empty, too long, or taken by another view of theirs.
    """
    asked = Asked.from_query(QueryDict(query), page)
    view = SavedView(
        owner=owner,
        name=_proper(name),
        page=asked.page,
        query=asked.as_query(),
        language=_known_language(language),
    )
    return _saved_once(view)


def rename_view(view: SavedView, name: str) -> None:
    """Raises RecommenderError as ``save_view`` does."""
    view.name = _proper(name)
    _saved_once(view, "name")


def schedule_view(view: SavedView, *, schedule: str, kind: str, recipients: str, language: str) -> None:
    """Whom it is mailed to, how often and as what; an error of before is forgotten.

    Args:
        recipients: addresses, one a line or separated by commas.

    Raises:
        RecommenderError: an address is none, nobody is named for a mail, or a choice is unknown.
    """
    if schedule not in Schedule.values or kind not in SavedView.Format.values:
        raise RecommenderError(_("There is no such choice."), _("Choose one of the list."))
    addresses = read_addresses(recipients)
    if schedule != Schedule.NEVER and not addresses:
        raise RecommenderError(_("Nobody is named."), _("Write at least one address."))
    view.schedule, view.format, view.recipients = schedule, kind, "\n".join(addresses)
    view.language, view.error = _known_language(language), ""
    view.next_at = next_time(schedule, timezone.now())
    view.save(update_fields=["schedule", "format", "recipients", "language", "error", "next_at"])


def asked_of(view: SavedView) -> Asked:
    """What the view shows, as of today."""
    return Asked.from_query(QueryDict(view.query), view.page)


def read_addresses(text: str) -> list[str]:
    """Addresses in the order given, each once.

    Raises:
        RecommenderError: one is no address, or there are more than ``RECIPIENTS_MOST``.
    """
    found = list(dict.fromkeys(part for part in re.split(r"[\s,;]+", text) if part))
    for address in found:
        try:
            validate_email(address)
        except ValidationError:
            raise RecommenderError(
                _("%(address)s is not an address.") % {"address": address[:80]},
                _("Write addresses such as name@example.org, one a line."),
            ) from None
    if len(found) > RECIPIENTS_MOST:
        raise RecommenderError(
            _("These are more than %(most)d addresses.") % {"most": RECIPIENTS_MOST},
            _("Write the address of a mailing list instead."),
        )
    return found


def next_time(schedule: str, after: datetime) -> datetime | None:
    """The next day of ``schedule`` at ``HOUR``, later than ``after``; None where it is never mailed.

    Daily is every day, weekly every Monday, monthly the first of a month, in the site's time zone.
    """
    if schedule == Schedule.NEVER:
        return None
    day = timezone.localtime(after).date()
    while not (_is_due(schedule, day) and _at(day) > after):
        day += timedelta(days=1)
    return _at(day)


def _is_due(schedule: str, day: date) -> bool:
    if schedule == Schedule.WEEKLY:
        return day.weekday() == 0
    return schedule == Schedule.DAILY or day.day == 1


def _at(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(HOUR)))


def _proper(name: str) -> str:
    name = " ".join(name.replace("\x00", " ").split())  # which PostgreSQL refuses
    if not name:
        raise RecommenderError(_("The view has no name."), _("Write one."))
    if len(name) > _NAME_MOST:
        raise RecommenderError(
            _("The name is longer than %(most)d characters.") % {"most": _NAME_MOST}, _("Shorten it.")
        )
    return name


def _known_language(code: str) -> str:
    return code if code in dict(settings.LANGUAGES) else ""


def _saved_once(view: SavedView, *fields: str) -> SavedView:
    try:
        with transaction.atomic():
            view.save(update_fields=fields or None)
    except IntegrityError:
        raise RecommenderError(
            _("There is a view called %(name)s already.") % {"name": view.name}, _("Choose another name.")
        ) from None
    return view
