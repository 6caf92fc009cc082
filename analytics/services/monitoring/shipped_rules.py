"""The alert rules that come with the site: added once, by key; what an operator makes of them is kept.

A shipped rule is switched off, not deleted, so that the next release does not bring it back.
"""

from __future__ import annotations

from typing import Any

from django.db import connections
from django.utils.translation import gettext_noop as _

from analytics.models import AlertRule

ABOVE, BELOW, CHANGED = AlertRule.Condition.ABOVE, AlertRule.Condition.BELOW, AlertRule.Condition.CHANGED
_CRITICAL = AlertRule.Severity.CRITICAL

SHIPPED: tuple[dict[str, Any], ...] = (
    {
        "key": "light",
        "name": _("A light is red"),
        "measure": "lights.level",
        "labels": {"part": "*"},
        # Red is 2: the mean of half a minute, for another half.
        "threshold": 1.5,
        "window": 30,
        "hold": 30,
        "severity": _CRITICAL,
        "remedy": _("Open the page of health: the light says why, and what to do."),
    },
    {
        "key": "errors",
        "name": _("Answers fail"),
        "measure": "web.errors",
        "threshold": 0.05,
        "window": 300,
        # As the light of the web has it: one failure of one answer is no share.
        "fewest": 20,
        "hold": 60,
        "severity": _CRITICAL,
        "remedy": _("The log of the web server has the errors; undo what was changed last."),
    },
    {
        "key": "slow",
        "name": _("Pages are slow"),
        "measure": "web.p95",
        "threshold": 1.0,
        "window": 600,
        "fewest": 20,
        "hold": 60,
        "remedy": _("See which page is slow, and whether a bulk job or another program takes the processor."),
    },
    {
        "key": "task-failures",
        "name": _("Tasks fail"),
        "measure": "tasks.failed",
        # 15 in five minutes
        "threshold": 0.05,
        "window": 300,
        "hold": 60,
        "remedy": _("See which task fails and why; retry what failed once the cause is gone."),
    },
    {
        "key": "queue-age",
        "name": _("A queue is backed up"),
        "measure": "queues.oldest",
        "labels": {"queue_name": "*"},
        "threshold": 300.0,
        "window": 60,
        "hold": 60,
        "remedy": _("Start more workers for the queue, or see what keeps the ones there are."),
    },
    {
        "key": "recall",
        "name": _("The index misses neighbours"),
        "measure": "index.recall",
        "condition": BELOW,
        "threshold": 0.9,
        "window": 3600,
        "hold": 0,
        "remedy": _("Rebuild the index; if that does not help, make its search wider."),
    },
    {
        "key": "disk",
        "name": _("The disk is nearly full"),
        "measure": "system.disk_free_share",
        "condition": BELOW,
        "labels": {"folder": "*"},
        "threshold": 0.1,
        "window": 60,
        "hold": 60,
        "severity": _CRITICAL,
        "remedy": _("Prune what is no longer used, or give the site a larger disk."),
    },
    {
        "key": "click-through",
        "name": _("Click-through fell by half"),
        "measure": "click_rate",
        "condition": CHANGED,
        "threshold": -0.5,
        "window": 6 * 3600,
        "hold": 600,
        "remedy": _("See what changed: the index, the encoder, the mixture of sources, or the catalogue."),
    },
    {
        "key": "drift",
        "name": _("New data differ from older data"),
        "measure": "drift.auc",
        "labels": {"modality": "*"},
        "threshold": 0.8,
        "window": 3600,
        "hold": 0,
        "remedy": _(
            "Look at the items behind the drift: an upload may be broken, or the catalogue has changed."
        ),
    },
)
_BY_KEY = {str(one["key"]): one for one in SHIPPED}


def shipped(key: str) -> dict[str, Any]:
    """The rule as it was shipped; {} for one that this release does not know."""
    return _BY_KEY.get(key, {})


def shipped_named(name: str) -> dict[str, Any]:
    """The rule that was shipped under this name; {} where none was."""
    return next((one for one in SHIPPED if one["name"] == name), {})


def add_missing(using: str = "default") -> int:
    """Add the rules that are not there yet; how many."""
    rules = AlertRule.objects.using(using)
    there = set(rules.exclude(key="").values_list("key", flat=True))
    missing = [AlertRule(**one) for one in SHIPPED if one["key"] not in there]
    return len(rules.bulk_create(missing, ignore_conflicts=True))


def on_migrated(using: str = "default", **_: Any) -> None:
    """After each migration, as soon as there is a table for them."""
    if AlertRule._meta.db_table in connections[using].introspection.table_names():
        add_missing(using)
