"""The people that interactions and reviews name."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, User

from recommender.models import Item, Profile, Role
from recommender.said import gettext_noop as _

#: why a row of somebody and an item cannot be taken, and what to do
UNKNOWN_ITEM = _("there is no item with this external id"), _("Import the catalogue first.")


def ensure_people(names: Iterable[str]) -> dict[str, int]:
    """Primary key of every user name. Unknown people are made as members who cannot log in."""
    wanted = list(dict.fromkeys(names))
    known = _by_name(wanted)
    missing = [name for name in wanted if name not in known]
    if not missing:
        return known
    # One unusable password for all: each would cost a random draw, and none lets anybody in.
    blocked = make_password(None)
    User.objects.bulk_create(
        [User(username=name, password=blocked) for name in missing], ignore_conflicts=True, batch_size=200
    )
    made = _by_name(missing)
    Profile.objects.bulk_create(
        [Profile(user_id=pk, display_name=name[:80]) for name, pk in made.items()], ignore_conflicts=True
    )
    members, _new = Group.objects.get_or_create(name=str(Role.MEMBER))
    through = User.groups.through
    through.objects.bulk_create(
        [through(user_id=pk, group_id=members.pk) for pk in made.values()], ignore_conflicts=True
    )
    return known | made


def _by_name(names: list[str]) -> dict[str, int]:
    return dict(User.objects.filter(username__in=names).values_list("username", "pk"))


def items_by_key(keys: Iterable[str]) -> dict[str, int]:
    """Primary key of the items with these external ids; what is not in the catalogue is left out."""
    return dict(Item.objects.filter(external_id__in=set(keys)).values_list("external_id", "pk"))
