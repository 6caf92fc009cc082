"""Loops over characters, words and filters as machine code.

A review is short: taken one call of numpy after the other, what is called costs more than what is computed.
Such loops are compiled when they are first called, which takes half a minute in all; ``warm_up`` does it
beforehand. What came of it is kept for later processes, until any of the sources changes.
"""

from __future__ import annotations

import hashlib
import logging
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numba.core.caching import CompileResultCacheImpl, FunctionCache, UserProvidedCacheLocator

log = logging.getLogger(__name__)
Function = TypeVar("Function", bound=Callable[..., Any])
_SOURCES = Path(__file__).parent


def compiled(function: Function) -> Function:
    """``function`` as machine code.

    Nothing checks that a place is inside an array: whoever calls it answers for that, and weights are checked
    where they are loaded.
    """
    loop: Any = numba.njit(function, nogil=True, error_model="numpy")
    if _KEPT is not None:
        # As the compiler does itself where it is asked to keep code, but for what goes wrong.
        loop._cache = _Cache(function)
    return cast("Function", loop)


def kept_folder() -> Path | None:
    """Where machine code of these very sources is kept; None where none can be.

    The compiler notices a change of the function's own file, but not of another that it calls into, so that
    the folder is named after them all, and after whatever else the code depends on.
    """
    digest = hashlib.sha256(f"{sys.version} {numba.__version__} {np.__version__}".encode())
    for path in sorted(_SOURCES.glob("*.py")):
        source = path.read_bytes()
        digest.update(source if b"compiled" in source else b"")
    for folder in _folders():
        chosen = folder / f"compiled-{digest.hexdigest()[:12]}"
        if _usable(chosen):
            return chosen
    return None


def _folders() -> Iterator[Path]:
    """Beside the code, else in the user's cache."""
    yield _SOURCES / "__pycache__"
    try:
        yield Path.home() / ".cache" / "mmsite"
    except RuntimeError:  # a user without a home
        return


def _usable(folder: Path) -> bool:
    """Whether code lies in ``folder``, which somebody else may have compiled, or can be put there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.glob("*.nbi")):
            return True
        probe = folder / f"probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError:
        return False
    return True


class _Locator(UserProvidedCacheLocator):
    """All loops in one folder, which may be another user's: nobody else has to write there."""

    def __init__(self, function: Callable[..., Any], file: str) -> None:
        super().__init__(function, file)
        self._cache_path = str(_KEPT)

    def ensure_cache_path(self) -> None:
        pass

    @classmethod
    def from_function(cls, function: Callable[..., Any], file: str) -> _Locator:
        return cls(function, file)


class _Files(CompileResultCacheImpl):
    _locator_classes = [_Locator]


class _Cache(FunctionCache):
    """Kept code; what is damaged is compiled anew, and what cannot be written is used without."""

    _impl_class = _Files

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            return super().load_overload(sig, target_context)
        except Exception as error:
            log.warning("%s in %s is compiled anew: %r.", self._py_func.__name__, _KEPT, error)
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        try:
            super().save_overload(sig, data)
        except OSError as error:
            log.warning("%s is not kept in %s: %s.", self._py_func.__name__, _KEPT, error)


_KEPT = kept_folder()
if _KEPT is None:
    log.warning(
        "This process compiles for half a minute before it scores: nothing can be kept in %s or in its"
        " user's ~/.cache/mmsite. Run make setup as that user, or let it write there.",
        _SOURCES / "__pycache__",
    )
