"""What the suite repeats with other parts behind the site, from its first test on, beside all others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

import pytest

from tests import postgres, s3
from tests.again import Repetition, repeated

#: Tests whose subject touches the database; the rest would only repeat itself.
_ABOUT_THE_DATABASE = (
    "services",
    "api",
    "web",
    "analytics/services",
    "analytics/api",
    "analytics/web",
)
#: Tests that keep media, read them or show them.
_ABOUT_MEDIA = (
    "services/test_imports_fetching.py",
    "services/test_imports_items.py",
    "services/test_imports_media.py",
    "services/test_imports_notes.py",
    "services/test_imports_upload.py",
    "services/test_preprocess.py",
    "services/test_queries.py",
    "services/test_sweep.py",
    "services/test_encode.py",
    "web/test_imports.py",
    "web/test_item.py",
    "web/test_media.py",
    "web/test_told.py",
    "api/test_imports.py",
    "api/test_items.py",
    "api/test_search.py",
    "analytics/services/test_regions.py",
    "analytics/services/test_scoring.py",
)
#: What runs beside the others, in the order in which it begins and is waited for: the longest last.
_BESIDE = ("in_a_bucket", "on_postgresql")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """``DATABASE_URL`` of a PostgreSQL started for this test run alone; skips where it is not installed."""
    yield from postgres.temporary_cluster()


@pytest.fixture(scope="session")
def on_postgresql(postgres_url: str) -> Iterator[Repetition]:
    """The tests of what touches the database, under way on PostgreSQL."""
    with repeated(_places(_ABOUT_THE_DATABASE), DATABASE_URL=postgres_url) as passed:
        yield passed


@pytest.fixture(scope="session")
def in_a_bucket() -> Iterator[Repetition]:
    """The tests of what touches media, under way with a bucket that keeps those."""
    with (
        s3.bucket_beside() as address,
        repeated(_places(_ABOUT_MEDIA), MEDIA_STORAGE=address, **s3.CREDENTIALS) as passed,
    ):
        yield passed


@pytest.fixture(scope="session", autouse=True)
def begun_early(request: pytest.FixtureRequest) -> None:
    """What runs beside the others begins before the first of them, if it is asked for at all."""
    for name in _BESIDE:
        if wanted(name, request.session.items):
            with suppress(Exception, pytest.skip.Exception):  # the test that waits for it says why not
                request.getfixturevalue(name)


def wanted(name: str, items: Sequence[pytest.Item]) -> bool:
    """Whether a test waits for what runs beside the others under this name."""
    return any(name in _fixtures(item) for item in items)


def waited_for_last(items: list[pytest.Item]) -> None:
    """Put what only waits for tests beside the others behind all of them, the longest last."""
    items.sort(key=lambda item: [name in _fixtures(item) for name in reversed(_BESIDE)])


def _fixtures(item: pytest.Item) -> Sequence[str]:
    return getattr(item, "fixturenames", ())


def _places(names: Sequence[str]) -> list[str]:
    return [f"tests/{name}" for name in names]
