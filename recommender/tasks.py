"""What the workers run: an id in, one service call, and the next message while there is more to do."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from celery.signals import celeryd_after_setup
from django.db import close_old_connections

from recommender.services import calls

#: Queues whose workers load the encoder before they take up anything.
_ENCODER_QUEUES = frozenset({"query", "encode"})


@celeryd_after_setup.connect
def load_encoder_first(instance: Any = None, **_: Any) -> None:
    """So that the first query is as quick as any other."""
    if _ENCODER_QUEUES & set(instance.app.amqp.queues.consume_from):
        from recommender.services.encoder_health import speak_as
        from recommender.services.loaded import preload

        speak_as(str(instance.hostname))
        preload()
        close_old_connections()


@shared_task
def run_import(batch_id: int) -> None:
    from recommender.services.imports import run_import as run

    run(batch_id)


@shared_task
def prepare_media() -> None:
    from recommender.services.preprocess import prepare_pending

    calls.taken_up("prepare_media")
    if prepare_pending():
        calls.call_once("prepare_media")


@shared_task
def encode_pending() -> None:
    from recommender.services.encode import encode_pending as encode

    calls.taken_up("encode_pending")
    if encode():
        calls.call_once("encode_pending")


@shared_task
def encode_query(payload: dict[str, Any]) -> dict[str, Any]:
    """Somebody waits for the answer; see ``calls.ask``."""
    from recommender.services.encode import encode_query_payload

    answer = encode_query_payload(payload)
    calls.answer(payload, answer)
    return answer


@shared_task
def rebuild_index(force: bool = False) -> None:
    from recommender.services.index import rebuild_index as rebuild

    calls.taken_up("rebuild_index")
    rebuild(force)


@shared_task(bind=True, max_retries=40, default_retry_delay=15)
def serve_space(self: Any, space_id: int) -> None:
    from recommender.services.choosing import serve_space as serve

    if not serve(space_id):  # another build is under way
        raise self.retry()


@shared_task
def refresh_graph() -> None:
    from recommender.services.train import refresh_graph as refresh

    calls.taken_up("refresh_graph")
    refresh()


@shared_task
def flush_impressions() -> None:
    from recommender.services.events import flush_impressions as flush

    flush()


@shared_task
def sweep() -> None:
    from recommender.services.sweep import sweep as find_work

    find_work()


@shared_task
def purge() -> None:
    from recommender.services.sweep import purge as remove

    remove()
