"""What an alert says: its title, the reason with numbers and unit, the remedy, and where the evidence is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from analytics.models import AlertRule
from analytics.services.monitoring import lights
from analytics.services.monitoring.measures import measure_named
from analytics.services.monitoring.shipped_rules import shipped
from recommender.said import Said, ngettext_noop, say

if TYPE_CHECKING:
    from analytics.services.monitoring.rules import Finding

_SIZES = ("B", "kB", "MB", "GB", "TB")
LIGHTS = "lights.level"
#: What answers that came from no page are counted under.
_NO_PAGE = "(none)"
_OTHERS = ngettext_noop(
    "{n} more is affected; it has no alert of its own.",
    "{n} more are affected; they have no alerts of their own.",
)


#: Units whose short forms are words of a language.
_TIMES = ((86_400, _("{n} d")), (3600, _("{n} h")), (60, _("{n} min")))


#: What numbers of each unit are, where people type or choose them; a share is typed as a number.
_UNIT_NAMES = {
    "/s": _("per second"),
    "s": _("seconds"),
    "bytes": _("bytes"),
    "ratio": _("0 to 1"),
    "count": "",
}


def unit_name(unit: str) -> str:
    """In the reader's language; "" for plain numbers, an unknown unit as it is."""
    name = _UNIT_NAMES.get(unit, unit)
    return gettext(name) if name else ""


def quantity(value: float | None, unit: str) -> Said | str:
    """A number with its unit; words only where languages write it differently."""
    if value is None or math.isnan(value):
        return "–"
    if unit == "ratio":
        return f"{100 * value:.3g} %"
    if unit == "s":
        return say(_("{n} ms"), n=f"{1000 * value:.3g}") if abs(value) < 1 else duration(value)
    if unit == "bytes":
        power = min(len(_SIZES) - 1, int(math.log(max(abs(value), 1), 1000)))
        return f"{value / 1000**power:.3g} {_SIZES[power]}"
    number = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    if unit == "/s":
        return say(_("{n}/s"), n=number)
    return number if unit in ("", "count") else f"{number}{unit if unit.startswith('/') else ' ' + unit}"


def duration(seconds: float) -> Said:
    """60 is "1 min"; what is not whole keeps three digits."""
    for size, text in _TIMES:
        if seconds >= size:
            return say(text, n=f"{seconds / size:.3g}")
    return say(_("{n} s"), n=f"{seconds:.3g}")


def limit(rule: AlertRule) -> Said | str:
    """The threshold with its unit; "" where there is none."""
    if rule.condition == AlertRule.Condition.ABSENT:
        return ""
    if rule.condition == AlertRule.Condition.CHANGED:
        return f"{100 * rule.threshold:+.0f} %"
    return quantity(rule.threshold, unit_of(rule))


def subject(rule: AlertRule | None, found: str) -> str:
    """What an alert or a silence is about, as readers know it; lights have titles."""
    part = lights.part_named(found) if rule and rule.measure == LIGHTS else None
    if part:
        return str(part.title)
    return found.replace(_NO_PAGE, gettext("(static files and unknown addresses)"))


def subject_named(rule: AlertRule | None, words: str) -> str:
    """What ``subject`` words so in the reader's language; else the words themselves."""
    names = [one.name for one in lights.parts()] if rule and rule.measure == LIGHTS else [_NO_PAGE]
    return next((name for name in names if subject(rule, name) == words), words)


def title(rule: AlertRule) -> str:
    """Its name; that of a shipped rule in the reader's language, unless somebody gave it another."""
    return gettext(rule.name) if rule.key and rule.name == shipped(rule.key).get("name") else rule.name


def remedy(rule: AlertRule) -> Said:
    if rule.key and rule.remedy and rule.remedy == shipped(rule.key).get("remedy"):
        return say(rule.remedy)
    return say("{words}", words=rule.remedy) if rule.remedy else Said()


def unit_of(rule: AlertRule) -> str:
    measure = measure_named(rule.measure)
    return measure.unit if measure else ""


def reason(rule: AlertRule, finding: Finding) -> Said:
    unit, window = unit_of(rule), duration(rule.window)
    value = quantity(finding.value, unit)
    condition = AlertRule.Condition(rule.condition)
    if finding.others:
        return say(_OTHERS, n=finding.others)
    if condition == AlertRule.Condition.ABSENT:
        return say(_("Nothing was recorded in the last {window}."), window=window)
    if condition == AlertRule.Condition.CHANGED:
        return _change(finding, value, unit, window)
    if rule.measure == LIGHTS and condition == AlertRule.Condition.ABOVE:
        return say(_("The light was red, or nearly all the time, in the last {window}."), window=window)
    text = (
        _("It is {value} over the last {window}; more than {limit} is too much.")
        if condition == AlertRule.Condition.ABOVE
        else _("It is {value} over the last {window}; less than {limit} is too little.")
    )
    return say(text, value=value, window=window, limit=quantity(rule.threshold, unit))


def _change(finding: Finding, value: Said | str, unit: str, window: Said) -> Said:
    now, usual = finding.value or 0.0, finding.usual or 0.0
    change = f"{100 * abs(now / usual - 1):.0f} %" if usual else "–"
    text = (
        _("It is {value} over the last {window}: {change} less than a week before ({usual}).")
        if now < usual
        else _("It is {value} over the last {window}: {change} more than a week before ({usual}).")
    )
    return say(text, value=value, window=window, change=change, usual=quantity(usual, unit))


def evidence(rule: AlertRule, labels: dict[str, str], since: float) -> str:
    """Path of the page that shows what is behind it, from a while before; "" without the pages."""
    health = _path("monitoring")
    if rule.measure == LIGHTS or not health:
        return health
    if rule.measure == "tasks.failed" and (path := _path("monitoring_tasks")):
        return f"{path}?{urlencode({'state': 'failed', **labels})}"
    if rule.measure.startswith("drift.") and (path := _path("monitoring_drift")):
        return path
    start = int(since - max(3600, rule.window))
    return f"{health}?{urlencode({'from': start})}#chart-{quote(rule.measure)}"


def _path(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:  # a site without that page
        return ""
