"""Django application of the catalogue, its index and the recommender."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class RecommenderConfig(AppConfig):
    name = "recommender"
    verbose_name = _("Recommender")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import recommender.services.measured  # noqa: F401 (every process knows what is measured)
        from recommender.services.roles import ensure_roles
        from recommender.services.word_triggers import bring_back, put_aside

        post_migrate.connect(ensure_roles, sender=self, dispatch_uid="recommender.roles")
        pre_migrate.connect(put_aside, sender=self, dispatch_uid="recommender.words")
        post_migrate.connect(bring_back, sender=self, dispatch_uid="recommender.words")
