"""Fixtures every test may use."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from tests import beside, s3
from tests.beside import begun_early, in_a_bucket, on_postgresql, postgres_url

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from playwright.sync_api import Browser, Page

__all__ = ["begun_early", "in_a_bucket", "on_postgresql", "postgres_url"]
ROOT = Path(__file__).resolve().parent.parent
CHROMIUM_FLAGS = [
    "--no-sandbox",  # containers and root have no user namespaces; tests only
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]

# How fast a machine makes up examples is no property of the site.
hypothesis_settings.register_profile("site", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("site")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data sets."""
    return data_folder()


def data_folder() -> Path:
    """Where it was looked for is said by a skip, or by a failure if MMSITE_TESTS_NEED_DATA is set."""
    folder = Path(os.environ.get("MMSITE_DATA", ROOT.parent / "shared" / "data")).resolve()
    if not folder.is_dir():
        told = f"real data sets are absent: no folder {folder} (set MMSITE_DATA)"
        if os.environ.get("MMSITE_TESTS_NEED_DATA", "0") not in ("", "0"):
            pytest.fail(told, pytrace=False)
        pytest.skip(told)
    return folder


# -- Redis and files ----------------------------------------------------------------------------------------


@pytest.fixture(scope="session", autouse=True)
def redis_server() -> Iterator[Any]:
    """A real Redis of this test run's own, on a unix socket; yields a client."""
    from django.conf import settings

    from mmsite import processes

    server = subprocess.Popen(processes.redis().command, stdout=subprocess.DEVNULL)
    try:  # who interrupts the run may do so while the server starts
        client = _answering(server)
        yield client
        client.close()
    finally:
        server.terminate()
        server.wait(10)
        shutil.rmtree(settings.VAR_DIR, ignore_errors=True)


def _answering(server: subprocess.Popen[bytes]) -> Any:
    """A client of ``server``, once it answers."""
    from django.conf import settings
    from redis import Redis
    from redis.exceptions import ConnectionError as RedisConnectionError

    client = Redis.from_url(settings.REDIS_URL)
    deadline = time.monotonic() + 10
    while True:
        try:
            client.ping()
            return client
        except (RedisConnectionError, FileNotFoundError):
            if server.poll() is not None or time.monotonic() > deadline:
                pytest.exit(f"Redis did not start; see {settings.VAR_DIR / 'redis.log'}", returncode=3)
            time.sleep(0.01)


@pytest.fixture(autouse=True)
def _own_files(redis_server: Any, settings: Any, tmp_path: Path) -> Iterator[None]:
    """Media, indexes, graphs and Redis keys of one test are never seen by the next."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.INDEX_ROOT = tmp_path / "index"
    settings.GRAPH_ROOT = tmp_path / "graph"
    settings.SENTIMENT_ROOT = tmp_path / "sentiment"
    settings.EXPORT_ROOT = tmp_path / "exports"
    if settings.MEDIA_STORAGE:
        settings.STORAGES = {**settings.STORAGES, "default": s3.below(settings.MEDIA_STORAGE, tmp_path.name)}
    yield
    redis_server.flushall()
    _forget_what_is_open()


def _forget_what_is_open() -> None:
    """What the process holds of this test's database: space, index, graph, items, rankings, queries."""
    from analytics.services.monitoring.lights import forget_lights
    from analytics.services.monitoring.media_storage import forget_storage
    from analytics.services.monitoring.store import forget_known_series
    from analytics.services.scoring import forget_scorer
    from recommender.services import queries, recommend, search
    from recommender.services.index import forget_index
    from recommender.services.snapshots import forget_store
    from recommender.services.spaces import forget_current_space
    from recommender.services.train import forget_graph
    from recommender.web.feed import forget_surroundings

    forget_current_space()
    forget_index()
    forget_store()
    forget_graph()
    recommend.forget()
    forget_surroundings()
    search.forget()
    queries.forget_vectors()
    forget_scorer()
    forget_known_series()
    forget_lights()
    forget_storage()


# -- people -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cast:
    """One person of every role, and ``outsider``, a second member."""

    member: User
    outsider: User
    catalogue_admin: User
    analyst: User
    operator: User
    superuser: User


@pytest.fixture
def cast(db: None) -> Cast:
    """The permanent cast; everybody's password is ``secret-enough``."""
    from django.contrib.auth.models import Group, User

    from recommender.models import Role

    def person(name: str, role: str) -> User:
        user = User.objects.create_user(name, password="secret-enough")
        user.groups.add(Group.objects.get(name=role))
        return user

    return Cast(
        member=person("mary", Role.MEMBER),
        outsider=person("oscar", Role.MEMBER),
        catalogue_admin=person("carol", Role.CATALOGUE_ADMIN),
        analyst=person("anna", Role.ANALYST),
        operator=person("otto", Role.OPERATOR),
        superuser=User.objects.create_superuser("root", password="secret-enough"),
    )


