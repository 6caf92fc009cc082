"""What refused rows, failed imports and failed media say is marked for translation, and translated."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.utils.translation import gettext, ngettext, override

from tests.conftest import ROOT
from tests.web.test_translations import texts_of

PLACES = (
    "analytics/engine/sentiment",
    "analytics/services/documents",
    "analytics/services/exports.py",
    "analytics/services/scoring/plugs.py",
    "recommender/engine/encoders",
    "recommender/engine/formats",
    "recommender/engine/graph/files.py",
    "recommender/engine/index",
    "recommender/engine/preprocess",
    "recommender/services/imports",
    "recommender/services/snapshots",
    "recommender/services/choosing.py",
    "recommender/services/encode.py",
    "recommender/services/events.py",
    "recommender/services/jobs.py",
    "recommender/services/loaded.py",
    "recommender/services/preprocess.py",
    "recommender/services/queries.py",
    "recommender/services/recommend/similar.py",
    "recommender/services/renditions.py",
    "recommender/services/sources.py",
    "recommender/services/sweep.py",
)
#: What is called with sentences for people; of errors of Python itself they see the kind at most.
TELLING = re.compile(
    r"(?!OSError|ValueError)\w+Error|TooMuch|PrivateAddress|JobCancelled|Unreadable|Mistake|RowProblem|_problem|_overfull|_lost|_unavailable|refuse|say|tell|kept"
)
BY_COLUMN = {"tell", "kept"}

HAN = re.compile("[\u4e00-\u9fff]")
VALUE = re.compile(r"%\(\w+\)s|{\w+}")


def files() -> list[Path]:
    found = [ROOT / place for place in PLACES]
    return sorted(file for path in found for file in ([path] if path.is_file() else path.glob("*.py")))


def unmarked(code: str) -> list[str]:
    """Sentences that a call tells people without a mark, by their place."""
    found = []
    for call in (node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)):
        called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        by_column = [word.value for word in call.keywords] if called in BY_COLUMN else []
        for part in [*call.args, *by_column] if TELLING.fullmatch(called) else []:
            written = isinstance(part, ast.Constant) and isinstance(part.value, str) and " " in part.value
            if written or isinstance(part, ast.JoinedStr):
                found.append(f"line {part.lineno}: {ast.unparse(part)}")
    return found


def test_a_sentence_without_a_mark_is_found() -> None:
    assert unmarked('raise FormatError(f"{name} is odd.", "Mend it now.")') == [
        "line 1: f'{name} is odd.'",
        "line 1: 'Mend it now.'",
    ]
    assert unmarked('batch.tell(error="It is odd.", remedy=_("Mend it now."))') == ["line 1: 'It is odd.'"]
    assert unmarked('raise FormatError(say(_("{name} is odd."), name=name), _("Mend it now."))') == []


@pytest.mark.parametrize("file", files(), ids=lambda file: str(file.relative_to(ROOT)))
def test_nothing_is_told_without_a_mark(file: Path) -> None:
    assert unmarked(file.read_text(encoding="utf-8")) == []


def test_every_marked_sentence_is_told_in_chinese() -> None:
    marked = set().union(*(texts_of(file.read_text(encoding="utf-8")) for file in files()))
    assert len(marked) > 150
    marked = {text for text in marked if re.search(r"[a-z]", VALUE.sub("", text))}
    with override("zh-hans"):
        bare = {text for text in marked if not HAN.search(gettext(text)) and not HAN.search(several(text))}
    assert bare == set()


def several(text: str) -> str:
    """A sentence with a number, by its singular: Chinese has one form."""
    return ngettext(text, text, 2)
