"""What people call the keys of a dimension."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from analytics.contracts import NONE
from analytics.services.names import name_of
from analytics.services.report.filters import DIRECTLY
from recommender.models import Category, Item


def labelled(by: str, keys: list[str]) -> Mapping[str, str]:
    """What people call each key, in the language of the page."""
    if by == "item":
        found = {str(item.pk): item.local_title for item in Item.objects.filter(pk__in=_numbers(keys))}
        return {key: found.get(key) or _("item %(key)s") % {"key": key} for key in keys}
    if by == "category":
        numbers = _numbers([key.removesuffix(DIRECTLY) for key in keys])
        found = {str(row.pk): row.local_name for row in Category.objects.filter(pk__in=numbers)}
        return {key: _category(key, found) for key in keys}
    return {key: name_of(by, key) for key in keys}


def _category(key: str, names: Mapping[str, str]) -> str:
    number = key.removesuffix(DIRECTLY)
    if not number.isdecimal():
        return name_of("category", key)
    name = names.get(number) or _("category %(key)s") % {"key": number}
    return name if key == number else _("directly in %(category)s") % {"category": name}


def _numbers(keys: list[str]) -> list[int]:
    return [int(key) for key in keys if key not in ("", NONE)]
