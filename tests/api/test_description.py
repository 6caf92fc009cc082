"""The description of the interface that code generators read."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.api.conftest import json_of
from tests.api.test_routes import ROUTES


@pytest.fixture
def described(db: None) -> dict[str, Any]:
    return json_of(Client().get("/api/v1/openapi.json"))


def each(described: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    paths = described["paths"]
    return [
        (f"{method.upper()} {path.removeprefix('/api/v1')}", operation)
        for path, operations in paths.items()
        for method, operation in operations.items()
    ]


def test_every_operation_says_what_it_does(described: dict[str, Any]) -> None:
    assert [name for name, one in each(described) if not one.get("description")] == []


def test_every_operation_says_how_it_fails(described: dict[str, Any]) -> None:
    problem = described["components"]["schemas"]["Problem"]
    assert set(problem["properties"]) == {"error", "remedy"}
    assert all("default" in one["responses"] for _name, one in each(described))


def test_it_says_what_guests_may_do(described: dict[str, Any]) -> None:
    open_ones = {name for name, one in each(described) if {} in one["security"]}
    assert open_ones == {name for name, route in ROUTES.items() if route.gives["guest"] != 401}


def test_it_names_both_ways_to_be_known(described: dict[str, Any]) -> None:
    ways = described["components"]["securitySchemes"]
    assert ways["Token"]["scheme"] == "bearer"
    assert ways["Session"]["in"] == "cookie"


def test_every_reference_in_it_leads_somewhere(described: dict[str, Any]) -> None:
    import json
    import re

    named = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(described)))
    assert named <= set(described["components"]["schemas"])


def test_operations_have_names_of_their_own(described: dict[str, Any]) -> None:
    names = [one["operationId"] for _name, one in each(described)]
    assert len(names) == len(set(names))
