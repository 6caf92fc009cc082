"""What is wrong with a specification as far as it shows without loading anything."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from recommender.engine.encoders.base import DEFAULT_ENCODER
from recommender.engine.encoders.registry import encoder_card
from recommender.errors import EncoderError
from recommender.said import gettext_noop as _
from recommender.said import say

_WEIGHTS = (".safetensors", ".pt", ".pth", ".bin")


@dataclass(frozen=True, slots=True)
class Mistake:
    """Why a specification cannot be loaded, and what to do about it.

    Attributes:
        here: only this machine lacks something; the one that encodes may have it.
    """

    message: str
    remedy: str
    here: bool = False


def mistake_in(spec: str) -> Mistake | None:
    """The first mistake in ``spec``; tags, weights and factories can still be wrong where there is none."""
    kind, _colon, rest = spec.partition(":")
    try:
        encoder_card(spec)
        if kind == "open_clip":
            return _named_mistake(rest)
        if kind == "local-dir":
            return folder_mistake(Path(rest).expanduser())
        return _factory_mistake(rest) if kind == "python" else None
    except EncoderError as error:
        return Mistake(error.message, error.remedy)
    except OSError as error:
        told = say(_("{name} cannot be read ({error})."), name=spec, error=str(error.strerror))
        return Mistake(told, _("Let the site read it."), here=True)


def _named_mistake(rest: str) -> Mistake | None:
    """Of MODEL/TAG or MODEL/path: the name, and the file where it can be nothing else."""
    model, _slash, source = rest.partition("/")
    names = model_names()
    if names and model not in names:
        return unknown_model(model, names)
    if not source:
        told = say(_("{spec} says no weights."), spec=f"open_clip:{model}")
        return Mistake(told, _("Write open_clip:MODEL/TAG."))
    is_path = "/" in source or source.endswith(_WEIGHTS)
    if is_path and checkpoint_at(source) is None:
        told = say(_("There is no checkpoint file {path}."), path=source)
        return Mistake(told, _("Give the path of a file."), here=True)
    return None


def _factory_mistake(rest: str) -> Mistake | None:
    module, _colon, attribute = rest.partition(":")
    if not all(part.isidentifier() for part in [*module.split("."), attribute]):
        told = say(_("{spec} names no factory."), spec=f"python:{rest}")
        return Mistake(told, _("Write python:package.module:factory."))
    package = module.partition(".")[0]
    if find_spec(package) is None:
        told = say(_("There is no package {package} for {spec}."), package=package, spec=f"python:{rest}")
        return Mistake(told, _("Put it on the Python path."), here=True)
    return None


# -- what loading asks as well ------------------------------------------------------------------------------


def model_names() -> list[str]:
    """The models that open_clip has, read without importing it; empty where it is not installed."""
    found = find_spec("open_clip")
    folders = found.submodule_search_locations if found else None
    return sorted(path.stem for folder in folders or [] for path in Path(folder).glob("model_configs/*.json"))


def unknown_model(name: str, names: Iterable[str]) -> Mistake:
    close = ", ".join(difflib.get_close_matches(name, names, n=3, cutoff=0.0))
    told = say(_("open_clip has no model {name}."), name=repr(name))
    return Mistake(told, say(_("Near it: {names}."), names=close))


def checkpoint_at(source: str) -> Path | None:
    """The file that ``source`` names; the slash before it may be the one that ends the model's name."""
    for candidate in (Path(source).expanduser(), Path("/" + source)):
        if source and candidate.is_file():
            return candidate.resolve()
    return None


def folder_mistake(folder: Path) -> Mistake | None:
    """Why an encoder cannot be read from ``folder``: it lacks a configuration, or weights."""
    if (folder / f"{DEFAULT_ENCODER}.json").is_file():
        return None
    if not (folder / "open_clip_config.json").is_file():
        return Mistake(
            say(_("{folder} holds no open_clip_config.json."), folder=str(folder)),
            _("Give a folder saved by open_clip or its hub."),
            here=True,
        )
    if not weights_in(folder):
        return Mistake(
            say(_("{folder} holds no weights."), folder=str(folder)),
            _("Put open_clip_model.safetensors (or .pt, .bin) beside the configuration."),
            here=True,
        )
    return None


def weights_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix in _WEIGHTS and path.is_file())
