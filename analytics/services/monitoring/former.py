"""Sentences that older releases stored and none says any more; rows that hold them are still read."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

FORMER = (
    _("{count} more are affected; they have no alerts of their own."),
    _("The earlier snapshot serves, {path} with {items} items."),
)
