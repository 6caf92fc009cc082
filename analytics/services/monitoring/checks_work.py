"""Whether work gets done: workers, queues, periodic tasks, media and jobs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Q
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as _

from analytics.services.monitoring.heartbeat import Heartbeat, heard_from
from analytics.services.monitoring.held_up import Held, queue_of
from analytics.services.monitoring.lights import QUOTED_LENGTH, Level, Light, green, part
from analytics.services.monitoring.media_storage import storage_trouble
from analytics.services.monitoring.paused import paused_queues, resume_button
from analytics.services.monitoring.periodic import MISSED_SECONDS, begin, periods, standing
from analytics.services.monitoring.readiness import queues_in_use
from analytics.services.monitoring.silent_worker import remedy_for
from analytics.services.monitoring.unmoved import unmoved_since
from analytics.services.monitoring.words import page, share, span
from recommender.models import Job, Media
from recommender.said import Said, ngettext_noop, quoted, say
from recommender.services.redis_link import shared_redis

# -- workers ----------------------------------------------------------------------------------------------

#: Key of a hash: "node pid" -> when that process was first heard from.
STARTS = "mmsite:worker_starts"
RESTART_SECONDS, RESTARTS_YELLOW = 600, 3
_START_KEPT = 3600


@part("workers", gettext_lazy("Workers"))
def workers(now: float) -> Light:
    """Every queue has a worker that was heard from, and none begins anew again and again."""
    heard = heard_from(now)
    alive = [one for one in heard if not one.is_silent(now)]
    served = {queue for one in alive for queue in one.queues}
    unserved = [queue for queue in queues_in_use() if queue not in served]
    restarts = _restarts(alive, now)
    evidence = page("monitoring_tasks")
    if unserved:
        served_first = [one for one in heard if unserved[0] in one.queues]
        last = max(served_first, key=lambda beat: beat.time, default=None)
        return Light(Level.RED, _silence(unserved, last, now), remedy_for(last), evidence)
    silent = [one for one in heard if one.is_silent(now)]
    if silent:
        one = silent[0]
        reason = say(
            _("{node} was last heard from {span} ago; others serve its queues."),
            node=one.node,
            span=span(now - one.time),
        )
        return Light(Level.YELLOW, reason, remedy_for(one), evidence)
    if restarts:
        node, times = max(restarts.items(), key=lambda one: one[1])
        reason = say(
            ngettext_noop(
                "{node} was started again {n} time in the last 10 min.",
                "{node} was started again {n} times in the last 10 min.",
            ),
            node=node,
            n=times,
        )
        return Light(Level.YELLOW, reason, say(_("See in its output what it dies of.")), evidence)
    return green(
        ngettext_noop(
            "{n} worker was heard from in the last 15 s.", "{n} workers were heard from in the last 15 s."
        ),
        n=len(alive),
    )


def _silence(unserved: list[str], last: Heartbeat | None, now: float) -> Said:
    """Names the queues without a worker, and the worker that served the first of them."""
    queues = ", ".join(unserved)
    if last is None:
        return say(_("No worker has been heard from on: {queues}."), queues=queues)
    return say(
        _("Nobody works on: {queues}. {node} was last heard from {span} ago."),
        queues=queues,
        node=last.node,
        span=span(now - last.time),
    )


def _restarts(alive: list[Heartbeat], now: float) -> dict[str, int]:
    """How often each worker began anew of late, where that is often."""
    link = shared_redis()
    for one in alive:
        link.hsetnx(STARTS, f"{one.node} {one.pid}", repr(now))
    first = {name.decode(): float(moment) for name, moment in link.hgetall(STARTS).items()}
    present = {f"{one.node} {one.pid}" for one in alive}
    if gone := [name for name, at in first.items() if now - at > _START_KEPT and name not in present]:
        link.hdel(STARTS, *gone)
    counts: dict[str, int] = {}
    for name, at in first.items():
        if 0 <= now - at <= RESTART_SECONDS:
            node = name.rpartition(" ")[0]
            counts[node] = counts.get(node, 0) + 1
    # The first process of a worker is no restart.
    return {node: n - 1 for node, n in counts.items() if n > RESTARTS_YELLOW}


# -- queues -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Patience:
    """Seconds that the oldest message of a queue may wait."""

    yellow: float
    red: float


PATIENCE = Patience(30, 120)
#: A person waits for a query; an import may wait for another one.
PATIENCE_OF = {"query": Patience(3, 10), "imports": Patience(900, 7200)}
LONG_QUEUE = 1_000


@dataclass(frozen=True)
class _Waiting:
    """``age`` is that of the oldest message in seconds, 0 in an empty queue."""

    queue: str
    length: int
    age: float

    @property
    def patience(self) -> Patience:
        return PATIENCE_OF.get(self.queue, PATIENCE)

    @property
    def level(self) -> Level:
        if self.age >= self.patience.red:
            return Level.RED
        late = self.age >= self.patience.yellow or self.length >= LONG_QUEUE
        return Level.YELLOW if late else Level.GREEN


@part("queues", gettext_lazy("Queues"))
def queues(now: float) -> Light:
    """How long the oldest message of each queue has waited."""
    waiting = _waiting(now)
    paused = paused_queues()
    evidence = page("monitoring_tasks")
    late = [one for one in waiting if one.queue not in paused and one.level > Level.GREEN]
    if late:
        one = max(late, key=lambda each: (each.level, each.age / each.patience.red))
        reason = say(
            ngettext_noop(
                "{n} message waits in the queue {queue}, for {span}.",
                "{n} messages wait in the queue {queue}, the oldest for {span}.",
            ),
            n=one.length,
            queue=one.queue,
            span=span(one.age),
        )
        remedy = say(
            _("See whether its worker lives and what it is busy with; if it never catches up, start another.")
        )
        return Light(one.level, reason, remedy, evidence)
    if paused:
        reason = say(
            _("Paused by hand: {queues}. Messages that wait there: {n}."),
            queues=", ".join(sorted(paused)),
            n=sum(one.length for one in waiting if one.queue in paused),
        )
        remedy = say(_("Resume it when the cause is mended; workers take up what waits, the oldest first."))
        return Light(Level.YELLOW, reason, remedy, evidence, tuple(map(resume_button, sorted(paused))))
    longest = max(one.length for one in waiting)
    return green(
        ngettext_noop(
            "Nothing waits for long; the longest queue has {n} message.",
            "Nothing waits for long; the longest queue has {n} messages.",
        ),
        n=longest,
    )


def _waiting(now: float) -> list[_Waiting]:
    names = queues_in_use()
    with shared_redis().pipeline(transaction=False) as pipe:
        for name in names:
            pipe.llen(name)
            pipe.lindex(name, -1)  # Celery puts messages in on the left
        told = pipe.execute()
    return [
        _Waiting(name, length, _age(name, length, oldest, now))
        for name, length, oldest in zip(names, told[::2], told[1::2], strict=True)
    ]


def _age(name: str, length: int, oldest: bytes | None, now: float) -> float:
    """As the oldest message says, else for how long it has stood first."""
    if oldest is None:
        return 0.0
    headers = _headers(oldest)
    try:
        return max(0.0, now - float(headers["published_at"]))
    except (KeyError, TypeError, ValueError):
        return now - unmoved_since(f"queue:{name}", str(headers.get("id", "")), length, now)


def _headers(message: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(message)["headers"]
    except (ValueError, KeyError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


# -- periodic tasks ---------------------------------------------------------------------------------------

#: A task that waits behind others in its queue may be late by this much before it is red.
BUSY_SECONDS = 1800


@part("periodic", gettext_lazy("Periodic tasks"))
def periodic(now: float) -> Light:
    """Each was done within three of its periods."""
    begin(now)
    there = standing(now)
    late = {one.name: one for one in there if one.is_missed}
    evidence = page("monitoring_tasks")
    if not late:
        return green(
            ngettext_noop(
                "The {n} periodic task was done when it was due.",
                "All {n} periodic tasks were done when they were due.",
            ),
            n=len(periods()),
        )
    held = Held(now)
    free = {name: one for name, one in late.items() if not held.excuses(one)}
    if not free:
        reason, remedy, actions = held.told(late.values())
        return Light(Level.YELLOW, reason, remedy, evidence, actions)
    often = {one.name for one in there if one.period <= MISSED_SECONDS and not held.excuses(one)}
    if len(often) > 1 and often <= free.keys():
        return Light(
            Level.RED,
            say(
                _("No periodic task has been done for {span}: beat sends none, or nobody works."),
                span=span(min(free[name].since for name in often)),
            ),
            say(
                _("Start beat (celery -A mmsite beat; manage.py serve runs it), and see the workers' light.")
            ),
            evidence,
        )
    worst = max(free.values(), key=lambda one: one.since / one.period)
    reason = say(
        _("{task} has not been done for {span}, though it is due every {period}; late in all: {n}."),
        task=worst.name,
        span=span(worst.since),
        period=span(worst.period),
        n=len(free),
    )
    remedy = say(_("See on the page of the tasks whether it fails; its traceback names the cause."))
    busy = all(_waits_behind(one.name) and held.free_for(one) < BUSY_SECONDS for one in free.values())
    return Light(Level.YELLOW if busy else Level.RED, reason, remedy, evidence)


def _waits_behind(task: str) -> bool:
    return bool(shared_redis().llen(queue_of(task)))


# -- media ------------------------------------------------------------------------------------------------

MEDIA_YELLOW, MEDIA_RED, MEDIA_RED_LEAST = 0.01, 0.2, 10
STUCK_YELLOW, STUCK_RED = 120, 600


@part("media", gettext_lazy("Pictures and sounds"))
def media(now: float) -> Light:
    """A bucket that is away, files that could not be prepared, and files that wait while nothing moves."""
    if trouble := storage_trouble(now):
        return trouble
    total, failed = Media.objects.count(), Media.objects.failed().count()
    pending = Media.objects.filter(state=Media.State.PENDING)
    first = pending.order_by("claimed_at", "pk").values_list("pk", flat=True).first()
    waiting = pending.count() if first is not None else 0
    still = now - unmoved_since("media", str(first), waiting, now) if waiting else 0.0
    if still >= STUCK_YELLOW:
        reason = say(
            ngettext_noop(
                "{n} file waits, and none was prepared for {span}.",
                "{n} files wait, and none was prepared for {span}.",
            ),
            n=waiting,
            span=span(still),
        )
        remedy = say(_("See whether the worker of the queue default lives and what it is busy with."))
        return Light(
            Level.RED if still >= STUCK_RED else Level.YELLOW, reason, remedy, page("monitoring_tasks")
        )
    bad = failed / total if total else 0.0
    if failed and bad >= MEDIA_YELLOW:
        reason = say(
            ngettext_noop(
                "{n} file ({share}) could not be prepared: {error}",
                "{n} files ({share}) could not be prepared. Most often: {error}",
            ),
            n=failed,
            share=share(bad),
            error=quoted(_commonest_error(), QUOTED_LENGTH),
        )
        remedy = say(
            _("Mend the cause and press “Try failed files again”; the error says what to do about a file.")
        )
        level = Level.RED if bad >= MEDIA_RED and failed >= MEDIA_RED_LEAST else Level.YELLOW
        return Light(level, reason, remedy, actions=("retry_media",))
    reason = say(
        ngettext_noop(
            "{n} file; could not be prepared: {failed}; waiting: {waiting}.",
            "{n} files; could not be prepared: {failed}; waiting: {waiting}.",
        ),
        n=total,
        failed=failed,
        waiting=waiting,
    )
    return Light(Level.GREEN, reason, actions=("retry_media",) if failed else ())


def _commonest_error() -> str:
    rows = Media.objects.failed().values("error").annotate(n=Count("pk"), last=Max("pk"))
    commonest = rows.order_by("-n", "error").first()
    one = Media.objects.filter(pk=commonest["last"]).first() if commonest else None
    return one.sentence("error") if one else ""


# -- jobs -------------------------------------------------------------------------------------------------

FAILED_SECONDS = 86_400
JOB_SILENT_SECONDS = 120


@part("jobs", gettext_lazy("Jobs"))
def jobs(now: float) -> Light:
    """Long work that failed and was not done since, and such whose worker is gone."""
    moment = datetime.fromtimestamp(now, UTC)
    silent = Job.objects.filter(
        state=Job.State.RUNNING, heartbeat_at__lt=moment - timedelta(seconds=JOB_SILENT_SECONDS)
    ).first()
    if silent is not None:
        reason = say(
            _("Nothing was heard of “{job}” for {span}."),
            job=silent.label or silent.kind,
            span=span(now - (silent.heartbeat_at or moment).timestamp()),
        )
        remedy = say(
            _("Its worker is gone or hangs. Imports and encoding go on by themselves; start others again.")
        )
        return Light(Level.RED, reason, remedy, page("jobs"))
    failed = _failed_jobs(moment)
    if failed:
        reason = say(
            ngettext_noop(
                "{n} job failed in the last day, “{job}”: {error}",
                "{n} jobs failed in the last day, the last was “{job}”: {error}",
            ),
            n=len(failed),
            job=failed[0].label or failed[0].kind,
            error=quoted(failed[0].sentence("error"), QUOTED_LENGTH),
        )
        remedy = say(_("Its page says what to do; the light turns green when the like of it has been done."))
        return Light(Level.YELLOW, reason, remedy, page("jobs"))
    running = Job.objects.unfinished().count()
    return green(
        ngettext_noop(
            "No job failed in the last day; {n} is under way.",
            "No job failed in the last day; {n} are under way.",
        ),
        n=running,
    )


def _failed_jobs(moment: datetime) -> list[Job]:
    """Of the last day, without those whose like has been done since."""
    day = Q(created_at__gte=moment - timedelta(seconds=FAILED_SECONDS))
    failed = list(Job.objects.filter(day, state=Job.State.FAILED)[:200])
    if not failed:
        return []
    done: dict[tuple[str, str], datetime] = {}
    for kind, label, at in Job.objects.filter(day, state=Job.State.DONE).values_list(
        "kind", "label", "finished_at"
    ):
        if at is not None:
            done[kind, label] = max(at, done.get((kind, label), at))
    return [job for job in failed if done.get((job.kind, job.label), job.created_at) <= job.created_at]
