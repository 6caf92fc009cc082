"""Saved views, mailed by their timetable: the headline figures in the letter, the report attached."""

from __future__ import annotations

import logging
import tempfile
from datetime import timedelta
from pathlib import Path
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from analytics.engine.reporting.excerpts import passage
from analytics.models import SavedView
from analytics.services import audit, documents, exports, report
from analytics.services.asked import USUAL_ORDER, Asked, Page
from analytics.services.links import absolute
from analytics.services.names import ORDER_NAMES, name_of
from analytics.services.views import asked_of, next_time, read_addresses
from recommender.errors import RecommenderError
from recommender.said import gettext_noop, quoted, say, together
from recommender.services.calls import call_task

log = logging.getLogger(__name__)

VIEW_ANALYTICS = "recommender.view_analytics"
#: Reviews that a mailed workbook or CSV lists at most, a few megabytes; the site has larger ones.
REVIEWS_MOST = 20_000
#: Reviews that the letter of a list shows, and characters of each.
_LISTED_MOST, _EXCERPT = 10, 200
_AGAIN = timedelta(hours=1)
#: How long after a view was asked to be mailed at once it may be asked again.
_AT_ONCE_SECONDS = 60
#: Characters that are kept of what a mail server says.
_ERROR_LENGTH = 1000


def send_due() -> int:
    """Mail every view whose time has come; how many went out. What fails is told on its row."""
    sent = 0
    for view in SavedView.objects.due().select_related("owner").order_by("next_at", "pk"):
        if _claim(view):
            sent += send_view(view)
    return sent


def _claim(view: SavedView) -> bool:
    """Whether this worker is the one to mail it; the next time is set first, so that none goes out twice."""
    after = next_time(view.schedule, timezone.now())
    mine = SavedView.objects.filter(pk=view.pk, next_at=view.next_at).update(next_at=after)
    view.next_at = after
    return bool(mine)


def send_view(view: SavedView) -> bool:
    """Mail a view now; whether it went out. Why not is on the row, and a mail server is asked again later."""
    try:
        addresses = _allowed(view)
        with translation.override(view.language or settings.LANGUAGE_CODE):
            _letter(view, addresses).send()
    except RecommenderError as error:
        _note_failure(view, together(error.message, error.remedy))
        return False
    except (OSError, SMTPException) as error:
        _note_failure(view, _told(error), again=True)
        return False
    view.sent_at, view.error = timezone.now(), ""
    view.save(update_fields=["sent_at", "error"])
    audit.note(view.owner, "view mailed", view.name, recipients=addresses, format=view.format)
    return True


def ask_to_send(view: SavedView) -> None:
    """Have a worker mail a view at once, whatever its timetable says.

    Raises:
        RecommenderError: nobody is named, the owner may not read reports, or it was asked for a moment ago.
    """
    _allowed(view)
    if not _first_in_a_minute(view):
        raise RecommenderError(
            _("It was asked for less than a minute ago."), _("Wait a minute before you mail it again.")
        )
    call_task("analytics.tasks.send_view", view.pk)


def _first_in_a_minute(view: SavedView) -> bool:
    """Without Redis nothing could be queued either; that is told rather than promised."""
    try:
        return bool(cache.add(f"mail-at-once:{view.pk}", 1, _AT_ONCE_SECONDS))
    except RedisError as error:
        raise RecommenderError(
            _("It cannot be mailed now, because Redis does not answer."),
            _("Try again in a minute."),
            permanent=False,
        ) from error


def send_by_id(view_id: int) -> bool:
    """Mail a view, unless it was deleted meanwhile; whether it went out."""
    view = SavedView.objects.select_related("owner").filter(pk=view_id).first()
    return view is not None and send_view(view)


def _allowed(view: SavedView) -> list[str]:
    if not (view.owner.is_active and view.owner.has_perm(VIEW_ANALYTICS)):
        raise RecommenderError(
            say(gettext_noop("{name} may no longer read reports."), name=view.owner.get_username()),
            gettext_noop("Let somebody who may save the view."),
        )
    addresses = read_addresses(view.recipients)
    if not addresses:
        raise RecommenderError(gettext_noop("Nobody is named."), gettext_noop("Write at least one address."))
    return addresses


