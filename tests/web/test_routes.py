"""Every address of the site, and what each role gets there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from analytics.models import Alert, AlertRule, Correction, RequestTrace, SavedView, Silence, TaskRun
from recommender.models import Interaction, Job, ModelVersion
from tests.analytics.scored import add_review
from tests.web.conftest import Shop

ROLES = ("guest", "member", "catalogue_admin", "analyst", "operator", "superuser")
LOGIN = "to log in"


def everyone(answer: int) -> dict[str, int | str]:
    return dict.fromkeys(ROLES, answer)


def only(answer: int, *roles: str) -> dict[str, int | str]:
    """``answer`` for ``roles`` and the superuser, 403 for the other members, guests are asked to log in."""
    allowed = {*roles, "superuser"}
    others: dict[str, int | str] = {role: answer if role in allowed else 403 for role in ROLES}
    return others | {"guest": LOGIN}


MEMBERS = ("member", "catalogue_admin", "analyst", "operator")
CATALOGUE = ("catalogue_admin",)
JOBS = ("catalogue_admin", "operator")
ANALYSTS = ("analyst",)
OPERATORS = ("operator",)
HIDDEN = {"superuser": 404}


@dataclass(frozen=True)
class Route:
    """How an address is asked for, and the status (or LOGIN) each role gets."""

    gives: dict[str, int | str]
    method: str = "get"
    args: Callable[[Shop], list[Any]] = lambda shop: []
    data: dict[str, Any] = field(default_factory=dict)


def item(shop: Shop) -> list[Any]:
    return [shop.items[0].pk]


def batch(shop: Shop) -> list[Any]:
    return [shop.batch.pk]


def job(shop: Shop) -> list[Any]:
    return [shop.job.pk]


def medium(shop: Shop) -> list[Any]:
    return [shop.failed.pk]


def scored(shop: Shop) -> list[Any]:
    """The number of a review that has been scored."""
    return [add_review(shop.items[0], "Good leather.", 0.8).review_id]


def corrected(shop: Shop) -> list[Any]:
    """The number of the analyst's correction of a review."""
    pk = scored(shop)[0]
    return [Correction.objects.create(review_id=pk, analyst=analyst(), label="negative").pk]


def alert(shop: Shop) -> list[Any]:
    now = timezone.now()
    return [Alert.objects.create(key="bags", item=shop.items[0], starts_at=now, ends_at=now).pk]


def candidate(shop: Shop) -> list[Any]:
    """The number of a model that learned; its files are gone, which is said on the page."""
    return [ModelVersion.objects.create(kind="sentiment", path="learned", state="ready").pk]


def view(shop: Shop) -> list[Any]:
    return [SavedView.objects.create(owner=analyst(), name="Bags").pk]


def export_job(shop: Shop) -> list[Any]:
    return [Job.objects.create(kind="export", label="bags.pdf", owner=analyst()).pk]


def alert_rule(shop: Shop) -> list[Any]:
    return [AlertRule.objects.create(name="Pages are slow", measure="web.p95").pk]


def silence(shop: Shop) -> list[Any]:
    return [Silence.objects.create(until=timezone.now() + timedelta(hours=1)).pk]


def failed_task(shop: Shop) -> list[Any]:
    """The id of a task that failed."""
    now = timezone.now()
    return [TaskRun.objects.create(task_id="task-1", name="sweep", state="failed", sent_at=now).task_id]


def traced(shop: Shop) -> list[Any]:
    fields = {"method": "GET", "path": "/", "status": 200, "seconds": 2.0, "at": timezone.now()}
    return [RequestTrace.objects.create(request_id="request-1", **fields).request_id]


def analyst() -> User:
    return User.objects.get(username="anna")


