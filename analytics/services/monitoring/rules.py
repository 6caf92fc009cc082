"""Looks at every alert rule: opens an alert once its condition has held, ends it once all has been calm.

Whether it has held is read from what was recorded, not remembered: a watch that restarts knows as much as
the one before it.
"""

from __future__ import annotations

import logging
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.utils.translation import gettext_noop as _
from redis.exceptions import RedisError

from analytics.models import AlertRule, Incident, Silence
from analytics.services.monitoring import rules_words as words
from analytics.services.monitoring.grid import Labels, read_grid, step_for
from analytics.services.monitoring.measures import Measure, measure_named
from analytics.services.monitoring.rules_again import open_or_open_again
from analytics.services.monitoring.rules_decide import (
    WEEK,
    Seen,
    Windows,
    calm_seconds,
    ends,
    is_measured,
    opens,
    seen,
    split,
    true_for,
)
from analytics.services.monitoring.rules_seen import LOOKS
from analytics.services.monitoring.watch import duty
from recommender.said import say
from recommender.services.redis_link import shared_redis
from recommender.telemetry import WINDOW_SECONDS

log = logging.getLogger(__name__)

#: Alerts of one rule at a time; what is beyond is told in one more.
MOST_SUBJECTS = 50
#: Rules that need a coarser grain than the finest are looked at once a minute.
_SLOWLY = 60
_REST = "…"
#: The part of the site whose light nobody can record.
REDIS = "redis"
#: Days that an alert is kept once it is over.
KEPT_DAYS = 90


@dataclass(frozen=True)
class Finding:
    """How a rule finds one subject now."""

    subject: str
    labels: dict[str, str] = field(default_factory=dict)
    holds: bool = False
    opens: bool = False
    ends: bool = False
    value: float | None = None
    usual: float | None = None
    #: seconds since 1970
    since: float = 0.0
    #: subjects beyond the most, of which this tells in their stead
    others: int = 0


@duty("alert rules", 10.0)
def look(now: float) -> None:
    """Look at the rules that are due, and write what changed.

    Raises:
        RedisError: what is measured now cannot be read, so what stands is left as it is.
    """
    try:
        shared_redis().ping()
    except RedisError:
        _blind(now)
        raise
    _blind_since.clear()
    rules = list(AlertRule.objects.filter(enabled=True))
    standing: dict[int, dict[str, Incident]] = defaultdict(dict)
    for incident in Incident.objects.standing():
        standing[incident.rule_id][incident.subject] = incident
    changes = _Changes(now)
    for rule, findings in examine(rules, now):
        stands = standing.pop(rule.pk, {})
        try:
            changes.add(rule, findings, stands)
        except Exception:  # what cannot be put into words must not silence the other rules
            log.exception("What the rule %s found cannot be told", rule.pk)
    waiting = {rule.pk for rule in rules if _measured(rule)}
    for pk in set(standing) - waiting:  # switched off, or no longer measured
        changes.ended.extend(standing[pk].values())
    changes.write()
    LOOKS.add(1)


#: since when Redis does not answer, seconds since 1970; empty while it does
_blind_since: list[float] = []


def _blind(now: float) -> None:
    """Nothing can be measured without Redis, so that its red light is told from here."""
    if not _blind_since:
        _blind_since.append(now)
    rule = AlertRule.objects.filter(key="light", enabled=True).first()
    if rule is None or now - _blind_since[0] < rule.window + rule.hold:
        return
    one = Incident(
        rule=rule,
        subject=REDIS,
        severity=rule.severity,
        reason=say(_("Redis does not answer, so this cannot be looked at.")).as_json(),
        remedy=say(_("Start Redis, or check REDIS_URL; the page turns green by itself.")).as_json(),
        evidence=words.evidence(rule, {}, now),
        since=datetime.fromtimestamp(_blind_since[0], UTC),
    )
    open_or_open_again([one], now)


@duty("tidy alerts", 3600.0)
def tidy(now: float) -> None:
    """Forget alerts and silences that have been over for a long time."""
    before = datetime.fromtimestamp(now, UTC) - timedelta(days=KEPT_DAYS)
    Incident.objects.filter(ended_at__lt=before).delete()
    Silence.objects.filter(until__lt=before).delete()


def _measured(rule: AlertRule) -> Measure | None:
    measure = measure_named(rule.measure)
    return measure if measure is not None and is_measured(rule, measure) else None


# -- reading ------------------------------------------------------------------------------------------------


def span_of(rule: AlertRule) -> int:
    """Seconds that have to be read to know how it is now."""
    return rule.window + calm_seconds(rule) + 2 * WINDOW_SECONDS


def examine(rules: Iterable[AlertRule], now: float) -> Iterator[tuple[AlertRule, list[Finding]]]:
    """What each rule that is measured and due finds; one read for all rules of a grain."""
    by_grain: dict[int, list[tuple[AlertRule, Measure]]] = defaultdict(list)
    for rule in rules:
        if measure := _measured(rule):
            by_grain[step_for(now - span_of(rule), now, now)].append((rule, measure))
    for grain, several in by_grain.items():
        # Rounds come every 10 s and a little: twice in a minute does no harm, never would.
        if grain == WINDOW_SECONDS or now % _SLOWLY < 1.5 * WINDOW_SECONDS:
            yield from _examined(several, now)


