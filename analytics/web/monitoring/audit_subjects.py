"""What a deed was done to, in words; the audit keeps names and numbers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace

from django.urls import reverse
from django.utils.translation import gettext as _

from analytics.models import AlertRule, AuditEntry, TaskRun
from analytics.services.inspection import INSPECTED
from analytics.services.monitoring.rules_words import subject
from analytics.services.monitoring.shipped_rules import shipped_named
from analytics.web.monitoring.task_filter import reworded
from recommender.models.telling import translated, translated_json

#: What silences of all rules are noted under.
_EVERY = "*"


@dataclass(frozen=True)
class Subject:
    """``url`` is its page, "" for none; what stayed a name of the site's own is a ``code``."""

    words: str
    url: str = ""
    code: bool = False


def subjects_of(entries: Iterable[AuditEntry]) -> list[Subject]:
    """Of each in the reader's language where it is known what kind of thing it is."""
    found = list(entries)
    tasks = [_task_id(entry) for entry in found if entry.action in _OF_TASKS]
    there = (
        set(TaskRun.objects.filter(task_id__in=tasks).values_list("task_id", flat=True)) if tasks else set()
    )
    return [_subject(entry, there) for entry in found]


def _subject(entry: AuditEntry, tasks: Collection[str]) -> Subject:
    worded = _KINDS.get(entry.action)
    if not entry.subject or not worded:
        return Subject(entry.subject, code=True)
    made = worded(entry)
    # A task is forgotten before what was done to it.
    if entry.action in _OF_TASKS and _task_id(entry) in tasks:
        return replace(made, url=reverse("monitoring_task", args=[_task_id(entry)]))
    return made


def about_of(entry: AuditEntry, stored: str) -> str:
    """What a silence is about, as alerts name it."""
    return subject(AlertRule(measure=shipped_named(entry.subject).get("measure", "")), stored)


def _task_id(entry: AuditEntry) -> str:
    return entry.subject.rpartition(" ")[2]


def _task(entry: AuditEntry) -> Subject:
    name, _space, number = entry.subject.rpartition(" ")
    return Subject(_("task {name}, {id}").format(name=name or "?", id=number))


def _tasks(entry: AuditEntry) -> Subject:
    return Subject(_("all that failed") if entry.subject == "all" else reworded(entry.subject))


def _queue(entry: AuditEntry) -> Subject:
    return Subject(_("queue {name}").format(name=entry.subject))


def _rule(entry: AuditEntry) -> Subject:
    """The name of a shipped rule as it is listed."""
    if entry.subject == _EVERY:
        return Subject(_("All rules"))
    return Subject(_(entry.subject) if shipped_named(entry.subject) else entry.subject)


def _space(entry: AuditEntry) -> Subject:
    """Its number; what was said of it has its name."""
    return Subject("" if "said" in entry.details else _("encoder {n}").format(n=entry.subject))


def _error(entry: AuditEntry) -> Subject:
    """As it was quoted in the choice; an older release noted its English alone."""
    quoted = entry.details.get("chosen", {}).get("values", {}).get("error")
    error = translated_json(quoted) if isinstance(quoted, dict) else translated(entry.subject)
    return Subject(_("files with the error “{error}”").format(error=error))


_OF_TASKS = ("task.again", "task.revoke")
_KINDS: dict[str, Callable[[AuditEntry], Subject]] = {
    "task.again": _task,
    "task.again_all": _tasks,
    "task.revoke": _task,
    "queue.pause": _queue,
    "queue.resume": _queue,
    "add alert rule": _rule,
    "change alert rule": _rule,
    "switch on alert rule": _rule,
    "switch off alert rule": _rule,
    "delete alert rule": _rule,
    "silence alerts": _rule,
    "lift silence": _rule,
    "site.switch_space": _space,
    "site.retry_media": _error,
    INSPECTED: lambda entry: Subject(entry.subject),
}
