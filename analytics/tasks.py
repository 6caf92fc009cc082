"""What the workers run for analytics: an id in, one service call, the next message while there is more."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from celery.signals import celeryd_after_setup
from django.db import close_old_connections

from recommender.services import calls
from recommender.services.tracing import working_on

#: Queues whose workers score.
_SCORER_QUEUES = frozenset({"query", "encode"})


@celeryd_after_setup.connect
def load_plugs_first(instance: Any = None, **_: Any) -> None:
    """So that who asks first does not wait for a model of somebody else's to be loaded."""
    if _SCORER_QUEUES & set(instance.app.amqp.queues.consume_from):
        from analytics.services.scoring.model import preload_plugs

        preload_plugs()
        close_old_connections()


@shared_task
def score_pending() -> None:
    from analytics.services.scoring import score_pending as score

    calls.taken_up("analytics.tasks.score_pending")
    if score():
        calls.call_once("analytics.tasks.score_pending")


@shared_task
def score_now(question: dict[str, Any]) -> dict[str, Any]:
    """Somebody waits for the answer; see ``calls.ask``."""
    from analytics.services.scoring import answer_question

    answer = answer_question(question)
    calls.answer(question, answer)
    return answer


@shared_task
def reconcile() -> None:
    from analytics.services.scoring import reconcile as look

    look()


@shared_task
def sample_recall() -> None:
    from recommender.services.recall import sample_recall as measure

    measure()


@shared_task
def find_regions(score_id: int) -> None:
    from analytics.services.regions import find_regions as find

    working_on("score", score_id)
    find(score_id)


@shared_task
def retrain(job_id: int) -> None:
    from analytics.services.retraining import retrain as learn

    working_on("job", job_id)
    learn(job_id)


@shared_task
def run_export(job_id: int) -> None:
    from analytics.services.exports import run_export as write

    working_on("job", job_id)
    write(job_id)


@shared_task
def tidy_exports() -> None:
    from analytics.services.exports import tidy_exports as tidy

    tidy()


@shared_task
def send_views() -> None:
    from analytics.services.mailing import send_due

    send_due()


@shared_task
def send_view(view_id: int) -> None:
    from analytics.services.mailing import send_by_id

    working_on("view", view_id)
    send_by_id(view_id)


@shared_task
def refresh_rollups() -> None:
    from analytics.services.report.rollups import refresh_rollups as refresh

    refresh()


@shared_task
def find_alerts() -> None:
    from analytics.services.alerts import find_alerts as find
    from analytics.services.alerts_delivery import notify

    find()
    notify()


@shared_task
def tell_alert(alert_id: int) -> None:
    from analytics.services.alerts_delivery import tell

    working_on("alert", alert_id)
    tell(alert_id)


@shared_task
def look_for_drift(now: bool = False) -> None:
    from analytics.services.drift import look

    if now:
        look.look_for_drift()
    else:
        look.look_if_due()


@shared_task
def draw_map(now: bool = False) -> None:
    from analytics.services import embedding_map

    if now:
        embedding_map.draw_maps()
    else:
        embedding_map.draw_if_due()
