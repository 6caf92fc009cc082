"""The tree of categories."""

from __future__ import annotations

from collections import Counter

from django.db.models import Count
from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from recommender.api.access import EVERYONE, OPEN
from recommender.api.cards import CategoryBrief
from recommender.models import Category, Item

router = Router(tags=["categories"])


class CategoryOut(CategoryBrief):
    """A node of the tree."""

    parent: int | None = Field(description="id of the category above; null at the top")
    depth: int = Field(description="0 at the top")
    items: int = Field(description="items on offer in it and below it")


class CategoriesOut(Schema):
    """The whole tree, every category after the one above it."""

    categories: list[CategoryOut]


@router.get("/categories", response=CategoriesOut, auth=EVERYONE, openapi_extra=OPEN, url_name="categories")
def categories(request: HttpRequest) -> CategoriesOut:
    """All categories, with how many items each holds."""
    tree = list(Category.objects.order_by("path"))
    held = _held(tree)
    shown = [
        CategoryOut(
            id=one.pk,
            path=one.path,
            name=one.name,
            name_zh=one.name_zh,
            parent=one.parent_id,
            depth=one.depth,
            items=held[one.pk],
        )
        for one in tree
    ]
    return CategoriesOut(categories=shown)


def _held(tree: list[Category]) -> Counter[int]:
    """Category to the number of items on offer in it and below it."""
    own = Item.objects.available().exclude(category=None).order_by().values_list("category")
    held: Counter[int] = Counter(dict(own.annotate(n=Count("pk"))))
    # From the leaves up, so that what a category passes on is complete.
    for one in sorted(tree, key=lambda one: -one.depth):
        if one.parent_id is not None:
            held[one.parent_id] += held[one.pk]
    return held
