"""The index of words outlives a migration that makes the table of items anew."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection
from django.db.models.signals import post_migrate, pre_migrate

from recommender.models import Item
from recommender.services.lexical import find_words
from recommender.services.word_triggers import _TRIGGERS

pytestmark = pytest.mark.django_db(transaction=True)


def found(text: str) -> list[int]:
    return find_words(text, limit=10).ids


@pytest.fixture(autouse=True)
def _sqlite() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL changes a table where it stands")


def migrate(rebuild: bool = False, app: str = "recommender") -> None:
    """A migration of ``app``, which makes the table of items anew as any change of a column does."""
    config = apps.get_app_config("recommender")
    plan = [(type("Migration", (), {"app_label": app})(), False)]
    told = {"using": "default", "verbosity": 0, "interactive": False, "plan": plan, "apps": apps}
    pre_migrate.send(config, app_config=config, **told)
    if rebuild:
        with connection.constraint_checks_disabled(), connection.schema_editor() as editor:
            editor._remake_table(Item)  # type: ignore[attr-defined]
    post_migrate.send(config, app_config=config, **told)


def test_words_are_followed_after_a_migration_that_rebuilt_the_items() -> None:
    first = Item.objects.create(external_id="1", title="Velvet armchair")
    migrate(rebuild=True)
    assert found("velvet") == [first.pk]
    later = Item.objects.create(external_id="2", title="Velvet bench")
    assert found("bench") == [later.pk]
    Item.objects.filter(pk=later.pk).delete()
    assert found("bench") == []


def test_what_a_migration_that_broke_off_left_behind_is_made_good_by_the_next() -> None:
    with connection.cursor() as cursor:
        for name in _TRIGGERS:
            cursor.execute(f"DROP TRIGGER {name}")
    missed = Item.objects.create(external_id="1", title="Velvet stool")
    assert found("stool") == []
    migrate(app="auth")
    assert found("stool") == [missed.pk]


def test_migrations_of_other_applications_leave_the_index_alone() -> None:
    Item.objects.create(external_id="1", title="Velvet armchair")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM recommender_item_words")
    migrate(app="auth")
    assert found("velvet") == []
    migrate(app="recommender")
    assert found("velvet") != []
