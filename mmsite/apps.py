"""The project as a Django application: its commands, and checks that find a mistake before it does harm."""

from django.apps import AppConfig


class MmsiteConfig(AppConfig):
    name = "mmsite"

    def ready(self) -> None:
        from django.core.checks import register

        from mmsite import checks

        for check in checks.CHECKS:
            register(check)
