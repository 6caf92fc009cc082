"""Every operation of the interface, and what each role gets from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from recommender.api.v1 import api
from recommender.models import Interaction
from tests.analytics.api.world import known_world, scored
from tests.api.conftest import Program
from tests.web.conftest import Shop
from tests.web.test_routes import CATALOGUE, JOBS, MEMBERS, ROLES, everyone

__all__ = ["scored"]
ROOT = "/api/v1"


def only(answer: int, *roles: str) -> dict[str, int]:
    """``answer`` for ``roles`` and the superuser, 403 for the other members, 401 for guests."""
    return {role: answer if role in {*roles, "superuser"} else 403 for role in ROLES} | {"guest": 401}


@dataclass(frozen=True)
class Route:
    """What is sent, and the status each role gets. ``json`` is a body, ``form`` a form with files."""

    gives: dict[str, Any]
    query: dict[str, Any] = field(default_factory=dict)
    json: dict[str, Any] | None = None
    form: dict[str, Any] | None = None


ANALYSTS = ("analyst",)
TABLE = b"id,name\nbag-1,Another name\n"
ROUTES: dict[str, Route] = {
    "GET /feed": Route(everyone(200)),
    "GET /search": Route(everyone(200), query={"q": "leather bag"}),
    "POST /search/media": Route(everyone(422), form={}),
    "GET /items/{external_id}": Route(everyone(200)),
    "GET /items/{external_id}/similar": Route(everyone(200), query={"by": "image"}),
    "GET /items/{external_id}/why": Route(everyone(200)),
    "GET /items/{external_id}/reviews": Route(everyone(200)),
    "POST /items/{external_id}/reviews": Route(only(201, *MEMBERS), form={"text": "Good."}),
    "POST /items/{external_id}/events": Route(only(200, *MEMBERS), json={"kind": "save"}),
    "PUT /items/{external_id}/availability": Route(only(200, *CATALOGUE), json={"availability": "retired"}),
    "GET /me/events": Route(only(200, *MEMBERS)),
    "DELETE /me/events/{event_id}": Route(only(404, *MEMBERS) | {"member": 204}),
    "GET /categories": Route(everyone(200)),
    "GET /imports": Route(only(200, *CATALOGUE)),
    "POST /imports": Route(only(201, *CATALOGUE), form={"file": ("bags.csv", TABLE)}),
    "GET /imports/{import_id}": Route(only(200, *CATALOGUE)),
    "GET /imports/{import_id}/preview": Route(only(422, *CATALOGUE)),
    "POST /imports/{import_id}/start": Route(only(422, *CATALOGUE), json={}),
    "POST /imports/{import_id}/cancel": Route(only(200, *CATALOGUE)),
    "GET /imports/{import_id}/issues": Route(only(200, *CATALOGUE)),
    "GET /imports/{import_id}/issues.csv": Route(only(200, *CATALOGUE)),
    "GET /jobs": Route(only(200, *JOBS)),
    "GET /jobs/{job_id}": Route(only(200, *JOBS)),
    "POST /jobs/{job_id}/cancel": Route(only(200, *JOBS)),
    "POST /analytics/score": Route(only(200, *ANALYSTS), form={"text": "It broke."}),
    "GET /analytics/scores": Route(only(200, *ANALYSTS), query={"label": "positive"}),
    "GET /analytics/scores/{review_id}": Route(only(200, *ANALYSTS)),
    "GET /analytics/aspects": Route(only(200, *ANALYSTS), query={"feels": "positive"}),
    "GET /analytics/queue": Route(only(200, *ANALYSTS)),
    "GET /analytics/mismatch": Route(only(200, *ANALYSTS), query={"rating": 1}),
    "GET /analytics/corrections": Route(only(200, *ANALYSTS)),
    "POST /analytics/corrections": Route(only(422, *ANALYSTS), json={"reviews": [0], "label": "neutral"}),
    "DELETE /analytics/corrections/{correction_id}": Route(only(204, *ANALYSTS)),
    "GET /analytics/disagreements": Route(only(200, *ANALYSTS)),
    "POST /analytics/disagreements/{review_id}": Route(
        only(422, *ANALYSTS), json={"label": "neutral", "reason": "Nobody disagrees."}
    ),
    "GET /analytics/model": Route(only(200, *ANALYSTS)),
    "POST /analytics/model/retrain": Route(only(202, *ANALYSTS)),
    "POST /analytics/model/{version_id}/live": Route(only(200, *ANALYSTS)),
    "POST /analytics/model/rollback": Route(only(200, *ANALYSTS)),
    "GET /analytics/overview": Route(only(200, *ANALYSTS)),
    "GET /analytics/trend": Route(only(200, *ANALYSTS), query={"grain": "week"}),
    "GET /analytics/breakdown/{by}": Route(only(200, *ANALYSTS)),
    "GET /analytics/impact": Route(only(200, *ANALYSTS)),
    "GET /analytics/comparison": Route(only(200, *ANALYSTS), query={"a_days": 7}),
    "GET /analytics/emerging/terms": Route(only(200, *ANALYSTS)),
    "GET /analytics/emerging/aspects": Route(only(200, *ANALYSTS)),
    "GET /analytics/alerts": Route(only(200, *ANALYSTS)),
    "PUT /analytics/alerts/{alert_id}": Route(only(200, *ANALYSTS), json={"state": "closed"}),
    "POST /analytics/alerts/{alert_id}/tell": Route(only(200, *ANALYSTS)),
    "GET /analytics/export/{kind}": Route(only(200, *ANALYSTS)),
    "GET /analytics/exports/{job_id}": Route(only(404, *ANALYSTS)),
    "GET /analytics/exports/{job_id}/file": Route(only(404, *ANALYSTS)),
    "POST /analytics/exports/{job_id}/cancel": Route(only(404, *ANALYSTS)),
}


def operations() -> set[str]:
    paths: dict[str, dict[str, Any]] = api.get_openapi_schema()["paths"]
    return {f"{method.upper()} {path.removeprefix(ROOT)}" for path in paths for method in paths[path]}


def ask(client: Client, name: str, shop: Shop) -> Any:
    """Send what the table says to the operation ``name``."""
    route = ROUTES[name]
    method, path = name.split()
    numbers = {"import_id": shop.batch.pk, "job_id": shop.job.pk, "event_id": shop_event()}
    if "/analytics/" in path and (world := known_world()):
        numbers |= world
    address = ROOT + path.format(external_id="bag-1", kind="csv", by="aspect", **numbers)
    send = getattr(client, method.lower())
    if route.json is not None:
        return send(address, route.json, content_type="application/json")
    form = {
        key: SimpleUploadedFile(*value) if isinstance(value, tuple) else value
        for key, value in (route.form or {}).items()
    }
    return send(address, form) if route.form is not None else send(address, route.query)


def shop_event() -> int:
    done = Interaction.objects.first()
    return done.pk if done else 0


def test_every_operation_is_in_the_table() -> None:
    assert operations() == set(ROUTES)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", ROUTES)
def test_a_role_gets_what_the_table_says(
    name: str, role: str, shop: Shop, liked: Interaction, program: Program, request: pytest.FixtureRequest
) -> None:
    if "/analytics/" in name:
        request.getfixturevalue("scored")
    response = ask(program(role), name, shop)
    assert response.status_code == ROUTES[name].gives[role], response.content
    if response.status_code >= 400:
        assert set(response.json()) == {"error", "remedy"}
        assert response.json()["error"]


@pytest.mark.parametrize("name", [name for name, route in ROUTES.items() if route.gives["guest"] == 401])
def test_a_guest_is_told_how_to_be_known(
    name: str, shop: Shop, program: Program, request: pytest.FixtureRequest
) -> None:
    if "/analytics/" in name:
        request.getfixturevalue("scored")
    response = ask(program("guest"), name, shop)
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert "Bearer" in response.json()["remedy"]


def test_no_answer_is_kept_by_caches_for_somebody_else(shop: Shop, program: Program) -> None:
    response = ask(program("member"), "GET /feed", shop)
    assert "private" in response.headers["Cache-Control"]
    assert {"Authorization", "Cookie"} <= {name.strip() for name in response.headers["Vary"].split(",")}