ROUTES: dict[str, Route] = {
    "feed": Route(everyone(200)),
    "filling": Route(everyone(200)),
    "search": Route(everyone(200)),
    "search_media": Route(everyone(422), "post"),
    "item": Route(everyone(200), args=item),
    "why": Route(everyone(200), args=item),
    "review": Route(only(302, *MEMBERS), "post", item, {"text": "Good."}),
    "act": Route(everyone(302), "post", lambda shop: [shop.items[0].pk, "like"]),
    "undo": Route(everyone(404) | {"member": 302}, "post", lambda shop: [Interaction.objects.get().pk]),
    "history": Route(everyone(200)),
    "saved": Route(everyone(200)),
    "shortcuts": Route(everyone(200)),
    "favicon": Route(everyone(302)),
    "choose_theme": Route(everyone(302), "post", data={"theme": "dark"}),
    "choose_language": Route(everyone(302), "post", data={"language": "zh-hans"}),
    "mixture": Route(everyone(302), "post", data={"crowd": "50"}),
    "media": Route(everyone(200), args=lambda shop: [shop.sound.file]),
    "imports": Route(only(200, *CATALOGUE)),
    "upload": Route(only(200, *CATALOGUE)),
    "import": Route(only(200, *CATALOGUE), args=batch),
    "import_start": Route(only(302, *CATALOGUE), "post", batch),
    "import_cancel": Route(only(302, *CATALOGUE), "post", batch),
    "import_issues": Route(only(200, *CATALOGUE), args=batch),
    "manage_items": Route(only(200, *CATALOGUE)),
    "manage_item": Route(only(200, *CATALOGUE), args=item),
    "item_availability": Route(only(302, *CATALOGUE), "post", lambda shop: [shop.items[0].pk, "retired"]),
    "failed_media": Route(only(200, *CATALOGUE)),
    "media_retry_all": Route(only(302, *CATALOGUE), "post"),
    "media_retry": Route(only(302, *CATALOGUE), "post", medium),
    "jobs": Route(only(200, *JOBS)),
    "job": Route(only(200, *JOBS), args=job),
    "job_cancel": Route(only(303, *JOBS), "post", job),
    "sentiment": Route(only(200, *ANALYSTS)),
    "sentiment_compare": Route(only(200, *ANALYSTS)),
    "sentiment_terms": Route(only(200, *ANALYSTS)),
    "sentiment_reviews": Route(only(200, *ANALYSTS)),
    "sentiment_items": Route(only(200, *ANALYSTS)),
    "sentiment_review": Route(only(200, *ANALYSTS), args=scored),
    "sentiment_regions": Route(only(200, *ANALYSTS), args=scored),
    "sentiment_queue": Route(only(200, *ANALYSTS)),
    "sentiment_mismatch": Route(only(200, *ANALYSTS)),
    "sentiment_correct": Route(only(302, *ANALYSTS), "post"),
    "sentiment_undo": Route(only(302, *ANALYSTS), "post", corrected),
    "sentiment_disagreements": Route(only(200, *ANALYSTS)),
    "sentiment_settle": Route(only(302, *ANALYSTS), "post", scored, {"label": "neutral", "reason": "so"}),
    "sentiment_alerts": Route(only(200, *ANALYSTS)),
    "sentiment_alert_seen": Route(only(302, *ANALYSTS), "post", alert),
    "sentiment_alert_close": Route(only(302, *ANALYSTS), "post", alert),
    "sentiment_alert_tell": Route(only(302, *ANALYSTS), "post", alert),
    "sentiment_model": Route(only(200, *ANALYSTS)),
    "sentiment_retrain": Route(only(302, *ANALYSTS), "post"),
    "sentiment_go_live": Route(only(302, *ANALYSTS), "post", candidate),
    "sentiment_roll_back": Route(only(302, *ANALYSTS), "post"),
    "sentiment_export": Route(only(200, *ANALYSTS), args=lambda shop: ["csv"]),
    # What somebody saved or exported is nobody else's.
    "sentiment_export_job": Route(only(200, *ANALYSTS) | HIDDEN, args=export_job),
    "sentiment_export_file": Route(only(404, *ANALYSTS), args=export_job),
    "sentiment_export_cancel": Route(only(303, *ANALYSTS) | HIDDEN, "post", export_job),
    "metrics": Route(dict.fromkeys(ROLES, 403) | {"operator": 200, "superuser": 200}),
    "sentiment_views": Route(only(200, *ANALYSTS)),
    "sentiment_view_save": Route(only(303, *ANALYSTS), "post", data={"name": "Mine"}),
    "sentiment_view": Route(only(200, *ANALYSTS) | HIDDEN, args=view),
    "sentiment_view_rename": Route(only(303, *ANALYSTS) | HIDDEN, "post", view, {"name": "Ours"}),
    "sentiment_view_send": Route(only(303, *ANALYSTS) | HIDDEN, "post", view),
    "sentiment_view_delete": Route(only(303, *ANALYSTS) | HIDDEN, "post", view),
    "monitoring": Route(only(200, *OPERATORS)),
    "monitoring_drift": Route(only(200, *OPERATORS)),
    "monitoring_drift_look": Route(only(302, *OPERATORS), "post"),
    "monitoring_map": Route(only(200, *OPERATORS)),
    "monitoring_map_points": Route(only(404, *OPERATORS)),  # nothing is drawn yet
    "monitoring_map_items": Route(only(200, *OPERATORS)),
    "monitoring_map_draw": Route(only(302, *OPERATORS), "post"),
    "monitoring_inspect": Route(only(200, *OPERATORS)),
    "monitoring_tasks": Route(only(200, *OPERATORS)),
    "monitoring_task": Route(only(200, *OPERATORS), args=failed_task),
    "monitoring_trace": Route(only(200, *OPERATORS), args=traced),
    "monitoring_trace_find": Route(only(302, *OPERATORS), data={"id": "request-1"}),
    # These ask first; what a post does is tested beside the pages.
    "monitoring_task_again": Route(only(200, *OPERATORS), args=failed_task),
    "monitoring_tasks_again": Route(only(200, *OPERATORS)),
    "monitoring_task_revoke": Route(only(200, *OPERATORS), args=failed_task),
    "monitoring_queue_pause": Route(only(200, *OPERATORS), args=lambda shop: ["default"]),
    "monitoring_queue_resume": Route(only(200, *OPERATORS), args=lambda shop: ["default"]),
    "monitoring_lights": Route(only(200, *OPERATORS)),
    "monitoring_lines": Route(only(200, *OPERATORS)),
    "monitoring_do": Route(only(200, *OPERATORS), args=lambda shop: ["recheck"]),
    "monitoring_audit": Route(only(200, *OPERATORS)),
    "healthz": Route(everyone(200)),
    "readyz": Route(everyone(503)),  # no worker runs beside these tests
    "monitoring_alerts": Route(only(200, *OPERATORS)),
    "monitoring_alerts_live": Route(only(200, *OPERATORS)),
    "monitoring_silence": Route(only(302, *OPERATORS), "post", data={"length": "60"}),
    "monitoring_silence_lift": Route(only(302, *OPERATORS), "post", silence),
    "monitoring_rules": Route(only(200, *OPERATORS)),
    "monitoring_rule_new": Route(only(200, *OPERATORS)),
    "monitoring_rule_preview": Route(only(200, *OPERATORS)),
    "monitoring_rule": Route(only(200, *OPERATORS), args=alert_rule),
    "monitoring_rule_switch": Route(only(302, *OPERATORS), "post", alert_rule, {"on": "0"}),
    "monitoring_rule_delete": Route(only(200, *OPERATORS), args=alert_rule),  # asks first
    "login": Route(everyone(302) | {"guest": 200}),
    "logout": Route(everyone(302), "post"),
    "sign_up": Route(everyone(302) | {"guest": 200}),
    "profile": Route(only(200, *MEMBERS)),
    "password_change": Route(only(200, *MEMBERS)),
}


