"""Roles are groups; what each may do is written here, once."""

from __future__ import annotations

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission

from recommender.models import Role

#: role to the site permissions its group holds
GRANTS: dict[str, tuple[str, ...]] = {
    Role.MEMBER: (),
    Role.CATALOGUE_ADMIN: ("manage_catalogue", "view_jobs"),
    Role.ANALYST: ("view_analytics",),
    Role.OPERATOR: ("operate", "view_jobs"),
}


def ensure_roles(**_: object) -> None:
    """Create the groups and their grants; safe to call again (runs after every ``migrate``)."""
    # Django makes permissions in a signal of its own, which may come after this one.
    create_permissions(apps.get_app_config("recommender"), verbosity=0)
    for role, codenames in GRANTS.items():
        group, _created = Group.objects.get_or_create(name=str(role))
        wanted = Permission.objects.filter(content_type__app_label="recommender", codename__in=codenames)
        group.permissions.add(*wanted)
