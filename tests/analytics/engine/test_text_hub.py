"""A text model by its name on the hub, from a cache laid out as the hub lays it out; no network is asked."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.analytics.engine.tiny_bert import make_tiny_bert
from tests.conftest import ROOT

REVISION = "0123456789abcdef0123456789abcdef01234567"
#: Where nobody listens: whoever asks the hub is refused, and says so.
NOWHERE = "http://127.0.0.1:9"
#: Loads each model in a process of its own, because the library looks at the environment once.
LOAD = """
import json, sys
from analytics.engine.sentiment.text_plug import TextPlug
from analytics.engine.sentiment.text_transformer import TransformerText
from recommender.errors import RecommenderError

found = {}
for name in sys.argv[1:]:
    try:
        model = TransformerText.load(TextPlug(name, (), "cpu"))
        found[name] = [model.key, model.read(["the lamp is good", "bad"]).argmax(1).tolist()]
    except RecommenderError as error:
        found[name] = [error.message, error.remedy]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """HF_HOME with a whole model, one without its weights, and one without its tokenizer."""
    home = tmp_path_factory.mktemp("huggingface")
    whole, part, mute = (home / "hub" / f"models--shop--{name}" for name in ("tiny", "part", "mute"))
    make_tiny_bert(whole / "snapshots" / REVISION)
    (whole / "refs").mkdir()
    (whole / "refs" / "main").write_text(REVISION, encoding="utf-8")
    shutil.copytree(whole, part)
    (part / "snapshots" / REVISION / "model.safetensors").unlink()
    shutil.copytree(whole, mute)
    (mute / "snapshots" / REVISION / "tokenizer.json").unlink()
    return home


def loaded(home: Path, *names: str, **environment: str) -> tuple[dict[str, list], str]:
    """What came of each name, and what was said beside it."""
    hidden = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE")
    env = {name: value for name, value in os.environ.items() if name not in hidden}
    env |= {"HF_HOME": str(home), "HF_ENDPOINT": NOWHERE, **environment}
    answer = subprocess.run(
        [sys.executable, "-c", LOAD, *names], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr[-4000:]
    return json.loads(answer.stdout.splitlines()[-1]), answer.stderr


def test_a_name_that_was_fetched_before_is_read_without_asking_the_hub(home: Path) -> None:
    found, said = loaded(home, "shop/tiny")
    key, labels = found["shop/tiny"]
    assert key.startswith("shop/tiny@")
    assert labels == [2, 0]
    assert NOWHERE not in said


def test_a_name_that_is_not_here_is_told_with_what_to_do(home: Path) -> None:
    found, _ = loaded(home, "shop/absent", "shop/part", "shop/mute", HF_HUB_OFFLINE="1")
    for name, (message, remedy) in found.items():
        assert f"{name} cannot be loaded: " in message
        assert "needs the network once" in remedy
        assert "folder" in remedy
    assert "model.safetensors" in found["shop/part"][0]
    assert "tokenizer" in found["shop/mute"][0]
