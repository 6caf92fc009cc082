"""Who uses the site: a profile beside each account, the roles it can hold, the tokens of its programs."""

from __future__ import annotations

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """Names of the groups that stand for roles; a superuser holds them all."""

    MEMBER = "member", _("member")
    CATALOGUE_ADMIN = "catalogue admin", _("catalogue admin")
    ANALYST = "analyst", _("analyst")
    OPERATOR = "operator", _("operator")


class Profile(models.Model):
    """What one person has chosen: language, look, and how their feed is mixed."""

    class Theme(models.TextChoices):
        AUTO = "auto", _("like my device")
        LIGHT = "light", _("light")
        DARK = "dark", _("dark")

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="profile")
    display_name = models.CharField(_("name shown"), max_length=80, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    theme = models.CharField(_("theme"), max_length=5, choices=Theme, default=Theme.AUTO)
    #: source name to weight in [0, 1]; missing sources count as 1
    mixture = models.JSONField(_("feed mixture"), default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.display_name or self.user.get_username()


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def valid(self) -> Self:
        """Not expired, and of somebody who may still log in."""
        lasting = Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now())
        return self.filter(lasting, user__is_active=True)


class ApiToken(models.Model):
    """What a program shows instead of a password. Only its digest is kept: a stolen table opens nothing."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=80)
    #: sha256 of the token, hex; the token itself is random enough to need no salt
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="api_token_name_once_per_user")]

    def __str__(self) -> str:
        return f"{self.name} of {self.user_id}"


class RolePermission(models.Model):  # noqa: DJ008 (it has no rows to name)
    """Holds the site's own permissions; has no table."""

    class Meta:
        managed = False
        default_permissions = ()
        permissions: ClassVar = [
            ("manage_catalogue", "May upload and mend catalogues"),
            ("view_jobs", "May follow and cancel jobs"),
            ("view_analytics", "May read reports"),
            ("operate", "May operate queues, encoder and index"),
        ]
