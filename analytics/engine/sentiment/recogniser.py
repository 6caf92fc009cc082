"""Speech turned into words: what every recogniser promises, and what is wrong with one, told without loading.

``pocketsphinx``, ``faster-whisper:FOLDER`` and ``sherpa-onnx:FOLDER`` are known. Importing this loads none of
their packages; ``load_recogniser`` does, in workers. Nothing is ever fetched from a network.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol, runtime_checkable

from analytics.contracts import Transcript
from recommender.contracts import Clip
from recommender.engine.encoders.specifications import Mistake
from recommender.errors import RecommenderError
from recommender.said import gettext_noop as _
from recommender.said import quoted, say

SETTING = "SPEECH_RECOGNISER"
_BLOCK = 1 << 20
_FORMS = "pocketsphinx, faster-whisper:FOLDER, sherpa-onnx:FOLDER"


@runtime_checkable
class Recogniser(Protocol):
    """Turns recordings into words. One thread at a time listens; an implementation sees to that.

    Attributes:
        key: its name, and a hash that changes with whatever it reads its words from.
        languages: what it understands, such as ``en``; empty where it finds the language out by itself.
    """

    @property
    def key(self) -> str: ...

    @property
    def languages(self) -> frozenset[str]: ...

    def transcribe(self, clip: Clip) -> Transcript:
        """What is said in ``clip`` (16 kHz). The same recording gives the same words, whatever came before.

        Raises whatever the library below it raises.
        """
        ...


@dataclass(frozen=True, slots=True)
class Remembered:
    """In a recogniser's place where none may listen: what it heard before counts, all else is silent."""

    key: str
    languages: frozenset[str]

    def transcribe(self, clip: Clip) -> Transcript:
        """No words: whoever has them from before does not ask."""
        return Transcript("", by=self.key)


@dataclass(frozen=True, slots=True)
class Backend:
    """One kind of recogniser.

    Attributes:
        package: that it imports; ``install``: what to type where that is missing.
        module: that has ``load(plug)`` and, where a folder is needed, ``folder_mistake(path)``.
        needs_folder: its model lies in a folder; else it comes with the package.
    """

    package: str
    install: str
    module: str
    needs_folder: bool


_HERE = "analytics.engine.sentiment.recogniser_"
BACKENDS: Mapping[str, Backend] = {
    "pocketsphinx": Backend("pocketsphinx", "pip install 'pocketsphinx>=5.1'", f"{_HERE}sphinx", False),
    "faster-whisper": Backend("faster_whisper", "pip install 'faster-whisper>=1.2'", f"{_HERE}whisper", True),
    "sherpa-onnx": Backend("sherpa_onnx", "pip install 'sherpa-onnx>=1.12'", f"{_HERE}sherpa", True),
}


@dataclass(frozen=True, slots=True)
class SpeechPlug:
    """Which recogniser, as the settings say it.

    Attributes:
        spec: ``KIND`` or ``KIND:FOLDER``.
        device: ``auto``, ``cpu`` or ``cuda``, with an optional ``:index``.
    """

    spec: str
    device: str = "auto"

    @property
    def kind(self) -> str:
        return self.spec.partition(":")[0].strip()

    @property
    def folder(self) -> Path | None:
        """The folder of its model; None where it names none."""
        rest = self.spec.partition(":")[2].strip()
        return Path(rest).expanduser() if rest else None

    @property
    def name(self) -> str:
        """For people: a folder by its last part, so that no place of this machine gets into reports."""
        return f"{self.kind}:{self.folder.resolve().name}" if self.folder else self.kind


def mistake_in(plug: SpeechPlug) -> Mistake | None:
    """The first mistake that shows without loading anything."""
    backend = BACKENDS.get(plug.kind)
    if backend is None:
        told = say(_("{name} names no recogniser."), name=repr(plug.spec))
        return Mistake(told, say(_("Write one of: {forms}."), forms=_FORMS))
    if backend.needs_folder and plug.folder is None:
        return Mistake(
            say(_("{kind} says no folder."), kind=plug.kind),
            say(_("Write {kind}:FOLDER, the folder of a model on this machine."), kind=plug.kind),
        )
    if not backend.needs_folder and plug.folder is not None:
        told = say(_("{kind} brings its own model and takes no folder."), kind=plug.kind)
        return Mistake(told, say(_("Write {kind} alone."), kind=plug.kind))
    if find_spec(backend.package) is None:
        told = say(_("The package {name} is not installed."), name=backend.package)
        return Mistake(told, say(_("Install it: {command}"), command=backend.install), here=True)
    if plug.folder is None:
        return None
    if not plug.folder.is_dir():
        return Mistake(
            say(_("There is no folder {path}."), path=str(plug.folder)),
            _("Give the folder of a model; nothing is downloaded in its place."),
            here=True,
        )
    look: Callable[[Path], Mistake | None] = import_module(backend.module).folder_mistake
    try:
        return look(plug.folder)
    except OSError as error:
        told = say(_("{name} cannot be read ({error})."), name=str(plug.folder), error=str(error.strerror))
        return Mistake(told, _("Let the site read it."), here=True)


def load_recogniser(plug: SpeechPlug) -> Recogniser:
    """The recogniser that ``plug`` names, from files of this machine alone.

    Raises:
        RecommenderError: it is not there, or its files are not what they should be.
    """
    if mistake := mistake_in(plug):
        told = say(_("The recogniser cannot be loaded: {reason}"), reason=quoted(mistake.message))
        raise RecommenderError(told, mistake.remedy)
    load: Callable[[SpeechPlug], Recogniser] = import_module(BACKENDS[plug.kind].module).load
    try:
        return load(plug)
    except RecommenderError:
        raise
    except Exception as error:  # the library raises whatever damaged files and missing libraries raise
        reason = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise RecommenderError(
            say(_("The recogniser {name} cannot be loaded: {reason}"), name=plug.name, reason=reason),
            _("Check that its folder is whole and that its package is of the right version."),
        ) from error


def key_of(name: str, files: Iterable[Path], *more: str) -> str:
    """``NAME@hash`` of the files' names and contents, and of whatever else decides what is heard."""
    digest = hashlib.sha256("\n".join(more).encode())
    for path in sorted(files):
        digest.update(path.name.encode())
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    return f"{name}@{digest.hexdigest()[:16]}"