def _letter(view: SavedView, addresses: list[str]) -> EmailMultiAlternatives:
    """The letter, in the language that is active. Recipients do not see each other."""
    asked = asked_of(view).moved_to(timezone.localdate() - timedelta(days=1))
    words = _words_of_tables(asked) if asked.has_tables else _words(view, asked)
    # Of the days that the letter is about, also when it is read later.
    words |= {"view": view, "link": absolute(asked.route, asked.pinned().as_query())}
    template = "analytics/mail_tables" if asked.has_tables else "analytics/mail"
    letter = EmailMultiAlternatives(
        subject=f"{view.name}: {words['headline']}",
        body=render_to_string(f"{template}.txt", words).strip() + "\n",
        **_addressed(addresses),
    )
    letter.attach_alternative(render_to_string(f"{template}.html", words), "text/html")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / exports.file_name(view.format, asked)
        exports.write_now(view.format, asked, path, reviews=not words["shortened"])
        letter.attach(path.name, path.read_bytes(), exports.CONTENT_TYPES[view.format].partition(";")[0])
    return letter


def _addressed(addresses: list[str]) -> dict[str, Any]:
    """To one, or to several who stay unnamed: a letter to nobody is taken for spam (RFC 5322, 3.6.3)."""
    if len(addresses) == 1:
        return {"to": addresses}
    return {"bcc": addresses, "headers": {"To": "undisclosed-recipients:;"}}


def _words_of_tables(asked: Asked) -> dict[str, Any]:
    """What the templates of a letter say that brings a page of tables."""
    page = documents.gather_tables(asked)
    return {"page": page, "headline": page.lead, "shortened": False}


def _is_shortened(view: SavedView, now: report.Overview) -> bool:
    """Whether the workbook goes without its list of reviews, because the mail would be too large.

    Raises:
        RecommenderError: a CSV would be too large, and a list of reviews is all it is.
    """
    if now.reviews <= REVIEWS_MOST or view.format == SavedView.Format.PDF:
        return False
    if view.format == SavedView.Format.CSV:
        raise RecommenderError(
            say(gettext_noop("A list of {count} reviews is too long for a mail."), count=now.reviews),
            gettext_noop("Narrow the view down, or have it mailed as PDF or XLSX."),
        )
    return True


def _words(view: SavedView, asked: Asked) -> dict[str, Any]:
    """What the templates of the letter say."""
    filters = asked.filters
    now = report.overview(filters)
    impact = report.impact(filters)
    facts = documents.asked(filters)
    return {
        "shortened": _is_shortened(view, now),
        "period": documents.period(filters),
        "facts": [(name, value) for name, value in facts[2:] if value != _("all")],
        "now": now,
        "headline": headline(now),
        "worst": _aspect(min(impact, key=lambda one: one.impact, default=None), -1),
        "best": _aspect(max(impact, key=lambda one: one.impact, default=None), 1),
        "model": documents.models_told(),
        "listed": _listed(asked) if asked.page == Page.REVIEWS else None,
    }


def _listed(asked: Asked) -> dict[str, Any]:
    """The first reviews of a list in its order, each in a line of what is written and what was heard."""
    order, words = asked.order or USUAL_ORDER, asked.filters.words
    rows = [
        (one, *(passage(" ".join(text.split()), words, _EXCERPT) for text in (one.review.text, one.heard)))
        for one in report.reviews_page(asked.filters, size=_LISTED_MOST, order=order)
    ]
    return {"order": ORDER_NAMES[order], "rows": rows}


def _aspect(found: report.Impact | None, sign: int) -> tuple[str, float] | None:
    """Name and impact of an aspect that moves the score in the direction of ``sign``."""
    if found is None or found.impact * sign <= 0:
        return None
    return name_of("aspect", found.aspect, found.label), found.impact


def headline(now: report.Overview) -> str:
    """The report in a line: ``net sentiment +0.31 (+0.04), 1,204 reviews``."""
    if now.net is None:
        return _("no reviews with a clear opinion")
    counted = translation.ngettext("%(n)s review", "%(n)s reviews", now.reviews) % {"n": f"{now.reviews:,}"}
    net = f"{now.net:+.2f}" if now.change is None else f"{now.net:+.2f} ({now.change:+.2f})"
    return _("net sentiment %(net)s, %(reviews)s") % {"net": net, "reviews": counted}


def _note_failure(view: SavedView, why: str, *, again: bool = False) -> None:
    log.warning("The view %s (%d) was not mailed: %s", view.name, view.pk, why)
    view.tell(error=quoted(why, _ERROR_LENGTH))
    if again and view.schedule != SavedView.Schedule.NEVER:
        soon = timezone.now() + _AGAIN
        view.next_at = min(soon, view.next_at) if view.next_at else soon
    view.save(update_fields=["error", "said", "next_at"])


def _told(error: Exception) -> str:
    told = gettext_noop("The mail server did not take it ({error}). It is tried again within the hour.")
    return say(told, error=f"{type(error).__name__}: {error}")
