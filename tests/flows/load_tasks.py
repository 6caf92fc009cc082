"""Tasks for a real worker in tests: they succeed, fail, ask to be tried again, or wait to be let go."""

from __future__ import annotations

from typing import Any

from mmsite.celery import app

LET_GO = "test:let-go"
#: Seconds before another try: at once it may end before the worker tells that there is one, and Flower takes
#: what is told last for what is so.
_PAUSE = 0.5


@app.task(name="load.add")
def add(left: int, right: int = 0) -> int:
    return left + right


@app.task(name="load.fail")
def fail(word: str) -> None:
    raise ValueError(f"no {word}")


@app.task(name="load.stumble", bind=True, max_retries=2)
def stumble(self: Any, falls: int) -> str:
    """Stands after so many falls, if that is before it may no more."""
    if self.request.retries < falls:
        raise self.retry(exc=OSError(f"fell {self.request.retries}"), countdown=_PAUSE)
    return "stands"


@app.task(name="load.relay")
def relay(number: int) -> None:
    add.apply_async((number,), queue="imports")


@app.task(name="load.hold")
def hold(number: int) -> int:
    """Runs until the test lets it go."""
    from recommender.services.redis_link import shared_redis

    link = shared_redis()
    while link.blpop([LET_GO], timeout=0.2) is None:
        pass
    return number
