"""Periodic tasks that are late because somebody paused their queue, or had it paused until just now."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Max
from django.utils.translation import gettext_noop as _

from analytics.models import AuditEntry
from analytics.services.monitoring.paused import paused_queues, resume_button
from analytics.services.monitoring.periodic import MISSED_PERIODS, Periodic
from analytics.services.monitoring.words import span
from recommender.said import Said, say

#: After a resume a late task has three of its periods, and this at least, to be done.
CATCH_UP_SECONDS = 300.0
#: Resumes before that are of no matter to any task.
_LONG_AGO = timedelta(days=7)


def queue_of(task: str) -> str:
    return str(settings.CELERY_TASK_ROUTES.get(task, {}).get("queue", settings.CELERY_TASK_DEFAULT_QUEUE))


class Held:
    """Which queues are paused, and when the others were resumed last."""

    def __init__(self, now: float) -> None:
        self.now = now
        self.paused = paused_queues()
        self.resumed = _resumed(now)

    def excuses(self, one: Periodic) -> bool:
        """Whether its queue is paused, or was resumed too short a time ago for it to have been done."""
        queue = queue_of(one.name)
        time = max(CATCH_UP_SECONDS, MISSED_PERIODS * one.period)
        return queue in self.paused or self.now - self.resumed.get(queue, 0.0) < time

    def free_for(self, one: Periodic) -> float:
        """Seconds for which it could have been done: since it was last, or since the resume."""
        return min(one.since, self.now - self.resumed.get(queue_of(one.name), 0.0))

    def told(self, late: Iterable[Periodic]) -> tuple[Said, Said, tuple[str, ...]]:
        """Reason, remedy and buttons for tasks that are all excused."""
        tasks = list(late)
        queues = {queue_of(one.name) for one in tasks}
        if paused := sorted(queues & self.paused):
            reason = say(
                _("Paused by hand: {queues}; periodic tasks that wait for it: {n}."),
                queues=", ".join(paused),
                n=sum(queue_of(one.name) in self.paused for one in tasks),
            )
            return reason, say(_("Resume it, then they are done.")), tuple(map(resume_button, paused))
        last = max(queues, key=lambda queue: self.resumed[queue])
        reason = say(
            _("The queue {queue} was resumed {span} ago; periodic tasks not yet done since: {n}."),
            queue=last,
            span=span(self.now - self.resumed[last]),
            n=len(tasks),
        )
        return reason, say(_("Wait: the workers are catching up with what piled up.")), ()


def _resumed(now: float) -> dict[str, float]:
    """When each queue was resumed, as was noted in the same transaction; seconds since 1970."""
    since = datetime.fromtimestamp(now, UTC) - _LONG_AGO
    noted: Any = AuditEntry.objects.filter(action="queue.resume", created_at__gt=since).order_by()
    found = noted.values_list("subject").annotate(last=Max("created_at"))
    return {queue: min(now, last.timestamp()) for queue, last in found}