def _examined(
    several: list[tuple[AlertRule, Measure]], now: float
) -> Iterator[tuple[AlertRule, list[Finding]]]:
    recent = read_grid(_metrics(several), now - max(span_of(rule) for rule, _ in several), now)
    windows = Windows(recent, _rows([rule for rule, _ in several], recent.step))
    changing = [(rule, one) for rule, one in several if rule.condition == AlertRule.Condition.CHANGED]
    week_ago = None
    if changing:
        span = max(span_of(rule) for rule, _ in changing)
        earlier = read_grid(_metrics(changing), now - WEEK - span, now - WEEK, live=False)
        week_ago = Windows(earlier, _rows([rule for rule, _ in changing], earlier.step))
    for rule, measure in several:
        try:
            findings = _found(rule, measure, windows, week_ago, now)
        except Exception:  # one measure that cannot be read must not silence the rules on others
            log.exception("The rule %s cannot be looked at", rule.pk)
            continue
        yield rule, findings


def _found(
    rule: AlertRule, measure: Measure, windows: Windows, week_ago: Windows | None, now: float
) -> list[Finding]:
    changes = rule.condition == AlertRule.Condition.CHANGED
    before = week_ago.of(rule.window) if changes and week_ago else None
    return _findings(rule, seen(rule, measure, windows.of(rule.window), before), windows.grid.step, now)


def _rows(rules: list[AlertRule], step: int) -> dict[int, int]:
    """How many of the last steps of each window have to be looked at."""
    rows: dict[int, int] = defaultdict(int)
    for rule in rules:
        rows[rule.window] = max(rows[rule.window], calm_seconds(rule) // step + 3)
    return rows


def _metrics(several: Iterable[tuple[AlertRule, Measure]]) -> set[str]:
    return {name for _, one in several for name in one.metrics} | {LOOKS.name}


def _findings(rule: AlertRule, subjects: dict[Labels, Seen], step: int, now: float) -> list[Finding]:
    by = split(rule)[0]
    hold, calm = -(-rule.hold // step), -(-calm_seconds(rule) // step)
    found = []
    for key, one in subjects.items():
        held = true_for(one.true)
        found.append(
            Finding(
                subject=subject_of(key),
                labels=dict(zip(by, key, strict=True)),
                holds=held > 0,
                opens=opens(one.true, hold),
                ends=ends(one.true, calm),
                value=_number(one.value[-1]),
                usual=None if one.usual is None else _number(one.usual[-1]),
                since=now - max(0, held - 1) * step,
            )
        )
    return found


def subject_of(key: Labels) -> str:
    return " · ".join(key)[:200]


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


# -- writing ------------------------------------------------------------------------------------------------


class _Changes:
    """What a look changes, written in a few statements."""

    def __init__(self, now: float) -> None:
        self.now = now
        self.opened: list[Incident] = []
        self.changed: list[Incident] = []
        self.ended: list[Incident] = []

    def add(self, rule: AlertRule, findings: list[Finding], standing: dict[str, Incident]) -> None:
        left = dict(standing)
        rest = left.pop(_REST, None)
        room = max(0, MOST_SUBJECTS - len(left))
        fresh: list[Finding] = []
        for one in findings:
            incident = left.pop(one.subject, None)
            if incident is None:
                fresh.extend([one] if one.opens else [])
            elif one.ends:
                self.ended.append(incident)
            elif one.holds:
                self._update(rule, incident, one)
        self.ended.extend(left.values())
        fresh.sort(key=lambda one: abs(one.value or 0.0), reverse=True)
        self.opened.extend(self._made(rule, one) for one in fresh[:room])
        self._tell_of_rest(rule, len(fresh) - room, rest)

    def _tell_of_rest(self, rule: AlertRule, others: int, rest: Incident | None) -> None:
        one = Finding(_REST, value=float(others), since=self.now, others=others)
        if others > 0 and rest is None:
            self.opened.append(self._made(rule, one))
        elif others > 0 and rest is not None:
            self._update(rule, rest, one)
        elif rest is not None:
            self.ended.append(rest)

    def _made(self, rule: AlertRule, one: Finding) -> Incident:
        return Incident(
            rule=rule,
            subject=one.subject,
            severity=rule.severity,
            value=one.value,
            reason=words.reason(rule, one).as_json(),
            remedy=words.remedy(rule).as_json(),
            evidence=words.evidence(rule, one.labels, one.since)[:500],
            since=datetime.fromtimestamp(one.since, UTC),
        )

    def _update(self, rule: AlertRule, incident: Incident, one: Finding) -> None:
        told = words.reason(rule, one).as_json()
        if told != incident.reason:
            incident.value, incident.reason = one.value, told
            self.changed.append(incident)

    def write(self) -> None:
        for incident in self.ended:
            incident.ended_at = datetime.fromtimestamp(self.now, UTC)
        open_or_open_again(self.opened, self.now)
        Incident.objects.bulk_update(self.changed, ["value", "reason"])
        Incident.objects.bulk_update(self.ended, ["ended_at"])