def names(resolver: Any = None) -> Iterator[str]:
    """Names of the site's own addresses; the admin and the programming interface have tests of their own."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace is None and str(pattern.pattern) != "api/":
                yield from names(pattern)
        elif isinstance(pattern, URLPattern):
            yield pattern.name or str(pattern.pattern)


def test_every_address_is_in_the_table() -> None:
    assert set(names()) == set(ROUTES)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", ROUTES)
def test_a_role_gets_what_the_table_says(
    name: str, role: str, shop: Shop, liked: Interaction, as_: Callable[[str], Any]
) -> None:
    route = ROUTES[name]
    address = reverse(name, args=route.args(shop))
    response = getattr(as_(role), route.method)(address, route.data)
    location = response.headers.get("Location", "")
    to_login = response.status_code == 302 and location.startswith(reverse("login"))
    assert (LOGIN if to_login else response.status_code) == route.gives[role]


@pytest.mark.parametrize("name", [name for name, route in ROUTES.items() if route.method == "post"])
def test_what_changes_something_cannot_be_opened_by_a_link(
    name: str, shop: Shop, liked: Interaction, as_: Callable[[str], Any]
) -> None:
    address = reverse(name, args=ROUTES[name].args(shop))
    assert as_("superuser").get(address).status_code == 405


def test_a_form_that_was_open_for_too_long_is_refused_in_the_sites_own_look(shop: Shop) -> None:
    answer = Client(enforce_csrf_checks=True).post(reverse("act", args=[shop.items[0].pk, "like"]))
    assert answer.status_code == 403
    assert "The form was open for too long" in answer.content.decode()
