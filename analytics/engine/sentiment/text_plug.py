"""A text model of somebody else's in place of the shipped one: what is wrong with it, told without loading.

Any Hugging Face model for sequence classification, by name or from a folder. Importing this loads neither
torch nor transformers; ``text_transformer`` does, in workers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from analytics.contracts import LABELS, Label
from analytics.engine.sentiment.text_labels import SETTING, meanings
from recommender.engine.encoders.specifications import Mistake
from recommender.errors import RecommenderError
from recommender.said import gettext_noop as _
from recommender.said import say

PACKAGE = "transformers"
INSTALL = "pip install 'transformers>=5'"
#: What is said of fusion while another text model reads: its evidence was measured with the shipped one.
FUSION_NOTE = (
    "Fusion was measured with the shipped text model, so it is switched off beside another one. "
    "Channels are not fused: the words decide, then the photo, then the voice."
)
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[\w.-]+)?", re.ASCII)
_WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
_TOKENIZER = ("tokenizer.json", "vocab.txt", "vocab.json", "*.model")


@dataclass(frozen=True, slots=True)
class TextPlug:
    """Which model, as the settings say it.

    Attributes:
        spec: its name on the Hugging Face hub, or a folder.
        labels: what its outputs mean, in order; empty where their names say it.
        device: ``auto``, ``cpu`` or ``cuda``, with an optional ``:index``.
    """

    spec: str
    labels: tuple[str, ...] = ()
    device: str = "auto"

    @property
    def folder(self) -> Path | None:
        """The folder it names; None for a name on the hub."""
        path = Path(self.spec).expanduser()
        return path if self.spec[:1] in "/~." or path.is_dir() else None

    @property
    def name(self) -> str:
        """For people: a folder by its last part, so that no place of this machine gets into reports."""
        return self.folder.resolve().name if self.folder else self.spec


def mistake_in(plug: TextPlug) -> Mistake | None:
    """The first mistake; a name on the hub and the weights can still be wrong where there is none."""
    if unknown := [word for word in plug.labels if word.lower() not in LABELS]:
        return Mistake(
            say(_("{setting} holds {words}."), setting=SETTING, words=", ".join(unknown)),
            say(_("Each of its words is one of {labels}."), labels=", ".join(LABELS)),
        )
    if find_spec(PACKAGE) is None:
        told = say(_("The package {name} is not installed."), name=PACKAGE)
        return Mistake(told, say(_("Install it: {command}"), command=INSTALL), here=True)
    if plug.folder is not None:
        return folder_mistake(plug)
    if not _HUB_NAME.fullmatch(plug.spec):
        return Mistake(
            say(_("{name} is neither a folder nor a name on the hub."), name=repr(plug.spec)),
            _("Write OWNER/NAME, or the path of a folder that save_pretrained wrote."),
        )
    return None


def folder_mistake(plug: TextPlug) -> Mistake | None:
    """Why no text model can be read from the plug's folder."""
    folder = plug.folder
    remedy = _("Give a folder that save_pretrained wrote for a model and its tokenizer.")
    if folder is None or not folder.is_dir():
        return Mistake(say(_("There is no folder {path}."), path=plug.spec), remedy, here=True)
    try:
        told = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        names = label_names(told)
    except (OSError, ValueError, AttributeError, TypeError) as error:
        problem = say(_("{name} cannot be read ({error})."), name=f"{folder}/config.json", error=str(error))
        return Mistake(problem, remedy, here=True)
    lacking = ((_WEIGHTS, _("{folder} holds no weights.")), (_TOKENIZER, _("{folder} holds no tokenizer.")))
    for patterns, lack in lacking:
        if not any(any(folder.glob(pattern)) for pattern in patterns):
            return Mistake(say(lack, folder=str(folder)), remedy, here=True)
    try:
        meanings(names, plug.labels)
    except RecommenderError as error:
        return Mistake(error.message, error.remedy)
    return None


def label_names(config: Mapping[str, Any]) -> list[str]:
    """Names of the outputs, in order; transformers leaves out of a configuration what is its default."""
    named = config.get("id2label")
    if named is None:
        return [f"LABEL_{number}" for number in range(int(config.get("num_labels", 2)))]
    return [str(named[key]) for key in sorted(named, key=int)]


def told_labels(names: list[str], labels: tuple[Label, ...]) -> str:
    """``LABEL_0 = negative, ...``, for the page."""
    return ", ".join(f"{name} = {label}" for name, label in zip(names, labels, strict=True))
