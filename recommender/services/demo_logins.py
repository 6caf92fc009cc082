"""The logins of a demo: one for every role, and one with a past."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import transaction

from recommender.models import Profile, Role

#: A person of the demo world who can be logged in as, to see a feed that a history has shaped.
REGULAR = "demo001"


@dataclass(frozen=True, slots=True)
class Login:
    """``role`` is empty for the superuser, who holds them all."""

    username: str
    role: str
    purpose: str


LOGINS = (
    Login("admin", "", "everything, and the Django admin"),
    Login("catalogue", Role.CATALOGUE_ADMIN, "uploads catalogues and mends what failed"),
    Login("analyst", Role.ANALYST, "reads reports"),
    Login("operator", Role.OPERATOR, "watches jobs, queues and encoders"),
    Login("member", Role.MEMBER, "a newcomer, whose first clicks shape the feed"),
    Login(REGULAR, Role.MEMBER, "a regular of three months"),
)


@transaction.atomic
def ensure_logins(password: str) -> None:
    """Create the demo logins, or give existing ones their role and ``password``; safe to call again."""
    users = get_user_model()
    for login in LOGINS:
        is_admin = not login.role
        user, _created = users.objects.get_or_create(username=login.username)
        Profile.objects.get_or_create(user=user)
        if not user.check_password(password):
            user.set_password(password)
        user.is_staff = user.is_superuser = is_admin
        user.save(update_fields=["password", "is_staff", "is_superuser"])
        if login.role:
            user.groups.add(Group.objects.get(name=login.role))
