"""Texts scored side by side: several processes, each with a scorer of its own.

Half of a score is arithmetic and half is Python, which one process does on one core, however many threads its
arithmetic has.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from analytics.contracts import Sentiment, Spoken
from analytics.engine.sentiment.scorer import Scorer
from analytics.engine.sentiment.scorer_loading import load_scorer
from recommender.errors import RecommenderError
from recommender.said import gettext_noop as _

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
#: What a process of a crew was made for.
_work: Callable[[Sequence[str]], list[Any]] | None = None
#: Processes at most where nobody says how many: each takes 140 MB, and shares another 100 with others.
MOST = 16


class Crew:
    """Processes that score texts; used as a context, at the end of which they end.

    They are started with the first texts, and each loads the weights by itself, which takes seconds. Each
    does its arithmetic on one thread.
    """

    def __init__(
        self,
        tell: Callable[[Sentiment], Any],
        folder: Path | None = None,
        *,
        aspects_file: Path | None = None,
        processes: int | None = None,
    ) -> None:
        """A crew with the scorer of ``load_scorer(folder, aspects_file=aspects_file)``.

        Args:
            tell: what is wanted of a sentiment, a function of a module that the processes can import; what it
                gives is passed between processes, so it should be small.
            processes: see ``usual`` where it is not given.
        """
        self.processes = processes or usual()
        self._pool = ProcessPoolExecutor(
            self.processes,
            # Spawned, because the threads of numerical libraries do not survive a fork.
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_begin,
            initargs=(tell, folder, aspects_file),
        )

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def score(self, texts: Sequence[str]) -> Future[list[Any]]:
        """What ``tell`` gives of each of ``texts``, in order, when one of the processes has come to it.

        Raises:
            RecommenderError: a process of the crew has ended, as when memory runs out.
        """
        with _one_thread(), _ended():  # a process is started as texts are handed over
            return self._pool.submit(_score, texts)


def result_of(future: Future[list[Any]]) -> list[Any]:
    """What ``Crew.score`` promised, waited for.

    Raises:
        RecommenderError: a process of the crew has ended, or could not load the weights.
    """
    with _ended():
        return future.result()


@contextmanager
def _ended() -> Iterator[None]:
    try:
        yield
    except BrokenProcessPool as error:
        raise RecommenderError(
            _("A process that scored beside this one has ended."),
            _("What ended it may stand above. Where memory ran out, use fewer processes."),
        ) from error


def usual() -> int:
    """As many processes as this one may use cores, but at most ``MOST``."""
    try:
        return min(MOST, len(os.sched_getaffinity(0)))
    except AttributeError:  # not on every system
        return min(MOST, os.cpu_count() or 1)


@contextmanager
def _one_thread() -> Iterator[None]:
    """For processes started meanwhile, which read it as they load their libraries."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _begin(tell: Callable[[Sentiment], Any], folder: Path | None, aspects_file: Path | None) -> None:
    global _work
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who is interrupted tells the crew to end
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        scorer = load_scorer(folder, aspects_file=aspects_file)
    except RecommenderError as error:
        _work = partial(_refuse, error)  # raised here, it would end the process without being told
    else:
        _work = partial(_tell, scorer, tell)


def _refuse(error: RecommenderError, _texts: Sequence[str]) -> list[Any]:
    raise error


def _tell(scorer: Scorer, tell: Callable[[Sentiment], Any], texts: Sequence[str]) -> list[Any]:
    return [tell(sentiment) for sentiment in scorer.score([Spoken(text=text) for text in texts])]


def _end_with_parent() -> None:
    """So that nobody is left waiting for texts when the parent was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _score(texts: Sequence[str]) -> list[Any]:
    assert _work is not None
    return _work(texts)