# -- a browser ----------------------------------------------------------------------------------------------


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever uses the browser, PostgreSQL, a bucket or a GPU carries its marker, so that ``-m`` knows it.

    A run on a bucket leaves out what is about files of this machine.
    """
    from django.conf import settings

    elsewhere = pytest.mark.skip(reason="about media in a folder of this machine")
    for item in items:
        names = getattr(item, "fixturenames", ())
        if "browser" in names:
            item.add_marker(pytest.mark.browser)
        if "postgres_url" in names:
            item.add_marker(pytest.mark.postgres)
        if "bucket_url" in names or "in_a_bucket" in names:
            item.add_marker(pytest.mark.bucket)
        if "cuda" in names:
            item.add_marker(pytest.mark.cuda)
        if settings.MEDIA_STORAGE and item.get_closest_marker("local_media"):
            item.add_marker(elsewhere)
    beside.waited_for_last(items)


def chromium_program() -> str:
    """Path of Debian's Chromium; skips with the command that installs it."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium on the PATH: sudo apt-get install chromium fonts-noto-cjk")
    return program


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, headless."""
    program = chromium_program()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, headless=True, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens pages with a profile of their own; arguments are those of a browser context (viewport, locale).

    The test fails if any page broke the Content-Security-Policy or raised an error of its own.
    """
    contexts, complaints = [], []

    def note(message: Any) -> None:
        # A refused or broken request is an answer under test, not a fault of the page; nor is one that htmx
        # gave up because the next replaced it.
        expected = ("Failed to load resource", "htmx:sendError", "htmx:sendAbort", "htmx:afterRequest")
        if message.type == "error" and not any(text in message.text for text in expected):
            complaints.append(message.text)

    def open_page(**options: Any) -> Page:
        contexts.append(browser.new_context(**({"locale": "en"} | options)))
        page = contexts[-1].new_page()
        page.set_default_timeout(15_000)
        page.on("console", note)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints, f"the browser's console: {complaints}"


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A page on a desk."""
    return new_page(viewport={"width": 1280, "height": 900})


@pytest.fixture
def phone(new_page: Callable[..., Page]) -> Page:
    """A page on a phone, with touch."""
    return new_page(
        viewport={"width": 390, "height": 844}, device_scale_factor=2, is_mobile=True, has_touch=True
    )


@pytest.fixture
def live_site(transactional_db: None, live_server: Any) -> str:
    """Address of the site in a thread of this process; tasks run as they are queued."""
    return live_server.url


@pytest.fixture
def log_in(live_site: str) -> Callable[[Page, User], None]:
    """Signs a page in as a user, without the form."""
    from django.conf import settings
    from django.test import Client

    def sign_in(page: Page, user: User) -> None:
        client = Client()
        client.force_login(user)
        value = client.cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": live_site, "httpOnly": True}]
        )

    return sign_in


# -- a bucket -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def bucket_url() -> Iterator[str]:
    """``MEDIA_STORAGE`` of a bucket of this test run alone."""
    yield from s3.temporary_bucket()


@pytest.fixture
def bucket(bucket_url: str, settings: Any, tmp_path: Path) -> str:
    """Media of this test lie in a bucket; gives its address."""
    settings.STORAGES = {**settings.STORAGES, "default": s3.below(bucket_url, tmp_path.name)}
    return s3.address_below(bucket_url, tmp_path.name)


@pytest.fixture
def kept_back(bucket: str) -> Callable[[str], None]:
    """Let the bucket refuse to read one object, as it does with what lies in its archive."""
    from django.core.files.storage import default_storage

    def archive(name: str) -> None:
        storage: Any = default_storage
        key = storage._normalize_name(name)
        place = {"Bucket": storage.bucket_name, "Key": key}
        storage.connection.meta.client.copy_object(**place, CopySource=place, StorageClass="GLACIER")

    return archive


@pytest.fixture
def bucket_refuses(bucket_url: str, settings: Any) -> Callable[[], AbstractContextManager[None]]:
    """As long as it is entered, media are in a bucket that answers, and refuses everything."""

    @contextmanager
    def refuse() -> Iterator[None]:
        here = settings.STORAGES
        place, _, about = bucket_url.partition("?")
        settings.STORAGES = {**here, "default": s3.below(f"{place.partition('/site')[0]}-gone?{about}", "x")}
        yield
        settings.STORAGES = here

    return refuse


@pytest.fixture
def media_away(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[], AbstractContextManager[None]]:
    """As long as it is entered, media are in a bucket whose server is not there."""
    monkeypatch.setattr("mmsite.s3._SEND_TRIES", 1)

    @contextmanager
    def leave() -> Iterator[None]:
        here = settings.STORAGES
        settings.STORAGES = {**here, "default": s3.away()}
        yield
        settings.STORAGES = here

    return leave


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[], AbstractContextManager[None]]:
    """As long as it is entered, nothing can take its place on this machine's disks."""

    def refuse(*_names: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    @contextmanager
    def fill() -> Iterator[None]:
        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", refuse)
            yield

    return fill


# -- a GPU --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def cuda() -> str:
    """Name of the first CUDA device; skips where torch finds none."""
    import torch

    if not torch.cuda.is_available():
        pytest.skip("no GPU: torch.cuda.is_available() is False")
    return "cuda:0"
