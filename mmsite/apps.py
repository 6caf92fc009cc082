"""The project as a Django application: its commands, and checks that find a mistake before it does harm."""

from django.apps import AppConfig


class MmsiteConfig(AppConfig):
    name = "mmsite"

    def ready(self) -> None:
        from django.core.checks import register

        # What the web measures is read by other processes, which must know of it.
        from mmsite import checks, measure  # noqa: F401

        for check in checks.CHECKS:
            register(check)
