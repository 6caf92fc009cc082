"""Version 1 of the interface, put together."""

from __future__ import annotations

from typing import Any, ClassVar

from ninja import NinjaAPI
from ninja.renderers import JSONRenderer

from recommender.api import categories, events, feed, imports, items, jobs, reviews, search
from recommender.api.access import MEMBERS
from recommender.api.errors import Problem, handle_problems


class Renderer(JSONRenderer):
    """Chinese as it is read, not as numbers of characters."""

    json_dumps_params: ClassVar = {"ensure_ascii": False}


class Interface(NinjaAPI):
    """With the one form of all errors in the description of every operation."""

    def get_openapi_schema(self, **options: Any) -> Any:
        described = super().get_openapi_schema(**options)
        described["components"]["schemas"]["Problem"] = Problem.json_schema()
        told = {"schema": {"$ref": "#/components/schemas/Problem"}}
        failure = {"description": Problem.__doc__, "content": {"application/json": told}}
        for operations in described["paths"].values():
            for operation in operations.values():
                operation["responses"]["default"] = failure
        return described


api = Interface(
    title="mmsite",
    version="1",
    description="Feed, search, items, events, reviews, imports and jobs. docs/api.md shows how each is used.",
    urls_namespace="api-1",
    auth=MEMBERS,
    renderer=Renderer(),
    # The app "ninja" is installed, so that its page takes its scripts from this site: the
    # Content-Security-Policy lets nothing else in.
    docs_url="/docs",
)
handle_problems(api)
for router in (
    feed.router,
    search.router,
    events.router,
    reviews.router,
    items.router,
    items.last,
    categories.router,
    imports.router,
    jobs.router,
):
    api.add_router("", router)
