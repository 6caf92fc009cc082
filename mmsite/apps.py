"""The project as a Django application: its commands, and checks that find a mistake before it does harm."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class MmsiteConfig(AppConfig):
    name = "mmsite"

    def ready(self) -> None:
        from django.core.checks import register

        # What the web measures is read by other processes, which must know of it.
        from mmsite import checks, measure  # noqa: F401

        for check in checks.CHECKS:
            register(check)


class DatabasePagesConfig(admin_apps.AdminConfig):
    """Django's admin with the site's own rule of who may open it."""

    default = False  # of this package, MmsiteConfig is
    default_site = "mmsite.database_pages.DatabasePages"
