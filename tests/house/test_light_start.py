"""The web process stays light: torch is for workers."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.analytics.engine.tiny_bert import make_tiny_bert
from tests.conftest import ROOT
from tests.milvus import milvus_lite
from tests.services.shop import QUICK_ENCODER

LISTENERS = {"faster_whisper", "sherpa_onnx", "pocketsphinx"}
#: What takes long to load and few processes use, each seldom.
SLOW = {"scipy.optimize", "scipy.signal", "scipy.stats", "rjieba", "numba"}
HEAVY = {"torch", "torchvision", "open_clip", "timm", "transformers", "pymilvus"} | LISTENERS
LIGHT_PACKAGES = (
    "mmsite",
    "recommender/web",
    "recommender/api",
    "recommender/services",
    "recommender/models",
    "analytics/web",
    "analytics/api",
    "analytics/services",
    "analytics/models",
)
LIGHT_MODULES = (
    "recommender/tasks.py",
    "recommender/engine/encoders/__init__.py",
    "recommender/apps.py",
    "analytics/tasks.py",
    "analytics/apps.py",
    "analytics/engine/sentiment/recogniser.py",
    "analytics/engine/sentiment/recogniser_sherpa.py",
    "analytics/engine/sentiment/recogniser_sphinx.py",
    "analytics/engine/sentiment/recogniser_whisper.py",
    "analytics/engine/sentiment/text_plug.py",
    "analytics/engine/sentiment/scorer_loading.py",
)

WEB_START = """
import sys
import mmsite.wsgi
from django.urls import get_resolver

def walk(resolver):
    for pattern in resolver.url_patterns:
        if hasattr(pattern, "url_patterns"):
            walk(pattern)
        else:
            assert callable(pattern.callback), pattern

walk(get_resolver())
"""

REQUESTS = """
from django.core.management import call_command
from django.test import Client
from tests.house.asked_site import PLAIN_STATIC_FILES

call_command("migrate", verbosity=0)
PLAIN_STATIC_FILES.enable()
client = Client(SERVER_NAME="localhost")
for address in ("/", "/search/?q=red+dress"):
    answer = client.get(address, follow=True)
    assert answer.status_code == 200, (address, answer.status_code)
"""

STOCK = """
import sys
import django

django.setup()
from tests.house.asked_site import stock

stock()
"""

ASK = """
from tests.house.asked_site import ask

ask()
"""

PLUGGED = """
from django.contrib.auth.models import User

client.force_login(User.objects.create_superuser("root", password="secret-enough"))
assert client.get("/analytics/sentiment/model/").status_code == 200
answer = client.get("/api/v1/analytics/model")
assert answer.status_code == 200, answer.content
answer = client.post("/api/v1/analytics/score", {"text": "It broke."})
assert answer.status_code == 503, answer.content
"""

REPORT = f"""
print("heavy:", sorted(set(sys.modules) & {HEAVY | SLOW}))
"""


def heavy_modules_after(program: str) -> str:
    """What a fresh interpreter has loaded of ``HEAVY`` after running ``program``."""
    answer = subprocess.run(
        [sys.executable, "-c", program + REPORT], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip().splitlines()[-1]


def python_files(place: str) -> list[Path]:
    path = ROOT / place
    return [path] if path.is_file() else sorted(path.rglob("*.py"))


def imported_at_start(path: Path) -> set[str]:
    """Top-level packages that ``path`` imports when it is itself imported."""
    found: set[str] = set()
    waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += node.orelse
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
        waiting += ast.iter_child_nodes(node)
    return found


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from django.conf import settings

    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "mmsite.settings")
    monkeypatch.setenv("MMSITE_VAR", str(tmp_path))
    monkeypatch.setenv("REDIS_URL", settings.REDIS_URL)
    monkeypatch.setenv("QUERY_TIMEOUT", "0.1")


def test_starting_the_web_process_does_not_load_torch() -> None:
    assert heavy_modules_after(WEB_START) == "heavy: []"


def test_a_feed_and_a_text_search_do_not_load_torch() -> None:
    assert heavy_modules_after(WEB_START + REQUESTS) == "heavy: []"


def test_pages_of_a_stocked_site_do_not_load_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENCODER", QUICK_ENCODER)
    heavy_modules_after(STOCK)  # this one is a worker and may have any
    assert heavy_modules_after(WEB_START + ASK) == "heavy: []"


def test_a_plugged_text_model_is_left_to_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTIMENT_TEXT_MODEL", str(make_tiny_bert(tmp_path / "tiny")))
    monkeypatch.setenv("SENTIMENT_TIMEOUT", "0.1")
    assert heavy_modules_after(WEB_START + REQUESTS + PLUGGED) == "heavy: []"


def test_a_recogniser_is_left_to_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pocketsphinx", reason="pocketsphinx, an optional package, is not installed")
    monkeypatch.setenv("SPEECH_RECOGNISER", "pocketsphinx")
    monkeypatch.setenv("SENTIMENT_TIMEOUT", "0.1")
    assert heavy_modules_after(WEB_START + REQUESTS + PLUGGED) == "heavy: []"


def test_a_milvus_that_is_chosen_loads_its_client_and_nothing_else_heavy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with milvus_lite(tmp_path / "milvus") as server:
        monkeypatch.setenv("VECTOR_INDEX", server.setting)
        asked = (
            "from recommender.services.snapshots import snapshot_store\nassert not snapshot_store().trouble()"
        )
        assert heavy_modules_after(WEB_START + REQUESTS + asked) == "heavy: ['pymilvus']"


@pytest.mark.parametrize("place", [*LIGHT_PACKAGES, *LIGHT_MODULES])
def test_light_modules_import_nothing_heavy_at_start(place: str) -> None:
    offenders = {
        str(path.relative_to(ROOT)): heavy
        for path in python_files(place)
        if (heavy := imported_at_start(path) & HEAVY)
    }
    assert not offenders
